// Faults on demand: rules that make calls slow, cut, answered wrongly, or tasks fail.
import { randomUUID } from "node:crypto";

export const FAULT_KINDS = [
  "latency",
  "drop-before",
  "drop-after",
  "status",
  "wrong-answer",
  "task-fail",
  "agent-off",
  "guest-locked",
  "guest-deaf",
  "storage-full",
  "node-down",
] as const;
/** Those that are a state of the cluster while they last, whoever calls. */
const LASTING: readonly string[] = ["guest-locked", "guest-deaf", "storage-full", "node-down"];
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  id: string;
  kind: FaultKind;
  /** Applies to this method only. */
  method?: string;
  /** Regular expression on the path below /api2/json. */
  path?: string;
  /** Regular expression on what query and body hold, as `name=value` joined by `&`: for calls whose path names no guest. */
  body?: string;
  /** `latency`: real milliseconds, not divided by the lab's speed. */
  ms?: number;
  /** `status`: code to answer; 595 and 596 have an empty body, as the real server's. */
  status?: number;
  reason?: string;
  /** `status`: the work is done all the same, only the answer is wrong. `latency`: the work is done at once, its answer is late. */
  done?: boolean;
  /** `wrong-answer`: what the answer holds in place of the work's result, as JSON; a page of HTML where it is absent. */
  data?: unknown;
  /** Which guest: of `guest-locked` (and by what lock, `backup` where it is not said), of `guest-deaf`, of a task for `task-fail`. */
  vmid?: number;
  lock?: string;
  /** `storage-full`: which storage; all of them where it is not said. */
  storage?: string;
  /** `node-down`: which node. */
  node?: string;
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

/** Begins and ends faults that are a state of the cluster; `begin` throws with a plain message where it cannot. */
export interface Lasting {
  begin(fault: Fault): void;
  end(fault: Fault): void;
}

/** The rules in force. A rule strikes where it matches, counting down `after` and `times`. */
export class Faults {
  readonly #rules = new Map<string, Fault>();
  #lasting: Lasting | null = null;

  /** Who brings about the faults that are a state of the cluster. */
  bindLasting(lasting: Lasting): void {
    this.#lasting = lasting;
  }

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
    for (const key of [
      "method",
      "path",
      "body",
      "reason",
      "taskType",
      "taskError",
      "lock",
      "storage",
      "node",
    ] as const) {
      const value = input[key];
      if (value === undefined) continue;
      if (typeof value !== "string") throw new Error(`${key} is text`);
      fault[key] = value;
    }
    for (const key of ["ms", "status", "vmid"] as const) {
      const value = count(input, key);
      if (value !== undefined) fault[key] = value;
    }
    for (const key of ["done", "effect"] as const) if (input[key] === true) fault[key] = true;
    if ("data" in input) fault.data = input["data"];
    if (fault.status !== undefined && (fault.status < 200 || fault.status > 599))
      throw new Error("status is 200 to 599");
    // Throws here and now where a pattern is malformed.
    for (const pattern of [fault.path, fault.body]) if (pattern !== undefined) RegExp(pattern);
    this.#lasting?.begin(fault);
    this.#rules.set(fault.id, fault);
    return fault;
  }

  /** Removes one rule, or all. False where there is no such rule. */
  remove(id?: string): boolean {
    const ended = id === undefined ? this.list() : this.list().filter((fault) => fault.id === id);
    for (const fault of ended) {
      this.#rules.delete(fault.id);
      this.#lasting?.end(fault);
    }
    return id === undefined || ended.length > 0;
  }

  /** Whether a storage takes nothing more. */
  isFull(storage: string): boolean {
    return this.list().some(
      (fault) => fault.kind === "storage-full" && (fault.storage === undefined || fault.storage === storage),
    );
  }

  /** Whether a guest does not hear its power button. */
  isDeaf(vmid: number): boolean {
    return this.list().some((fault) => fault.kind === "guest-deaf" && fault.vmid === vmid);
  }

  /** The rules that strike this call; its body is read only where a rule looks into it. */
  async strikeCall(method: string, path: string, body: () => Promise<string>): Promise<Fault[]> {
    const about = this.list().filter(
      (fault) =>
        fault.kind !== "task-fail" &&
        !LASTING.includes(fault.kind) &&
        (fault.kind !== "agent-off" || path.includes("/agent/")) &&
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || new RegExp(fault.path).test(path)),
    );
    const text = about.some((fault) => fault.body !== undefined) ? await body() : "";
    return about.filter((fault) => (fault.body === undefined || new RegExp(fault.body).test(text)) && strikes(fault));
  }

  /** The rule that fails this task, if any; `id` is the task's: a guest's number, or `number@volume`. */
  strikeTask(type: string, id: string): Fault | undefined {
    return this.list().find(
      (fault) =>
        fault.kind === "task-fail" &&
        (fault.taskType === undefined || fault.taskType === type) &&
        (fault.vmid === undefined || id.split("@")[0] === String(fault.vmid)) &&
        strikes(fault),
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
