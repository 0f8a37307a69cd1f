// What can be done to a service now: the one list that rows, pages and the command palette offer.
import { may } from "../../../worker/rules/permissions.ts";
import type { Role, ServiceView } from "../../../worker/rules/views.ts";

export type ServiceAction = "console" | "start" | "shutdown" | "reboot" | "stop" | "delete";

/** Where an organisation is held, what frees something is all that is left. */
const GIVES_BACK: readonly ServiceAction[] = ["shutdown", "stop", "delete"];

/** Actions in the order in which they are offered. Viewers may only look. */
export function possibleActions(
  service: Pick<ServiceView, "state" | "power" | "operationId">,
  who: { role: Role; open: boolean },
): ServiceAction[] {
  if (!may(who.role, "service.power")) return [];
  const actions = actionsOf(service);
  return who.open ? actions : actions.filter((action) => GIVES_BACK.includes(action));
}

function actionsOf(service: Pick<ServiceView, "state" | "power" | "operationId">): ServiceAction[] {
  const { state, power } = service;
  if (state === "failed") return ["delete"];
  if (state !== "ready") return [];
  const running = power === "running" || power === "paused";
  // A console may be looked at while something else is under way: a shutdown, for example.
  if (service.operationId) return running ? ["console"] : [];
  if (running) return ["console", "shutdown", "reboot", "stop", "delete"];
  return power === "stopped" ? ["start", "delete"] : ["delete"];
}
