// What can be done to a service now: the one list that its page, rows, many at once and the command palette offer.
import { may } from "../../../worker/rules/permissions.ts";
import type { Role, ServiceView } from "../../../worker/rules/views.ts";

/** All there is, in the order in which it is offered. */
export const ACTIONS = [
  "console",
  "start",
  "resume",
  "shutdown",
  "reboot",
  "suspend",
  "reset",
  "stop",
  "delete",
] as const;
export type ServiceAction = (typeof ACTIONS)[number];

/** What decides about it. */
export type Doable = Pick<ServiceView, "kind" | "state" | "power" | "operationId" | "expired" | "deleteAt">;

/** Where an organisation is held, what frees something is all that is left. */
const GIVES_BACK: readonly ServiceAction[] = ["shutdown", "stop", "delete"];

/** What brings a service up is refused once it has expired or is to be deleted. */
const BRINGS_UP: readonly ServiceAction[] = ["start", "resume", "reboot"];

/** What stands on the head of its page; the rest is in the menu beside. */
const ON_HEAD: readonly ServiceAction[] = ["console", "start", "resume", "shutdown", "reboot"];

/** Actions in the order in which they are offered. Viewers may only look. */
export function possibleActions(service: Doable, who: { role: Role; open: boolean }): ServiceAction[] {
  if (!may(who.role, "service.power")) return [];
  const isEnding = service.expired || service.deleteAt !== null;
  return actionsOf(service)
    .filter((action) => !isEnding || !BRINGS_UP.includes(action))
    .filter((action) => who.open || GIVES_BACK.includes(action));
}

/** The same in two: a few buttons, and what is in the menu. A single one left for the menu is a button as well. */
export function onHead(actions: readonly ServiceAction[]): { buttons: ServiceAction[]; menu: ServiceAction[] } {
  const menu = actions.filter((action) => !ON_HEAD.includes(action));
  if (menu.length <= 1) return { buttons: [...actions], menu: [] };
  return { buttons: actions.filter((action) => ON_HEAD.includes(action)), menu };
}

function actionsOf(service: Doable): ServiceAction[] {
  const { kind, state, power } = service;
  if (state === "failed") return ["delete"];
  if (state !== "ready") return [];
  // A console may be looked at while something else is under way: a shutdown, for example.
  if (service.operationId) return power === "running" || power === "paused" ? ["console"] : [];
  if (power === "stopped") return ["start", "delete"];
  // What is suspended hears nothing: it goes on, or its power is cut.
  if (power === "paused") return ["console", "resume", "stop", "delete"];
  if (power !== "running") return ["delete"];
  // A container shares the node's kernel: there is nothing to suspend, and no button to reset it.
  return kind === "container"
    ? ["console", "shutdown", "reboot", "stop", "delete"]
    : ["console", "shutdown", "reboot", "suspend", "reset", "stop", "delete"];
}

/** Whether what is said of it can be changed: that touches no machine, so it need not wait for what is under way. */
export function isDescribable(service: Pick<Doable, "state" | "deleteAt">): boolean {
  return service.state === "ready" && service.deleteAt === null;
}

/** Whether its settings can be changed now: nothing is under way, and it is not about to go. */
export function isChangeable(service: Pick<Doable, "state" | "operationId" | "deleteAt">): boolean {
  return isDescribable(service) && service.operationId === null;
}
