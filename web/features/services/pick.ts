// Finding services in a list, and what can be done to many of them at once: pure.
import type { Role, ServiceView } from "../../../worker/rules/views.ts";
import type { PowerAction } from "../../api.ts";
import { plain } from "../../ui/plain.ts";
import { possibleActions, type Doable } from "./possible.ts";

export const STATES = ["all", "running", "stopped", "other"] as const;
export type StateFilter = (typeof STATES)[number];

type Listed = Pick<ServiceView, "name" | "address" | "state" | "power" | "description" | "tags"> & {
  template: { name: string };
};

/** Services whose name, template, address, tags or notes have what was typed, and that are in the state asked for. */
export function found<Row extends Listed>(
  services: readonly Row[],
  filter: { text: string; state: StateFilter },
): Row[] {
  const text = plain(filter.text.trim());
  return services.filter((service) => {
    if (filter.state !== "all" && stateOf(service) !== filter.state) return false;
    const { name, template, address, tags, description } = service;
    return plain([name, template.name, address ?? "", ...tags, description].join(" ")).includes(text);
  });
}

/** Ready services by what they do; what is being made, deleted, has failed or says nothing is `other`. */
function stateOf({ state, power }: Listed): StateFilter {
  if (state !== "ready") return "other";
  return power === "running" || power === "stopped" ? power : "other";
}

/** Power actions in the order in which they are offered for many. */
export const FOR_MANY = [
  "start",
  "resume",
  "shutdown",
  "reboot",
  "suspend",
  "reset",
  "stop",
] as const satisfies readonly PowerAction[];

/** Those of the services that an action is possible for now. */
export function ableTo<Row extends Doable>(
  services: readonly Row[],
  action: PowerAction,
  who: { role: Role; open: boolean },
): Row[] {
  return services.filter((service) => possibleActions(service, who).includes(action));
}
