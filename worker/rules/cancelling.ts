// Which operations can be called off, and in which of their steps: one table that the run, the routes and the screens read.
import type { OperationKind, OperationView } from "./views.ts";

/**
 * Steps in which calling off leaves everything as it was before: what was made is removed, what was changed is changed back. A
 * kind that is missing ends by itself soon, or has nothing to go back to.
 */
const STEPS: Partial<Record<OperationKind, readonly string[]>> = {
  launch: ["reserve", "prepare", "clone", "configure", "disk", "start"],
  clone: ["reserve", "prepare", "clone", "configure", "start"],
  restore: ["reserve", "prepare", "restore", "configure", "start"],
  backup: ["queue", "backup"],
  snapshot: ["snapshot"],
  rollback: ["reserve"],
  // Up to here the old guest is whole; from the next step on, going on is the only way to a guest.
  rebuild: ["stop"],
  restore_over: ["safety", "stop"],
};

/** Whether it can be called off now: while it runs, in a step that the table names. */
export function isCancellable(operation: Pick<OperationView, "kind" | "status" | "steps">): boolean {
  const { kind, status, steps } = operation;
  if (status !== "queued" && status !== "running") return false;
  const current = steps.find((step) => step.status !== "done");
  return current !== undefined && STEPS[kind]?.includes(current.name) === true;
}
