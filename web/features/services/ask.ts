// What is asked before a service is touched in a way that may cost something: one signal, wherever the question came up.
import { createSignal } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import type { PowerOptions } from "../../api.ts";

/** Power actions that are asked about first. */
export const ASKED_POWER = ["shutdown", "reboot", "reset", "stop"] as const;
export type AskedPower = (typeof ASKED_POWER)[number];

export interface PowerQuestion {
  action: AskedPower;
  services: readonly ServiceView[];
  go: (options: PowerOptions) => void;
}

export type ServiceQuestion = PowerQuestion | { action: "delete"; service: ServiceView };

/** Undefined until something was asked for the first time, null while nothing is. */
const [question, setQuestion] = createSignal<ServiceQuestion | null>();
export { question };

export function ask(asked: ServiceQuestion): void {
  setQuestion(asked);
}

export function stopAsking(): void {
  setQuestion(null);
}
