// First part of a service's page: what is under way, how it is doing, what it is, and what was done lately.
import { A } from "@solidjs/router";
import { Show } from "solid-js";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { dateTime, duration, memory, number, percent, t } from "../../i18n/language.ts";
import { CopyText } from "../../ui/copy.tsx";
import { Section } from "../../ui/page.tsx";
import { Tags } from "../../ui/chip.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { liveOf, samplesOf } from "../feed/apply.ts";
import { hasEnded } from "../feed/merge.ts";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "../operations/list.tsx";
import { OperationProgress } from "../operations/progress.tsx";
import { PendingNote } from "./pending-note.tsx";
import styles from "./service.module.css";

/** As many of the latest operations as stand beside the rest. */
const LATEST = 5;

export function Overview(props: { service: ServiceView; operations: readonly OperationView[] }) {
  const { id } = useTenant();
  return (
    <div class={styles.columns}>
      <div class={styles.column}>
        <CurrentWork service={props.service} operations={props.operations} />
        <PendingNote service={props.service} />
        <Live service={props.service} />
        <Details service={props.service} />
      </div>
      <div class={styles.column}>
        <Section
          title={t("nav.activity")}
          flush
          aside={
            <Show when={props.operations.length > LATEST}>
              <A class="small" href={`/t/${id()}/services/${props.service.id}/activity`}>
                {t("overview.allActivity")}
              </A>
            </Show>
          }
        >
          <OperationList operations={props.operations.slice(0, LATEST)} tenantId={id()} short />
        </Section>
      </div>
    </div>
  );
}

/** The operation under way, the failed one that can be tried again, or the shutdown that was not obeyed. */
function CurrentWork(props: { service: ServiceView; operations: readonly OperationView[] }) {
  const { id } = useTenant();
  const shown = () =>
    props.operations.find((operation) => !hasEnded(operation)) ??
    (props.service.state === "failed" || isDeaf() ? props.operations[0] : undefined);
  const isDeaf = () => props.service.power === "running" && props.operations[0]?.error?.code === "shutdown_ignored";
  return (
    <Show when={shown()}>
      {(operation) => (
        <section class={`card ${styles.work}`}>
          <OperationProgress operation={operation()} service={props.service} tenantId={id()} />
        </section>
      )}
    </Show>
  );
}

function Live(props: { service: ServiceView }) {
  const samples = () => samplesOf(props.service.id);
  return (
    <Show when={liveOf(props.service)}>
      {(live) => {
        return (
          <Section
            title={t("load.title")}
            aside={
              <span class="small quiet figures">
                {t("load.uptime")} {duration(live().uptimeSeconds * 1000)}
              </span>
            }
          >
            <div class={styles.live}>
              <figure>
                <figcaption>
                  {t("load.cpu")} <b class="figures">{percent(live().cpu)}</b>
                </figcaption>
                <Sparkline large samples={samples().map((sample) => sample.cpu)} />
              </figure>
              <figure>
                <figcaption>
                  {t("load.memory")} <b class="figures">{percent(live().memory)}</b>
                  <span class="small quiet figures">
                    {mib(live().memoryBytes)} / {mib(live().maxMemoryBytes)}
                  </span>
                </figcaption>
                <Sparkline large tone="good" samples={samples().map((sample) => sample.memory)} />
              </figure>
            </div>
          </Section>
        );
      }}
    </Show>
  );
}

function mib(bytes: number): string {
  return memory(Math.round(bytes / 1_048_576));
}

function Details(props: { service: ServiceView }) {
  return (
    <Section title={t("service.details")}>
      <Show when={props.service.description || props.service.tags.length > 0}>
        <div class={styles.words}>
          <p class={styles.description}>{props.service.description}</p>
          <Tags tags={props.service.tags} />
        </div>
      </Show>
      <dl class={styles.details}>
        <dt>{t("service.address")}</dt>
        <dd>
          <Show when={props.service.address} fallback={<span class="quiet">{t("service.addressUnknown")}</span>}>
            {(address) => <CopyText text={address()} />}
          </Show>
        </dd>
        <dt>{t("service.login")}</dt>
        <dd>
          <CopyText text={props.service.loginUser} />
        </dd>
        <dt>{t("service.template")}</dt>
        <dd>{props.service.template.name}</dd>
        <dt>{t("size.cores")}</dt>
        <dd class="figures">{number(props.service.cores)}</dd>
        <dt>{t("size.memory")}</dt>
        <dd class="figures">{memory(props.service.memoryMiB)}</dd>
        <dt>{t("size.disk")}</dt>
        <dd class="figures">{number(props.service.diskGiB)} GiB</dd>
        <Show when={props.service.expiresAt}>
          {(at) => (
            <>
              <dt>{t("expiry.title")}</dt>
              <dd class="figures">{dateTime(at())}</dd>
            </>
          )}
        </Show>
        <dt>{t("service.created")}</dt>
        <dd class="figures">{dateTime(props.service.createdAt)}</dd>
        <dt>{t("service.id")}</dt>
        <dd>
          <CopyText text={props.service.id} />
        </dd>
      </dl>
    </Section>
  );
}
