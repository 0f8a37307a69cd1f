// A step that is one task on Proxmox VE: ask for it, wait for it, look whether what it was for has come about.
import { AppError } from "../errors.ts";
import { isPveError, kindOfText } from "../pve/errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { taskState } from "../pve/tasks.ts";
import type { TaskState } from "../pve/tasks.ts";
import { again, DONE, provisioner, remember } from "./job.ts";
import type { Job, Progress } from "./job.ts";

export type Ended = Extract<TaskState, { running: false }>;

export interface TaskStep {
  /** Prefix of the facts that belong to this task. */
  name: string;
  access: PveAccess;
  /** Whether what the task is for is the case already; asked before the first request (with null) and after every ending. */
  reached: (ended: Ended | null) => Promise<boolean>;
  /** Sends the request; answers the task's id. */
  request: () => Promise<string>;
  /** Turns the text of a failed task into an error of its own; undefined leaves it to the general rule. */
  explain?: (exit: string) => AppError | undefined;
}

/**
 * One call of such a step. An answer that was lost, a crash and a task that was forgotten all lead back to `reached`: what is
 * there is never made twice.
 */
export async function actTask(job: Job, step: TaskStep): Promise<Progress> {
  const key = `${step.name}Upid`;
  const upid = job.facts[key];
  if (typeof upid !== "string") {
    if (await step.reached(null)) return DONE;
    await remember(job, { [key]: await step.request() });
    return again(FIRST_LOOK_MS);
  }
  const state = await stateOfTask(job, upid, step.access);
  if (state.running) return again(nextLook(job, step.name));
  await remember(job, { [key]: null, [`${step.name}Looks`]: null });
  if (await step.reached(state)) return DONE;
  if (state.ok) throw new NotReached(step.name);
  throw step.explain?.(state.exit) ?? new TaskFailed(job, step.name, state.exit);
}

/** How a task stands; one that the server no longer knows has ended without a word. */
export async function stateOfTask(job: Job, upid: string, access?: PveAccess): Promise<TaskState> {
  try {
    return await taskState(access ?? (await provisioner(job)), upid);
  } catch (error) {
    if (isPveError(error, "absent", "invalid")) return { running: false, ok: false, exit: FORGOTTEN };
    throw error;
  }
}

const FORGOTTEN = "task was forgotten";

/** A task's own failure. A held lock is worth another try, so it counts as passing until the step's time is up. */
export class TaskFailed extends AppError {
  readonly transient: boolean;

  constructor(job: Job, step: string, exit: string) {
    super("task_failed", { step });
    this.transient = kindOfText(exit) === "busy" || exit === FORGOTTEN;
    // The server's own words may name other guests and paths: they are for the log, not for the tenant.
    job.deps.log("warn", "task_failed", { operationId: job.operation.id, step, exit: exit.slice(0, 300) });
  }
}

/** The server says that it is done, and it is not (yet): worth another look, and another try, until the step's time is up. */
export class NotReached extends AppError {
  readonly transient = true;

  constructor(step: string) {
    super("cluster_misbehaved", { step });
  }
}

/** Most tasks of a small guest end within half a second; the first look comes about then. */
const FIRST_LOOK_MS = 300;

/** Looks become rarer, up to every 3 seconds, so that a long task costs few requests. */
function nextLook(job: Job, name: string): number {
  const key = `${name}Looks`;
  const looks = Number(job.facts[key] ?? 0) + 1;
  job.facts[key] = looks;
  return Math.min(3_000, FIRST_LOOK_MS * 1.4 ** looks);
}
