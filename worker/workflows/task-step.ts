// A step that is one task on Proxmox VE: ask for it, wait for it, look whether what it was for has come about.
import { AppError } from "../errors.ts";
import { isPveError, kindOfText } from "../pve/errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { taskTypeOf } from "../pve/guests.ts";
import { runningTasks, taskState } from "../pve/tasks.ts";
import type { TaskState } from "../pve/tasks.ts";
import { again, DONE, guestAt, provisioner, remember } from "./job.ts";
import type { Job, Progress } from "./job.ts";

export type Ended = Extract<TaskState, { running: false }>;

export interface TaskStep {
  /** Prefix of the facts that belong to this task. */
  name: string;
  access: PveAccess;
  /** Whether what the task is for is the case already; asked before the first request (with null) and after every ending. */
  reached: (ended: Ended | null) => Promise<boolean>;
  /** Sends the request; answers the task's id, or null where all was done when the answer came. */
  request: () => Promise<string | null>;
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
    const begun = await step.request();
    await remember(job, { [key]: begun });
    if (begun !== null) return again(FIRST_LOOK_MS);
    if (await step.reached(null)) return DONE;
    throw new NotReached(step.name);
  }
  const state = await stateOfTask(job, upid, step.access);
  if (state.running) return again(nextLook(job, step.name));
  await remember(job, { [key]: null, [`${step.name}Looks`]: null });
  if (await step.reached(state)) return DONE;
  if (state.ok) throw new NotReached(step.name);
  throw step.explain?.(state.exit) ?? new TaskFailed(job, step.name, state.exit);
}

/**
 * How a task stands; one that the server no longer knows has ended without a word. So has one, as far as can be seen, whose
 * token was replaced since: a token sees only what it has begun itself.
 */
export async function stateOfTask(job: Job, upid: string, access?: PveAccess): Promise<TaskState> {
  try {
    return await taskState(access ?? (await provisioner(job)), upid);
  } catch (error) {
    if (isPveError(error, "absent", "invalid", "forbidden")) return { running: false, ok: false, exit: FORGOTTEN };
    throw error;
  }
}

/** What was sent, and when (milliseconds since 1970). */
export interface Sent {
  node: string;
  type: string;
  vmid: number;
  at: number;
}

/**
 * Whether a request whose answer was lost may still be at work: it has become a task soon after it was sent, or never will.
 * Asked before anything is given back, so that nothing comes about behind the portal's back.
 */
export async function mayBeAtWork(job: Job, access: PveAccess, sent: Sent): Promise<boolean> {
  if (job.deps.now() < sent.at + LOST_GRACE_MS) return true;
  const running = await runningTasks(access, sent.node, sent.type, sent.vmid);
  return running.some((task) => Math.abs(task.startedAt - sent.at) < LOST_WINDOW_MS);
}

/**
 * Whether what a step of this name has sent is at work: its task, or a request whose answer was lost. Such a step notes
 * `<name>SentAt` before it sends. Asked before anything is undone.
 */
export async function isAtWork(job: Job, access: PveAccess, name: string, type: string): Promise<boolean> {
  const upid = job.facts[`${name}Upid`];
  const sentAt = job.facts[`${name}SentAt`];
  if (typeof upid === "string") {
    if ((await stateOfTask(job, upid, access)).running) return true;
    await remember(job, { [`${name}Upid`]: null });
    return false;
  }
  const { vmid, node } = guestAt(job);
  return sentAt !== undefined && (await mayBeAtWork(job, access, { node, type, vmid, at: Number(sentAt) }));
}

/**
 * Sends what must not come about a second time, later, when something else stands in its place. Where the answer is lost,
 * `<name>LostAt` stays behind for {@link mayStillCome}.
 */
export async function sendNoted(job: Job, name: string, send: () => Promise<string>): Promise<string> {
  const key = `${name}LostAt`;
  const before = job.facts[key];
  await remember(job, { [key]: job.deps.now() });
  try {
    const upid = await send();
    // Written down together with the task's id.
    if (before === undefined) delete job.facts[key];
    else job.facts[key] = before;
    return upid;
  } catch (error) {
    // Every answer but a lost one says that nothing was begun.
    if (isPveError(error) && error.kind !== "uncertain") await remember(job, { [key]: before ?? null });
    throw error;
  }
}

/** Whether a request of the provisioning token that was not answered may still be at work, or on its way. */
export async function mayStillCome(job: Job, name: string, verb: string): Promise<boolean> {
  const lostAt = job.facts[`${name}LostAt`];
  if (lostAt === undefined) return false;
  const { kind, node, vmid } = guestAt(job);
  return mayBeAtWork(job, await provisioner(job), { node, type: taskTypeOf(kind, verb), vmid, at: Number(lostAt) });
}

/** A request that was sent has become a task by then, or never will. */
export const LOST_GRACE_MS = 5_000;
/** A task that began this long before or after is another one's; the clocks of two machines may differ by a little. */
const LOST_WINDOW_MS = 60_000;

const FORGOTTEN = "task was forgotten";

/** A task's own failure. A held lock is worth another try, so it counts as passing until the step's time is up. */
export class TaskFailed extends AppError {
  readonly transient: boolean;

  constructor(job: Job, step: string, exit: string, how: "final" | "passing" = "final") {
    super("task_failed", { step });
    this.transient = how === "passing" || kindOfText(exit) === "busy" || exit === FORGOTTEN;
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
export const FIRST_LOOK_MS = 300;

/** Looks become rarer, up to every 3 seconds, so that a long task costs few requests. */
export function nextLook(job: Job, name: string): number {
  const key = `${name}Looks`;
  const looks = Number(job.facts[key] ?? 0) + 1;
  job.facts[key] = looks;
  return Math.min(3_000, FIRST_LOOK_MS * 1.4 ** looks);
}
