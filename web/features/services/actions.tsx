// Doing things to a service: asks first where something may be lost, sends the change, shows it at once, tells a refusal.
import MonitorPlay from "lucide-solid/icons/monitor-play";
import Pause from "lucide-solid/icons/pause";
import Play from "lucide-solid/icons/play";
import Power from "lucide-solid/icons/power";
import RotateCw from "lucide-solid/icons/rotate-cw";
import Square from "lucide-solid/icons/square";
import StepForward from "lucide-solid/icons/step-forward";
import Trash from "lucide-solid/icons/trash";
import Zap from "lucide-solid/icons/zap";
import { createSignal } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import type { PowerAction, PowerOptions } from "../../api.ts";
import { t, type Key } from "../../i18n/language.ts";
import type { Icon } from "../../ui/button.tsx";
import { consoleKindOf, openConsole } from "../console/open.ts";
import type { Tenant } from "../frame/session.tsx";
import { ask } from "./ask.ts";
import type { ServiceAction } from "./possible.ts";
import { sendPower } from "./send.ts";

export { possibleActions, type ServiceAction } from "./possible.ts";

export const actionIcons: Record<ServiceAction, Icon> = {
  console: MonitorPlay,
  start: Play,
  resume: StepForward,
  shutdown: Power,
  reboot: RotateCw,
  suspend: Pause,
  reset: Zap,
  stop: Square,
  delete: Trash,
};

/** What an action is called where it is offered. */
export function actionName(action: ServiceAction, service: Pick<ServiceView, "state">): string {
  return t(action === "delete" && service.state === "failed" ? "action.removeFailed" : (`action.${action}` as Key));
}

/** Actions on the services of a tenant; `busy` names the service whose request is under way. */
export function useServiceActions(tenant: () => Pick<Tenant, "id">) {
  const [busy, setBusy] = createSignal<string | null>(null);

  function run(service: ServiceView, action: ServiceAction): void {
    if (action === "console") openConsole(tenant().id, service.id, consoleKindOf(service.kind));
    else if (action === "delete") ask({ action, service });
    else if (action === "start" || action === "resume" || action === "suspend") void power(service, action);
    else ask({ action, services: [service], go: (options) => void power(service, action, options) });
  }

  async function power(service: ServiceView, action: PowerAction, options: PowerOptions = {}) {
    if (busy()) return;
    setBusy(service.id);
    await sendPower(tenant().id, service, action, options);
    setBusy(null);
  }

  return { run, busy };
}
