// Doing things to a service: sends the change, shows it at once, tells a refusal.
import MonitorPlay from "lucide-solid/icons/monitor-play";
import Play from "lucide-solid/icons/play";
import Power from "lucide-solid/icons/power";
import RotateCw from "lucide-solid/icons/rotate-cw";
import Square from "lucide-solid/icons/square";
import Trash from "lucide-solid/icons/trash";
import { createSignal } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf, type PowerAction } from "../../api.ts";
import { problemWords } from "../../i18n/words.ts";
import type { Icon } from "../../ui/button.tsx";
import { showToast } from "../../ui/toast.tsx";
import { consoleKindOf, openConsole } from "../console/open.ts";
import { applyAccepted } from "../feed/apply.ts";
import type { Tenant } from "../frame/session.tsx";
import type { ServiceAction } from "./possible.ts";

export { possibleActions, type ServiceAction } from "./possible.ts";

export const actionIcons: Record<ServiceAction, Icon> = {
  console: MonitorPlay,
  start: Play,
  shutdown: Power,
  reboot: RotateCw,
  stop: Square,
  delete: Trash,
};

/** Actions on the services of a tenant; `busy` names the service whose request is under way. */
export function useServiceActions(tenant: () => Pick<Tenant, "id">) {
  const [busy, setBusy] = createSignal<string | null>(null);

  async function run(service: ServiceView, action: Exclude<ServiceAction, "delete">): Promise<void> {
    if (action === "console") openConsole(tenant().id, service.id, consoleKindOf(service.kind));
    else await power(service, action);
  }

  async function power(service: ServiceView, action: PowerAction) {
    if (busy()) return;
    setBusy(service.id);
    try {
      applyAccepted(tenant().id, await api.power(tenant().id, service.id, action, crypto.randomUUID()));
    } catch (thrown) {
      const problem = problemOf(thrown);
      const words = problemWords(problem.code, problem.params);
      showToast({ tone: "bad", text: `${service.name}: ${words.what}`, detail: words.help });
    } finally {
      setBusy(null);
    }
  }

  return { run, busy };
}
