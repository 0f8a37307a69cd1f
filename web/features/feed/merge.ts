// Pure merging of the feed's events into what the pages hold, so that a change needs no request.
import type { FeedEvent, OperationStatus, OperationView, ServiceView } from "../../../worker/rules/views.ts";

/** As many operations as the Worker's own lists hold. */
const MOST_OPERATIONS = 50;

const ENDED: readonly OperationStatus[] = ["succeeded", "reverted", "failed"];

export function hasEnded(operation: Pick<OperationView, "status">): boolean {
  return ENDED.includes(operation.status);
}

/** Puts an operation in its place in a list, latest first. Events may arrive late: what has ended stays ended. */
export function mergeOperation(list: readonly OperationView[], operation: OperationView): OperationView[] {
  const known = list.find((candidate) => candidate.id === operation.id);
  const kept = known ? newerOperation(known, operation) : operation;
  return [kept, ...list.filter((candidate) => candidate.id !== operation.id)]
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
    .slice(0, MOST_OPERATIONS);
}

/** The one of two views of the same operation that is further on. */
export function newerOperation(known: OperationView, incoming: OperationView): OperationView {
  return progress(incoming) >= progress(known) ? incoming : known;
}

/** Replaces or adds a service; new ones come first, as in the Worker's list. */
export function mergeService(list: readonly ServiceView[], service: ServiceView): ServiceView[] {
  const at = list.findIndex((candidate) => candidate.id === service.id);
  if (at < 0) return [service, ...list];
  return list.map((candidate, index) => (index === at ? service : candidate));
}

/**
 * Whether a service is told as it was while something was under way that has ended since: a short operation is over before
 * the answer to its request has come back, and what that says of the service is older than what the feed has said.
 */
export function isOvertaken(service: Pick<ServiceView, "operationId">, ended: ReadonlySet<string>): boolean {
  return service.operationId !== null && ended.has(service.operationId);
}

export function withoutService(list: readonly ServiceView[], serviceId: string): ServiceView[] {
  return list.filter((service) => service.id !== serviceId);
}

type Samples = Extract<FeedEvent, { type: "live" }>["samples"];

/** Takes the power state that the latest samples report into the services that they belong to. */
export function mergePower(list: ServiceView[], samples: Samples): ServiceView[] {
  const byService = new Map(samples.map((sample) => [sample.serviceId, sample]));
  const changed = (service: ServiceView) => (byService.get(service.id)?.power ?? service.power) !== service.power;
  // Samples come every few seconds and mostly say the same: then the list stays the very one it was.
  if (!list.some(changed)) return list;
  return list.map((service) =>
    changed(service) ? { ...service, power: byService.get(service.id)?.power ?? service.power } : service,
  );
}

function progress(operation: OperationView): number {
  const stage = hasEnded(operation) ? 3 : operation.status === "reverting" ? 2 : operation.status === "running" ? 1 : 0;
  const past = operation.steps.filter((step) => step.status !== "pending").length;
  const ended = operation.steps.filter((step) => step.endedAt !== null).length;
  return stage * 10_000 + past * 100 + ended;
}
