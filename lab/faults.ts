// Faults on demand: rules that make calls slow, cut, answered wrongly, or tasks fail.
import { randomUUID } from "node:crypto";

export const FAULT_KINDS = ["latency", "drop-before", "drop-after", "status", "task-fail", "agent-off"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  id: string;
  kind: FaultKind;
  /** Applies to this method only. */
  method?: string;
  /** Regular expression on the path below /api2/json. */
  path?: string;
  /** `latency`: real milliseconds, not divided by the lab's speed. */
  ms?: number;
  /** `status`: code to answer; 595 and 596 have an empty body, as the real server's. */
  status?: number;
  reason?: string;
  /** `status`: the work is done all the same, only the answer is wrong. */
  done?: boolean;
  /** `task-fail`: only tasks of this type, such as `qmclone`. */
  taskType?: string;
  /** `task-fail`: exit status. */
  taskError?: string;
  /** `task-fail`: the work is done before the task fails. */
  effect?: boolean;
  /** Lets this many matches pass first. */
  after: number;
  /** Strikes this often, then no more; null for ever. */
  times: number | null;
  matched: number;
  struck: number;
}

/** The rules in force. A rule strikes where it matches, counting down `after` and `times`. */
export class Faults {
  readonly #rules = new Map<string, Fault>();

  list(): Fault[] {
    return [...this.#rules.values()];
  }

  /** Adds a rule from a request's body; throws with a plain message on a malformed one. */
  add(input: Record<string, unknown>): Fault {
    const kind = FAULT_KINDS.find((known) => known === input["kind"]);
    if (kind === undefined) throw new Error(`kind is one of ${FAULT_KINDS.join(", ")}`);
    const fault: Fault = {
      id: randomUUID(),
      kind,
      after: count(input, "after") ?? 0,
      times: count(input, "times") ?? null,
      matched: 0,
      struck: 0,
    };
    for (const key of ["method", "path", "reason", "taskType", "taskError"] as const) {
      const value = input[key];
      if (value === undefined) continue;
      if (typeof value !== "string") throw new Error(`${key} is text`);
      fault[key] = value;
    }
    for (const key of ["ms", "status"] as const) {
      const value = count(input, key);
      if (value !== undefined) fault[key] = value;
    }
    for (const key of ["done", "effect"] as const) if (input[key] === true) fault[key] = true;
    if (fault.status !== undefined && (fault.status < 200 || fault.status > 599))
      throw new Error("status is 200 to 599");
    // Throws here and now where the pattern is malformed.
    if (fault.path !== undefined) RegExp(fault.path);
    this.#rules.set(fault.id, fault);
    return fault;
  }

  /** Removes one rule, or all. False where there is no such rule. */
  remove(id?: string): boolean {
    if (id !== undefined) return this.#rules.delete(id);
    this.#rules.clear();
    return true;
  }

  /** The rules that strike this call. */
  strikeCall(method: string, path: string): Fault[] {
    return this.list().filter(
      (fault) =>
        fault.kind !== "task-fail" &&
        (fault.kind !== "agent-off" || path.includes("/agent/")) &&
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || new RegExp(fault.path).test(path)) &&
        strikes(fault),
    );
  }

  /** The rule that fails this task, if any. */
  strikeTask(type: string): Fault | undefined {
    return this.list().find(
      (fault) =>
        fault.kind === "task-fail" && (fault.taskType === undefined || fault.taskType === type) && strikes(fault),
    );
  }
}

function strikes(fault: Fault): boolean {
  fault.matched += 1;
  if (fault.matched <= fault.after) return false;
  if (fault.times !== null && fault.struck >= fault.times) return false;
  fault.struck += 1;
  return true;
}

function count(input: Record<string, unknown>, key: string): number | undefined {
  const value = input[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) throw new Error(`${key} is a whole number`);
  return value;
}
