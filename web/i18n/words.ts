// Turns codes and figures of the API into words: resources, amounts, operations, steps, problems.
import type { OperationKind, OperationView, Resource, ServiceView } from "../../worker/rules/views.ts";
import { memory, number, t, tCount, tMaybe, type Key } from "./language.ts";
import type { Params } from "./fill-in.ts";

export function resourceName(resource: Resource): string {
  return t(`resource.${resource}` as Key);
}

/** An amount of a resource with its unit: `4`, `2 GiB`, `20 GiB`. */
export function amount(resource: Resource, value: number): string {
  if (resource === "memoryMiB") return memory(value);
  if (resource === "diskGiB" || resource === "backupGiB") return `${number(value)} GiB`;
  return number(value);
}

/** `2 vCPU · 2 GiB · 20 GiB`. */
export function sizeText(size: { cores: number; memoryMiB: number; diskGiB: number }): string {
  return `${number(size.cores)} vCPU · ${memory(size.memoryMiB)} · ${number(size.diskGiB)} GiB`;
}

/** What an operation is, as a headline: `Launch of web-1`. */
export function operationTitle(operation: Pick<OperationView, "kind" | "serviceName">): string {
  return t(`operation.${operation.kind}` as Key, { name: operation.serviceName });
}

export function operationStatus(operation: Pick<OperationView, "status" | "error">): string {
  return t(isCalledOff(operation) ? "operation.calledOff" : (`operation.status.${operation.status}` as Key));
}

/** True once an operation has ended because somebody wanted it to. */
export function isCalledOff({ status, error }: Pick<OperationView, "status" | "error">): boolean {
  return error?.code === "cancelled" && (status === "reverted" || status === "failed");
}

export function stepName(name: string): string {
  return tMaybe(`step.${name}`) ?? name;
}

/** The step that an operation is in, with its place where it waits in a line: `Wait for its turn on the node, 2 before it`. */
export function presentStep(operation: Pick<OperationView, "steps" | "ahead">): string | null {
  const step = operation.steps.find((candidate) => candidate.status === "running");
  if (!step) return null;
  return operation.ahead === 0
    ? stepName(step.name)
    : `${stepName(step.name)}, ${tCount("operation.ahead", operation.ahead)}`;
}

/** What an operation has come to, as one sentence for a toast: `web-1 is ready.` */
export function outcome(kind: OperationKind, ok: boolean, name: string): string {
  return t(`outcome.${kind}.${ok ? "done" : "failed"}` as Key, { name });
}

export interface ProblemWords {
  what: string;
  help: string;
}

/** A code of the Worker's table as what happened, and why and what to do. */
export function problemWords(code: string, params: Params = {}): ProblemWords {
  const spoken = inWords(params);
  const known = tMaybe(`error.${code}`, spoken);
  return known === null
    ? { what: t("error.internal"), help: t("error.internal.help") }
    : { what: known, help: tMaybe(`error.${code}.help`, spoken) ?? "" };
}

/** What is wrong with a field. */
export function fieldWords(code: string, params: Params = {}): string {
  return tMaybe(`field.${code}`, params) ?? t("field.invalid");
}

/** The state of a service in one word, as it is shown beside its mark. */
export function serviceStatus(service: Pick<ServiceView, "state" | "power">): string {
  return t((service.state === "ready" ? `power.${service.power}` : `state.${service.state}`) as Key);
}

/** Parameters that are names of steps, resources or kinds of work, in the reader's words. */
function inWords(params: Params): Params {
  const spoken = { ...params };
  if (typeof params["step"] === "string") spoken["step"] = stepName(params["step"]);
  if (typeof params["resource"] === "string")
    spoken["resource"] = tMaybe(`resource.${params["resource"]}`) ?? params["resource"];
  if (typeof params["kind"] === "string") spoken["work"] = tMaybe(`work.${params["kind"]}`) ?? params["kind"];
  return spoken;
}
