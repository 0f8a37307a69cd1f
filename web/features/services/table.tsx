// Services as rows of a table, or as cards on phones: status, name, address, size, load, actions.
import { A } from "@solidjs/router";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { For, Show } from "solid-js";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { ago, percent, t, type Key } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { useOperations } from "../../queries.ts";
import { IconButton, iconButton } from "../../ui/button.tsx";
import { Chip, Tags } from "../../ui/chip.tsx";
import { useNow } from "../../ui/clock.ts";
import { CopyText } from "../../ui/copy.tsx";
import { TemplateLogo } from "../../ui/logo.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { ServiceStatus } from "../../ui/status.tsx";
import { liveOf, samplesOf } from "../feed/apply.ts";
import { hasEnded } from "../feed/merge.ts";
import { useTenant } from "../frame/session.tsx";
import { endsSoon } from "../service/dates.ts";
import { ProgressLine } from "../operations/progress.tsx";
import { actionIcons, actionName, possibleActions, useServiceActions } from "./actions.tsx";
import styles from "./table.module.css";

/** Which rows are ticked; without it there is nothing to tick. */
export interface Selection {
  has: (serviceId: string) => boolean;
  set: (serviceId: string, ticked: boolean) => void;
}

export function ServiceTable(props: { services: readonly ServiceView[]; selection?: Selection | undefined }) {
  const { id, tenant } = useTenant();
  const operations = useOperations(id);
  const actions = useServiceActions(tenant);
  const current = (service: ServiceView): OperationView | undefined =>
    operations.data?.operations.find((one) => one.id === service.operationId && !hasEnded(one));

  return (
    <>
      <table class={styles.table} role="table">
        <thead role="rowgroup">
          <tr role="row">
            <For each={COLUMNS}>
              {(column) => (
                <th role="columnheader" scope="col">
                  {t(`services.column.${column}` as Key)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody role="rowgroup">
          <For each={props.services}>
            {(service) => (
              <tr role="row" data-service-id={service.id} data-power={service.power} data-state={service.state}>
                <td role="cell" class={styles.status}>
                  <ServiceStatus service={service} />
                </td>
                <td role="cell" class={styles.nameCell}>
                  <div class={styles.name}>
                    <Show when={props.selection}>
                      {(selection) => (
                        <input
                          type="checkbox"
                          class={styles.tick}
                          aria-label={t("services.select", { name: service.name })}
                          checked={selection().has(service.id)}
                          onChange={(event) => selection().set(service.id, event.currentTarget.checked)}
                        />
                      )}
                    </Show>
                    <TemplateLogo name={service.template.logo} small />
                    <div class={styles.names}>
                      <A href={`/t/${id()}/services/${service.id}`}>{service.name}</A>
                      <Marks service={service} />
                      <Show when={current(service)} fallback={<span class="small quiet">{service.template.name}</span>}>
                        {(operation) => (
                          <ProgressLine operation={operation()} href={`/t/${id()}/operations/${operation().id}`} />
                        )}
                      </Show>
                    </div>
                  </div>
                </td>
                <td role="cell" class={styles.address}>
                  <Show when={service.address} fallback={<span class="quiet">–</span>}>
                    {(address) => <CopyText text={address()} />}
                  </Show>
                </td>
                <td role="cell" class={`${styles.size} figures`}>
                  {sizeText(service)}
                </td>
                <td role="cell" class={styles.load}>
                  <Load service={service} />
                </td>
                <td role="cell" class={styles.actions}>
                  <Show when={possibleActions(service, tenant())[0]}>
                    {(first) => (
                      <Show when={first() !== "delete"}>
                        <IconButton
                          icon={actionIcons[first()]}
                          label={`${actionName(first(), service)}: ${service.name}`}
                          disabled={actions.busy() === service.id}
                          onClick={() => actions.run(service, first())}
                        />
                      </Show>
                    )}
                  </Show>
                  <Menu
                    buttonClass={`${iconButton} ${styles.more}`}
                    label={t("services.actionsOf", { name: service.name })}
                    groups={[
                      { items: [{ label: t("action.details"), href: `/t/${id()}/services/${service.id}` }] },
                      {
                        items: possibleActions(service, tenant()).map((action) => ({
                          label: actionName(action, service),
                          icon: actionIcons[action],
                          danger: action === "delete",
                          onSelect: () => actions.run(service, action),
                        })),
                      },
                    ]}
                  >
                    <Ellipsis size={16} aria-hidden="true" />
                  </Menu>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </>
  );
}

/** What one should know before it happens, and the words that it is found by. */
function Marks(props: { service: ServiceView }) {
  const now = useNow();
  const marks = (): { tone: "warn" | "bad"; words: string }[] => [
    ...(props.service.deleteAt === null
      ? []
      : [{ tone: "bad" as const, words: t("leaving.mark", { when: ago(props.service.deleteAt, now()) }) }]),
    ...(props.service.expired ? [{ tone: "bad" as const, words: t("expired.mark") }] : []),
    ...(endsSoon(props.service.expiresAt, now()) && !props.service.expired
      ? [{ tone: "warn" as const, words: t("expiring.mark", { when: ago(props.service.expiresAt ?? 0, now()) }) }]
      : []),
    ...(props.service.restartNeeded ? [{ tone: "warn" as const, words: t("size.restartMark") }] : []),
  ];
  return (
    <Show when={marks().length + props.service.tags.length > 0}>
      <div class={styles.marks}>
        <For each={marks()}>{(mark) => <Chip tone={mark.tone}>{mark.words}</Chip>}</For>
        <Tags tags={props.service.tags} />
      </div>
    </Show>
  );
}

const COLUMNS = ["status", "name", "address", "size", "load", "actions"] as const;

function Load(props: { service: ServiceView }) {
  const samples = () => samplesOf(props.service.id);
  return (
    <Show when={liveOf(props.service)} fallback={<span class="quiet">–</span>}>
      {(live) => (
        <div class={styles.lines}>
          <span class={styles.figure}>
            <Sparkline samples={samples().map((sample) => sample.cpu)} />
            <span class="small figures">
              {t("load.cpu")} {percent(live().cpu)}
            </span>
          </span>
          <span class={styles.figure}>
            <Sparkline samples={samples().map((sample) => sample.memory)} tone="good" />
            <span class="small figures">
              {t("load.memory")} {percent(live().memory)}
            </span>
          </span>
        </div>
      )}
    </Show>
  );
}
