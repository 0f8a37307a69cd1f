// Launching a service: number, clone, configuration, disk, start, address; or everything given back.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { takeVmid } from "../domain/clusters.ts";
import { ensureIdentity } from "../domain/identities.ts";
import { open } from "../domain/sealing.ts";
import { AppError } from "../errors.ts";
import { isPveError, kindOfText } from "../pve/errors.ts";
import {
  bootDiskOf,
  cloneGuest,
  configureGuest,
  deleteGuest,
  diskGiBOf,
  guestAddress,
  guestConfig,
  guestPower,
  powerGuest,
  resizeDisk,
} from "../pve/guests.ts";
import type { GuestConfig } from "../pve/guests.ts";
import { runningTasks } from "../pve/tasks.ts";
import { again, DONE, guestAt, markOf, provisioner, remember, tenant } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { actTask, NotReached, stateOfTask, TaskFailed } from "./task-step.ts";

export const launchPlan: Plan = {
  steps: [
    { name: "reserve", act: reserve },
    { name: "prepare", act: prepare },
    { name: "clone", act: clone },
    { name: "configure", act: configure },
    { name: "disk", act: growDisk },
    { name: "start", act: start },
    { name: "address", act: findAddress },
  ],
  undo: removeGuest,
  serviceAfter: { succeeded: "ready", failed: "failed" },
};

/** The quota was charged with the request itself; what is left to reserve is the guest's number. */
async function reserve(job: Job): Promise<Progress> {
  job.service.vmid = await takeVmid(job.deps, job.cluster.id, job.service.id);
  return DONE;
}

async function prepare(job: Job): Promise<Progress> {
  await ensureIdentity(job.deps, job.operation.tenantId, job.cluster);
  return DONE;
}

/** How long a clone whose answer was lost is waited for before it counts as never begun. */
const LOST_CLONE_MS = 60_000;

/**
 * Cloning is the one request that makes something, so its answer is the one that matters. It may be sent again with the same
 * number: the server runs only one of two. A guest of that number without our mark is somebody else's: the next is taken.
 */
async function clone(job: Job): Promise<Progress> {
  const { facts, deps } = job;
  const upid = facts.cloneUpid;
  if (typeof upid === "string") return followClone(job, upid);
  if (facts.cloneAsking) await remember(job, { cloneLost: true, cloneAsking: null });
  const found = facts.cloneLost ? await lookAtGuest(job) : "none";
  if (found === "ours") return DONE;
  if (facts.cloneWaitUntil) {
    if (deps.now() < Number(facts.cloneWaitUntil)) return again(1_000);
    if (found === "foreign") return takeAnotherNumber(job);
    await remember(job, { cloneWaitUntil: null });
  }
  return sendClone(job);
}

async function followClone(job: Job, upid: string): Promise<Progress> {
  const state = await stateOfTask(job, upid);
  if (state.running) return again(500);
  await remember(job, { cloneUpid: null });
  if ((await lookAtGuest(job)) === "ours") return DONE;
  if (!state.ok && kindOfText(state.exit) === "exists") {
    if (!job.facts.cloneLost) return takeAnotherNumber(job);
    await remember(job, { cloneWaitUntil: job.deps.now() + LOST_CLONE_MS });
    return again(1_000);
  }
  throw state.ok ? new NotReached("clone") : new TaskFailed(job, "clone", state.exit);
}

async function sendClone(job: Job): Promise<Progress> {
  const { pool } = await ensureIdentity(job.deps, job.operation.tenantId, job.cluster);
  const template = { node: job.template.node, vmid: job.template.vmid };
  const { vmid } = guestAt(job);
  const access = await provisioner(job);
  await remember(job, { cloneSent: true, cloneAsking: true, cloneSentAt: job.deps.now() });
  try {
    const description = `${markOf(job.service)}\n`;
    const upid = await cloneGuest(access, template, { vmid, name: job.service.name, pool, description });
    await remember(job, { cloneUpid: upid, cloneAsking: null });
  } catch (error) {
    // Every answer but a lost one says that nothing was begun.
    if (isPveError(error) && error.kind !== "uncertain") await remember(job, { cloneAsking: null });
    if (isPveError(error, "exists") && !job.facts.cloneLost) return takeAnotherNumber(job);
    throw error;
  }
  return again(500);
}

async function takeAnotherNumber(job: Job): Promise<Progress> {
  job.deps.log("warn", "vmid_in_use", { vmid: job.service.vmid, clusterId: job.cluster.id });
  await job.deps.db.update(services).set({ vmid: null }).where(eq(services.id, job.service.id));
  await remember(job, { cloneSent: null, cloneLost: null, cloneWaitUntil: null });
  job.service.vmid = await takeVmid(job.deps, job.cluster.id, job.service.id);
  return again(0);
}

async function configure(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const { service } = job;
  return actTask(job, {
    name: "configure",
    access,
    reached: async () => job.facts.configured === true && isConfigured(await guestConfig(access, guestAt(job)), job),
    request: async () => {
      const sealed = service.passwordSealed;
      const password = sealed === null ? null : await open(job.deps, `service:${service.id}`, sealed);
      const upid = await configureGuest(access, guestAt(job), {
        name: service.name,
        description: `${markOf(service)}\n`,
        cores: service.cores,
        memoryMiB: service.memoryMiB,
        user: service.loginUser,
        password,
        sshKeys: service.sshKeys,
      });
      // The password cannot be read back, so a configuration counts only once it was sent.
      job.facts.configured = true;
      return upid;
    },
  });
}

function isConfigured(config: GuestConfig, job: Job): boolean {
  return (
    Number(config.cores ?? 1) === job.service.cores &&
    Number(config.memory ?? 0) === job.service.memoryMiB &&
    config.name === job.service.name &&
    config.ciuser === job.service.loginUser
  );
}

async function growDisk(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  const slot = bootDiskOf(await guestConfig(access, at));
  if (!slot) throw new AppError("cluster_misbehaved", { step: "disk" });
  return actTask(job, {
    name: "disk",
    access,
    reached: async () => (diskGiBOf(await guestConfig(access, at), slot) ?? 0) >= job.service.diskGiB,
    request: () => resizeDisk(access, at, slot, job.service.diskGiB),
  });
}

async function start(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const progress = await actTask(job, {
    name: "start",
    access,
    reached: async () => (await guestPower(access, at)) === "running",
    request: () => powerGuest(access, at, "start"),
  });
  if (progress.done)
    await job.deps.db
      .update(services)
      .set({ power: "running", powerSeenAt: job.deps.now() })
      .where(eq(services.id, job.service.id));
  return progress;
}

/** A guest without an agent never tells its address; the launch is a success all the same after this long. */
const ADDRESS_PATIENCE_MS = 60_000;

async function findAddress(job: Job): Promise<Progress> {
  const started = job.operation.steps.find((step) => step.name === "address")?.startedAt ?? job.deps.now();
  const address = await guestAddress(await tenant(job), guestAt(job)).catch((error: unknown) => {
    if (isPveError(error)) return null;
    throw error;
  });
  if (address === null && job.deps.now() - started < ADDRESS_PATIENCE_MS) return again(1_000);
  await job.deps.db.update(services).set({ address }).where(eq(services.id, job.service.id));
  return DONE;
}

/**
 * Removes what a launch has made: waits for a clone that is under way, then deletes the guest, but only one that carries the
 * portal's mark.
 */
async function removeGuest(job: Job): Promise<Progress> {
  const { facts } = job;
  if (!facts.cloneSent || job.service.vmid === null) return DONE;
  if (typeof facts.cloneUpid === "string") {
    if ((await stateOfTask(job, facts.cloneUpid)).running) return again(1_000);
    await remember(job, { cloneUpid: null });
  }
  const found = await lookAtGuest(job);
  if (found === "ours") return deleteOwnGuest(job);
  const mayStillCome = found === "none" && (facts.cloneAsking || facts.cloneLost) && !facts.stopped;
  return mayStillCome ? waitForLostClone(job) : DONE;
}

/** Nothing is there, but a clone whose answer was lost may still be at work: as long as the node runs one, it is waited for. */
async function waitForLostClone(job: Job): Promise<Progress> {
  const sentAt = Number(job.facts.cloneSentAt ?? 0);
  if (job.deps.now() < sentAt + LOST_CLONE_GRACE_MS) return again(1_000);
  const running = await runningTasks(await provisioner(job), job.template.node, "qmclone", job.template.vmid);
  const suspects = running.filter((task) => Math.abs(task.startedAt - sentAt) < LOST_CLONE_MS);
  return suspects.length > 0 ? again(2_000) : DONE;
}

/** A request that was sent has become a task by then, or never will. */
const LOST_CLONE_GRACE_MS = 5_000;

/** Stops and deletes the guest of a job, which the caller has seen to be the portal's own. */
export async function deleteOwnGuest(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  if (!job.facts.stopped) {
    const stopped = await actTask(job, {
      name: "stop",
      access,
      reached: async () => (await guestPower(access, at)) === "stopped",
      request: () => powerGuest(access, at, "stop"),
    });
    if (!stopped.done) return stopped;
    await remember(job, { stopped: true });
  }
  return actTask(job, {
    name: "remove",
    access,
    reached: async () => (await lookAtGuest(job)) !== "ours",
    request: () => deleteGuest(access, at),
  });
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
