// What of a service's size waits for a restart: the restart that brings it about, or the way back.
import RotateCw from "lucide-solid/icons/rotate-cw";
import Undo from "lucide-solid/icons/undo-2";
import { createSignal, Show } from "solid-js";
import type { PendingView } from "../../../worker/rules/views-copies.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { memory, number, t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { showToast } from "../../ui/toast.tsx";
import { usePending } from "../copies/queries.ts";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { possibleActions, useServiceActions } from "../services/actions.tsx";
import { isChangeable } from "../services/possible.ts";
import styles from "./service.module.css";

export function PendingNote(props: { service: ServiceView }) {
  const { id, can, tenant } = useTenant();
  const [reverting, setReverting] = createSignal(false);
  const query = usePending(id, () => props.service);
  const actions = useServiceActions(tenant);
  const waits = () => (props.service.power === "running" && query.data?.restartNeeded ? query.data : null);
  async function revert() {
    if (reverting()) return;
    setReverting(true);
    try {
      applyAccepted(id(), await lifeApi.revertSize(id(), props.service.id, crypto.randomUUID()));
    } catch (thrown) {
      const problem = problemOf(thrown);
      const words = problemWords(problem.code, problem.params);
      showToast({ tone: "bad", text: words.what, detail: words.help });
    } finally {
      setReverting(false);
    }
  }

  return (
    <Show when={waits()}>
      {(pending) => (
        <section class={styles.pending} data-testid="restart-needed">
          <div>
            <b>{t("size.restartNeeded")}</b>
            <p>{changes(pending())}</p>
          </div>
          <div class={styles.buttons}>
            <Show when={possibleActions(props.service, tenant()).includes("reboot")}>
              <Button icon={RotateCw} onClick={() => actions.run(props.service, "reboot")}>
                {t("size.applyNow")}
              </Button>
            </Show>
            <Show when={can("service.change") && tenant().open && isChangeable(props.service)}>
              <Button icon={Undo} busy={reverting()} onClick={() => void revert()}>
                {t("size.revert")}
              </Button>
            </Show>
          </div>
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
