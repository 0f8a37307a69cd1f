// The page of one operation; for a launch it ends in the address, how to sign in, and the console.
import { useParams } from "@solidjs/router";
import ArrowRight from "lucide-solid/icons/arrow-right";
import MonitorPlay from "lucide-solid/icons/monitor-play";
import { Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { dateTime, t } from "../../i18n/language.ts";
import { operationTitle, sizeText } from "../../i18n/words.ts";
import { useOperation } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { Load } from "../../ui/load.tsx";
import { Page, Skeleton } from "../../ui/page.tsx";
import { consoleKindOf, openConsole } from "../console/open.ts";
import { useTenant } from "../frame/session.tsx";
import { possibleActions } from "../services/possible.ts";
import { BootRuns } from "./boot-runs.tsx";
import { OperationProgress } from "./progress.tsx";
import styles from "./operations.module.css";

export default function Operation() {
  const params = useParams<{ operation: string }>();
  const { id } = useTenant();
  const query = useOperation(id, () => params.operation);
  const crumbs = () => [{ label: t("nav.activity"), href: `/t/${id()}/operations` }];
  return (
    <Load
      query={query}
      skeleton={<Skeleton rows={6} />}
      frame={(title, inner) => (
        <Page title={title} crumbs={crumbs()} narrow>
          {inner}
        </Page>
      )}
    >
      {(data) => (
        <Page title={operationTitle(data().operation)} crumbs={crumbs()} narrow>
          <section class={`card ${styles.whole}`}>
            <OperationProgress operation={data().operation} service={data().service} tenantId={id()} bare />
          </section>
          <Show when={data().operation.kind === "launch" && data().operation.status === "succeeded" && data().service}>
            {(service) => <Ready service={service()} />}
          </Show>
          <Show when={data().operation.kind === "launch" && data().service}>
            {(service) => <BootRuns operation={data().operation} service={service()} />}
          </Show>
          <p class="small quiet">
            {t("operation.startedBy", { name: data().operation.actor, at: dateTime(data().operation.startedAt) })}
          </p>
          <Show when={data().operation.kind !== "launch" && data().service}>
            {(service) => (
              <div>
                <LinkButton href={`/t/${id()}/services/${service().id}`} icon={ArrowRight}>
                  {t("operation.toService", { name: service().name })}
                </LinkButton>
              </div>
            )}
          </Show>
        </Page>
      )}
    </Load>
  );
}

/** Where a successful launch ends. */
function Ready(props: { service: ServiceView }) {
  const { id, tenant } = useTenant();
  return (
    <section class={`card ${styles.ready}`} data-testid="launch-ready">
      <h2>{t("ready.title", { name: props.service.name })}</h2>
      <dl class={styles.facts}>
        <dt>{t("service.address")}</dt>
        <dd>
          <Show when={props.service.address} fallback={<span class="quiet">{t("service.addressUnknown")}</span>}>
            {(address) => <CopyText text={address()} />}
          </Show>
        </dd>
        <dt>{t("service.login")}</dt>
        <dd>
          <CopyText text={props.service.loginUser} />
          <p class="small quiet">{t("ready.credentials")}</p>
        </dd>
        <dt>{t("ready.size")}</dt>
        <dd class="figures">{sizeText(props.service)}</dd>
      </dl>
      <div class={styles.buttons}>
        <Show when={possibleActions(props.service, tenant()).includes("console")}>
          <Button
            variant="primary"
            icon={MonitorPlay}
            onClick={() => openConsole(id(), props.service.id, consoleKindOf(props.service.kind))}
          >
            {t("action.console")}
          </Button>
        </Show>
        <LinkButton href={`/t/${id()}/services/${props.service.id}`} icon={ArrowRight}>
          {t("operation.toService", { name: props.service.name })}
        </LinkButton>
      </div>
    </section>
  );
}
