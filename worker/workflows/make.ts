// Making a guest under a number of its own, by a clone or a restore, whatever becomes of the answer; and removing it again.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { takeVmid } from "../domain/clusters.ts";
import { ensureIdentity } from "../domain/identities.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError, kindOfText } from "../pve/errors.ts";
import { deleteGuest, guestConfig, guestPower, powerGuest } from "../pve/guests.ts";
import type { NewGuest } from "../pve/guests.ts";
import { again, DONE, guestAt, markOf, provisioner, remember } from "./job.ts";
import type { Job, Progress, Step } from "./job.ts";
import {
  actTask,
  FIRST_LOOK_MS,
  mayBeAtWork,
  nextLook,
  NotReached,
  sendNoted,
  stateOfTask,
  TaskFailed,
} from "./task-step.ts";

/** The one request of an operation that makes a guest. */
export interface Making {
  /** Prefix of its facts, and name of its step. */
  name: "clone" | "restore";
  /** Where its task runs, of which type, and under which number: that of what is copied, or the new one. */
  node: string;
  taskType: string;
  taskVmid: number;
  /** Set where the guest must have the number that it has: one that is taken is refused then, not passed over. */
  keepsNumber?: boolean;
  request: (access: PveAccess, guest: NewGuest) => Promise<string>;
}

/** What comes before: the quota was charged with the request itself, so what is left to reserve is the guest's number. */
export const RESERVE: Step = {
  name: "reserve",
  act: async (job) => {
    job.service.vmid = await takeVmid(job.deps, job.cluster.id, job.service.id);
    return DONE;
  },
};

/** The tenant's pool, user and token. */
export const PREPARE: Step = {
  name: "prepare",
  act: async (job) => {
    await ensureIdentity(job.deps, job.operation.tenantId, job.cluster);
    return DONE;
  },
};

/** How long a guest whose making was not answered is waited for before it counts as never begun. */
const LOST_MS = 60_000;

/**
 * The answer of what makes a guest is the one that matters. It may be sent again with the same number: the server runs only
 * one of two. A guest of that number without our mark is somebody else's: the next is taken.
 */
export async function makeGuest(job: Job, making: Making): Promise<Progress> {
  const { facts, deps } = job;
  const key = keysOf(making);
  const upid = facts[key.upid];
  if (typeof upid === "string") return followMaking(job, making, upid);
  if (facts[key.asking]) await remember(job, { [key.lost]: true, [key.asking]: null });
  const found = facts[key.lost] ? await lookAtGuest(job) : "none";
  if (found === "ours") return DONE;
  if (facts[key.waitUntil]) {
    if (deps.now() < Number(facts[key.waitUntil])) return again(1_000);
    if (found === "foreign") return takeAnotherNumber(job, making);
    await remember(job, { [key.waitUntil]: null });
  }
  return sendMaking(job, making);
}

async function followMaking(job: Job, making: Making, upid: string): Promise<Progress> {
  const key = keysOf(making);
  const state = await stateOfTask(job, upid);
  if (state.running) return again(nextLook(job, making.name));
  // The task is forgotten only once it is clear what came of it: where one cannot look now, one looks again, and nothing is made twice.
  if ((await lookAtGuest(job)) === "ours") return DONE;
  if (state.ok) throw new NotReached(making.name);
  await remember(job, { [key.upid]: null });
  if (kindOfText(state.exit) === "exists") {
    if (!job.facts[key.lost]) return takeAnotherNumber(job, making);
    await remember(job, { [key.waitUntil]: job.deps.now() + LOST_MS });
    return again(1_000);
  }
  throw new TaskFailed(job, making.name, state.exit);
}

async function sendMaking(job: Job, making: Making): Promise<Progress> {
  const key = keysOf(making);
  const { pool } = await ensureIdentity(job.deps, job.operation.tenantId, job.cluster);
  const { vmid } = guestAt(job);
  const access = await provisioner(job);
  await remember(job, { [key.sent]: true, [key.asking]: true, [key.sentAt]: job.deps.now() });
  try {
    const description = `${markOf(job.service)}\n`;
    const upid = await making.request(access, { vmid, name: job.service.name, pool, description });
    await remember(job, { [key.upid]: upid, [key.asking]: null });
  } catch (error) {
    // Every answer but a lost one says that nothing was begun.
    if (isPveError(error) && error.kind !== "uncertain") await remember(job, { [key.asking]: null });
    if (isPveError(error, "exists") && !job.facts[key.lost]) return takeAnotherNumber(job, making);
    throw error;
  }
  return again(FIRST_LOOK_MS);
}

async function takeAnotherNumber(job: Job, making: Making): Promise<Progress> {
  if (making.keepsNumber === true) throw new AppError("guest_not_ours");
  const key = keysOf(making);
  job.deps.log("warn", "vmid_in_use", { vmid: job.service.vmid, clusterId: job.cluster.id });
  await job.deps.db.update(services).set({ vmid: null }).where(eq(services.id, job.service.id));
  await remember(job, { [key.sent]: null, [key.lost]: null, [key.waitUntil]: null });
  job.service.vmid = await takeVmid(job.deps, job.cluster.id, job.service.id);
  return again(0);
}

/**
 * Removes what was made: waits for a task that is under way, then deletes the guest, but only one that carries the portal's
 * mark.
 */
export async function removeMade(job: Job, making: Making): Promise<Progress> {
  const { facts } = job;
  const key = keysOf(making);
  const upid = facts[key.upid];
  if (!facts[key.sent] || job.service.vmid === null) return DONE;
  if (typeof upid === "string") {
    if ((await stateOfTask(job, upid)).running) return again(1_000);
    await remember(job, { [key.upid]: null });
  }
  const found = await lookAtGuest(job);
  if (found === "ours") return deleteOwnGuest(job);
  if (found !== "none" || !(facts[key.asking] || facts[key.lost]) || facts.stopped) return DONE;
  // Nothing is there, but what was not answered may still be at work: as long as the node runs one, it is waited for.
  const sent = { node: making.node, type: making.taskType, vmid: making.taskVmid, at: Number(facts[key.sentAt] ?? 0) };
  return (await mayBeAtWork(job, await provisioner(job), sent)) ? again(1_000) : DONE;
}

function keysOf({ name }: Making) {
  return {
    upid: `${name}Upid`,
    asking: `${name}Asking`,
    lost: `${name}Lost`,
    waitUntil: `${name}WaitUntil`,
    sent: `${name}Sent`,
    sentAt: `${name}SentAt`,
  } as const;
}

/** Stops and deletes the guest of a job, which the caller has seen to be the portal's own. */
export async function deleteOwnGuest(job: Job): Promise<Progress> {
  const stopped = await stopOwnGuest(job);
  if (!stopped.done) return stopped;
  const access = await provisioner(job);
  return actTask(job, {
    name: "remove",
    access,
    reached: async () => (await lookAtGuest(job)) !== "ours",
    request: () => sendNoted(job, "remove", () => deleteGuest(access, guestAt(job))),
  });
}

/** Switches the guest of a job off, which the caller has seen to be the portal's own. */
export async function stopOwnGuest(job: Job): Promise<Progress> {
  if (job.facts.stopped) return DONE;
  const access = await provisioner(job);
  const at = guestAt(job);
  const progress = await actTask(job, {
    name: "stop",
    access,
    reached: async () => (await guestPower(access, at)) === "stopped",
    request: () => sendNoted(job, "stop", () => powerGuest(access, at, "stop")),
  });
  if (progress.done) await remember(job, { stopped: true });
  return progress;
}

/** What stands under the job's number: a guest of ours, somebody else's, or none that the portal may see. */
export async function lookAtGuest(job: Job): Promise<"ours" | "foreign" | "none"> {
  try {
    const config = await guestConfig(await provisioner(job), guestAt(job));
    return config.description?.split(/\s+/).includes(markOf(job.service)) ? "ours" : "foreign";
  } catch (error) {
    // A guest that is being cloned is in no pool yet, and one that is gone is in none any more: both are a 403.
    if (isPveError(error, "forbidden", "absent")) return "none";
    throw error;
  }
}
