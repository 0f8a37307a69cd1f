// The page of one service: what it is, how it is doing, what can be done to it, and what was done.
import { useNavigate, useParams } from "@solidjs/router";
import { createEffect, createSignal, For, Show } from "solid-js";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { dateTime, duration, memory, number, percent, t, type Key } from "../../i18n/language.ts";
import { useService } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { Load } from "../../ui/load.tsx";
import { Page, Section, Skeleton } from "../../ui/page.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { ServiceStatus } from "../../ui/status.tsx";
import { isGone, liveOf, samplesOf } from "../feed/apply.ts";
import { hasEnded } from "../feed/merge.ts";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "../operations/list.tsx";
import { OperationProgress } from "../operations/progress.tsx";
import { actionIcons, possibleActions, useServiceActions } from "./actions.tsx";
import { DeleteDialog, StopDialog } from "./dialogs.tsx";
import styles from "./service.module.css";

export default function Service() {
  const params = useParams<{ service: string }>();
  const navigate = useNavigate();
  const { id } = useTenant();
  const query = useService(id, () => params.service);
  const crumbs = () => [{ label: t("nav.services"), href: `/t/${id()}/services` }];

  createEffect(() => {
    if (isGone(params.service)) navigate(`/t/${id()}/services`, { replace: true });
  });

  return (
    <Load
      query={query}
      skeleton={<Skeleton rows={6} />}
      frame={(title, inner) => (
        <Page title={title} crumbs={crumbs()}>
          {inner}
        </Page>
      )}
    >
      {(data) => (
        <Page
          title={data().service.name}
          crumbs={crumbs()}
          aside={<ServiceStatus service={data().service} />}
          actions={<Actions service={data().service} />}
        >
          <div
            class={styles.columns}
            data-service-id={data().service.id}
            data-power={data().service.power}
            data-state={data().service.state}
          >
            <div class={styles.column}>
              <CurrentWork service={data().service} operations={data().operations} />
              <Live service={data().service} />
              <Details service={data().service} />
            </div>
            <div class={styles.column}>
              <Section title={t("nav.activity")} flush>
                <OperationList operations={data().operations} tenantId={id()} short />
              </Section>
            </div>
          </div>
        </Page>
      )}
    </Load>
  );
}

function Actions(props: { service: ServiceView }) {
  const { id, tenant } = useTenant();
  const actions = useServiceActions(tenant);
  const [asking, setAsking] = createSignal<"delete" | "stop" | null>(null);
  return (
    <>
      <For each={possibleActions(props.service, tenant())}>
        {(action) => (
          <Button
            icon={actionIcons[action]}
            variant={action === "console" || action === "start" ? "primary" : action === "delete" ? "danger" : "plain"}
            busy={action !== "console" && action !== "delete" && actions.busy() === props.service.id}
            onClick={() => {
              if (action === "delete" || action === "stop") setAsking(action);
              else void actions.run(props.service, action);
            }}
          >
            {t(
              action === "delete" && props.service.state === "failed"
                ? "action.removeFailed"
                : (`action.${action}` as Key),
            )}
          </Button>
        )}
      </For>
      <DeleteDialog
        tenantId={id()}
        service={asking() === "delete" ? props.service : null}
        onClose={() => setAsking(null)}
      />
      <StopDialog
        service={asking() === "stop" ? props.service : null}
        onClose={() => setAsking(null)}
        onConfirm={(service) => void actions.run(service, "stop")}
      />
    </>
  );
}

/** The operation under way, or the failed launch that can be tried again. */
function CurrentWork(props: { service: ServiceView; operations: readonly OperationView[] }) {
  const { id } = useTenant();
  const shown = () =>
    props.operations.find((operation) => !hasEnded(operation)) ??
    (props.service.state === "failed" ? props.operations[0] : undefined);
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
