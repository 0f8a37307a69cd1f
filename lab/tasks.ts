// Tasks of the nodes: work that goes on after the answer, with an id, a log and an exit status.
import { oneLine } from "./http/failure.ts";
import type { Clock } from "./clock.ts";
import { nowSeconds } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { StateStore, TaskState } from "./state.ts";
import { formatUpid } from "./upid.ts";

/** What a task's work is given. */
export interface TaskContext {
  log(line: string): void;
  /** Fires when somebody stops the task. */
  readonly signal: AbortSignal;
}

export interface TaskOrder {
  node: string;
  type: string;
  id: string;
  authId: string;
  /** Simulated milliseconds that pass before the work is done. */
  durationMs: number;
  work(context: TaskContext): Promise<void> | void;
  /** What the server takes back where the task ends before its work has begun. */
  unmake?: () => void;
  /** Exit status of a task that was stopped, where it is not the usual one. */
  interruptedStatus?: string;
}

/** A task that has ended, with its times in milliseconds since 1970: the API tells seconds. */
export interface TaskSpan {
  upid: string;
  type: string;
  id: string;
  startedAt: number;
  endedAt: number;
}

/** Finished tasks are kept up to this many. */
const KEPT_TASKS = 2_000;
const TICKS_PER_SECOND = 100;

export class Tasks {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #bootedAtMs: number;
  readonly #running = new Map<string, AbortController>();
  readonly #byUpid = new Map<string, TaskState>();
  readonly #spans: TaskSpan[] = [];
  #observer: (task: TaskState) => void = () => {};
  #nextPid = 4_000;

  constructor(store: StateStore, clock: Clock, faults: Faults, bootedAtMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#faults = faults;
    this.#bootedAtMs = bootedAtMs;
    for (const task of store.state.tasks) {
      this.#byUpid.set(task.upid, task);
      this.#nextPid = Math.max(this.#nextPid, task.pid + 1);
    }
  }

  /** Starts a task and returns its id at once. */
  start(order: TaskOrder): string {
    const pid = this.#nextPid;
    this.#nextPid += 3;
    const startTime = nowSeconds();
    const pstart = Math.floor(((Date.now() - this.#bootedAtMs) / 1_000) * TICKS_PER_SECOND) + 100_000;
    const upid = formatUpid({
      node: order.node,
      pid,
      pstart,
      startTime,
      type: order.type,
      id: order.id,
      authId: order.authId,
    });
    const task: TaskState = {
      upid,
      node: order.node,
      pid,
      pstart,
      startTime,
      endTime: null,
      type: order.type,
      id: order.id,
      authId: order.authId,
      exitStatus: null,
      log: [],
    };
    this.#byUpid.set(upid, task);
    this.#store.state.tasks.push(task);
    this.#trim();
    const controller = new AbortController();
    this.#running.set(upid, controller);
    this.#observer(task);
    void this.#run(task, order, controller);
    return upid;
  }

  /** Tells of each task when it begins and when it has ended. */
  observe(observer: (task: TaskState) => void): void {
    this.#observer = observer;
  }

  find(upid: string): TaskState | undefined {
    return this.#byUpid.get(upid);
  }

  /** Tasks that have ended since the lab was started, as far as they are kept. */
  spans(): readonly TaskSpan[] {
    return this.#spans;
  }

  isRunning(upid: string): boolean {
    return this.#running.has(upid);
  }

  /** Asks a running task to end, as an interrupt does. */
  stop(upid: string): void {
    this.#running.get(upid)?.abort(new Error("received interrupt"));
  }

  /** Ends every task of a node that lost its power. */
  cut(node: string): void {
    for (const [upid, controller] of this.#running)
      if (this.#byUpid.get(upid)?.node === node) controller.abort(new Error("unexpected status"));
  }

  /** Ends every running task. */
  stopAll(): void {
    for (const upid of this.#running.keys()) this.stop(upid);
  }

  async #run(task: TaskState, order: TaskOrder, controller: AbortController): Promise<void> {
    const { signal } = controller;
    const startedAt = Date.now();
    const fault = this.#faults.strikeTask(order.type, order.id);
    const log = (line: string): void => {
      task.log.push(...line.split("\n"));
    };
    let exitStatus = "OK";
    let isBegun = false;
    try {
      await this.#clock.pause(order.durationMs, signal);
      isBegun = fault === undefined || fault.effect === true;
      if (isBegun) await order.work({ log, signal });
      if (fault !== undefined) throw new Error(fault.taskError ?? "unexpected failure");
    } catch (error) {
      if (!isBegun) order.unmake?.();
      exitStatus = signal.aborted ? (order.interruptedStatus ?? oneLine(signal.reason)) : oneLine(error);
    }
    task.exitStatus = exitStatus;
    task.endTime = nowSeconds();
    this.#spans.push({ upid: task.upid, type: task.type, id: task.id, startedAt, endedAt: Date.now() });
    if (this.#spans.length > KEPT_TASKS) this.#spans.shift();
    task.log.push(exitStatus === "OK" ? "TASK OK" : `TASK ERROR: ${exitStatus}`);
    this.#running.delete(task.upid);
    this.#observer(task);
    this.#store.changed();
  }

  #trim(): void {
    const { tasks } = this.#store.state;
    while (tasks.length > KEPT_TASKS) {
      const oldest = tasks.findIndex((task) => task.exitStatus !== null);
      if (oldest < 0) return;
      const [removed] = tasks.splice(oldest, 1);
      if (removed !== undefined) this.#byUpid.delete(removed.upid);
    }
    this.#store.changed();
  }
}
