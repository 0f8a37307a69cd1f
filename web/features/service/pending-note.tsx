// What of a service's size waits for a restart, and the restart that brings it about.
import RotateCw from "lucide-solid/icons/rotate-cw";
import { Show } from "solid-js";
import type { PendingView } from "../../../worker/rules/views-copies.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { memory, number, t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { usePending } from "../copies/queries.ts";
import { useTenant } from "../frame/session.tsx";
import { possibleActions, useServiceActions } from "../services/actions.tsx";
import styles from "./service.module.css";

export function PendingNote(props: { service: ServiceView }) {
  const { id, tenant } = useTenant();
  const query = usePending(id, () => props.service);
  const actions = useServiceActions(tenant);
  const waits = () => (props.service.power === "running" && query.data?.restartNeeded ? query.data : null);
  return (
    <Show when={waits()}>
      {(pending) => (
        <section class={styles.pending} data-testid="restart-needed">
          <div>
            <b>{t("size.restartNeeded")}</b>
            <p>{changes(pending())}</p>
          </div>
          <Show when={possibleActions(props.service, tenant()).includes("reboot")}>
            <Button
              icon={RotateCw}
              busy={actions.busy() === props.service.id}
              onClick={() => void actions.run(props.service, "reboot")}
            >
              {t("size.applyNow")}
            </Button>
          </Show>
        </section>
      )}
    </Show>
  );
}

/** `1 → 2 vCPU, 1 GiB → 2 GiB memory`, only what differs. */
function changes({ cores, memoryMiB }: PendingView): string {
  return [
    ...(cores.now === cores.next ? [] : [`${t("size.cores")}: ${number(cores.now)} → ${number(cores.next)}`]),
    ...(memoryMiB.now === memoryMiB.next
      ? []
      : [`${t("size.memory")}: ${memory(memoryMiB.now)} → ${memory(memoryMiB.next)}`]),
  ].join(" · ");
}
