// Calling off: where it is offered, and that the table speaks of steps that there are.
import { describe, expect, it } from "vitest";
import { isCancellable } from "./cancelling.ts";
import { OPERATION_STEPS } from "./views.ts";
import type { OperationKind, OperationStatus, OperationView } from "./views.ts";

const KINDS = Object.keys(OPERATION_STEPS) as OperationKind[];

/** An operation that has come as far as the step of this name. */
function at(kind: OperationKind, name: string, status: OperationStatus = "running") {
  const names: readonly string[] = OPERATION_STEPS[kind];
  const index = names.indexOf(name);
  const steps = names.map((step, position): OperationView["steps"][number] => ({
    name: step,
    status: position < index ? "done" : position === index ? "running" : "pending",
    startedAt: null,
    endedAt: null,
  }));
  return { kind, status, steps };
}

const offered = (kind: OperationKind) => OPERATION_STEPS[kind].filter((name) => isCancellable(at(kind, name)));

describe("isCancellable", () => {
  it.each([
    ["launch", ["reserve", "prepare", "clone", "configure", "disk", "start"]],
    ["clone", ["reserve", "prepare", "clone", "configure", "start"]],
    ["restore", ["reserve", "prepare", "restore", "configure", "start"]],
    ["backup", ["queue", "backup"]],
    ["snapshot", ["snapshot"]],
    ["rollback", ["reserve"]],
    ["rebuild", ["stop"]],
    ["restore_over", ["safety", "stop"]],
  ] as const)("%s, as long as %j", (kind, names) => {
    expect(offered(kind)).toEqual(names);
  });

  it("nothing else", () => {
    expect(KINDS.filter((kind) => offered(kind).length > 0)).toHaveLength(8);
  });

  it("nothing that is over or on its way back, and nothing whose steps are all done", () => {
    for (const status of ["succeeded", "reverting", "reverted", "failed"] as const)
      expect(isCancellable(at("launch", "clone", status))).toBe(false);
    expect(isCancellable({ ...at("launch", "clone"), steps: [] })).toBe(false);
    expect(isCancellable(at("launch", "reserve", "queued"))).toBe(true);
  });

  it("once the old guest is being removed, a rebuild goes on", () => {
    for (const name of ["remove", "clone", "start"]) expect(isCancellable(at("rebuild", name))).toBe(false);
  });
});
