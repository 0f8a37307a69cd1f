// Power actions: the tenant's own token asks, Proxmox VE checks once more that the guest is the tenant's.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError, kindOfText, PveError } from "../pve/errors.ts";
import { guestPower, powerGuest, taskTypeOf } from "../pve/guests.ts";
import type { PowerPatience } from "../pve/guests.ts";
import { newestTask } from "../pve/tasks.ts";
import type { PowerState } from "../rules/views.ts";
import { again, DONE, guestAt, remember, tenant } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { noteSize, settleSize } from "./size.ts";
import { actTask, LOST_GRACE_MS } from "./task-step.ts";

/** How long a guest may take to shut down by itself before the attempt counts as ignored, where nobody has said it. */
const SHUTDOWN_SECONDS = 60;

export const startPlan = powerPlan("start", "running", switchOn);
export const stopPlan = powerPlan("stop", "stopped", cutOff);
export const shutdownPlan = powerPlan("shutdown", "stopped", shutDown);
export const rebootPlan = powerPlan("reboot", "running", reboot);
export const resetPlan = powerPlan("reset", "running", reset);

export const suspendPlan = powerPlan("suspend", "paused", async (job) => {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "suspend",
    access,
    reached: async () => (await guestPower(access, at)) === "paused",
    request: async () => {
      if ((await guestPower(access, at)) === "stopped") throw new AppError("not_running");
      return powerGuest(access, at, "suspend");
    },
  });
});

export const resumePlan = powerPlan("resume", "running", async (job) => {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "resume",
    access,
    reached: async () => (await guestPower(access, at)) === "running",
    request: async () => {
      if ((await guestPower(access, at)) === "stopped") throw new AppError("not_running");
      return powerGuest(access, at, "resume");
    },
  });
});

/** One that is suspended is on already: it goes on. */
async function switchOn(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "start",
    access,
    reached: async () => {
      const isOn = (await guestPower(access, at)) === "running";
      // Looked at for the first time before anything is sent: one that is on by then does not boot, and nothing waits for its boot.
      const isAsked = job.operation.kind === "start" && job.operation.steps.some(({ name }) => name === "scripts");
      if (isAsked && job.facts.foundOn === undefined) await remember(job, { foundOn: isOn });
      return isOn;
    },
    request: async () => powerGuest(access, at, (await guestPower(access, at)) === "paused" ? "resume" : "start"),
  });
}

async function cutOff(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "stop",
    access,
    reached: async () => (await guestPower(access, at)) === "stopped",
    request: () => powerGuest(access, at, "stop"),
  });
}

async function shutDown(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const listening = await letGoOn(job, access, "shutdown");
  if (!listening.done) return listening;
  return actTask(job, {
    name: "shutdown",
    access,
    reached: async () => (await guestPower(access, at)) === "stopped",
    request: () => powerGuest(access, at, "shutdown", patienceOf(job)),
    explain: (exit) => ignored(job, exit),
  });
}

async function reboot(job: Job): Promise<Progress> {
  if (job.facts.cutting === true) return cutAndStart(job);
  const access = await tenant(job);
  const listening = await letGoOn(job, access, "reboot");
  if (!listening.done) return listening;
  try {
    return await actOnce(job, access, "reboot", patienceOf(job));
  } catch (error) {
    const isIgnored = error instanceof AppError && error.code === "shutdown_ignored";
    if (!isIgnored || !isForced(job)) throw error;
    await remember(job, { cutting: true, anewAt: job.deps.now() });
    return again(0);
  }
}

/** What a reboot comes to whose guest did not listen: noted which half is done, so that the plug is not pulled twice. */
async function cutAndStart(job: Job): Promise<Progress> {
  if (job.facts.cut !== true) {
    const progress = await cutOff(job);
    if (!progress.done) return progress;
    await remember(job, { cut: true });
  }
  return switchOn(job);
}

async function reset(job: Job): Promise<Progress> {
  return actOnce(job, await tenant(job), "reset");
}

/** A guest that is suspended hears no power button (Proxmox VE refuses to press it): it goes on first. */
async function letGoOn(job: Job, access: PveAccess, before: "shutdown" | "reboot"): Promise<Progress> {
  if (typeof job.facts[`${before}Upid`] === "string") return DONE;
  const at = guestAt(job);
  return actTask(job, {
    name: "resume",
    access,
    reached: async () => (await guestPower(access, at)) !== "paused",
    request: () => powerGuest(access, at, "resume"),
  });
}

/**
 * A task whose effect cannot be seen on the guest, which runs before as it does after: only the task tells. One that was asked
 * for and not answered is looked for among the newest, and not asked for again while it may still be on its way.
 */
async function actOnce(
  job: Job,
  access: PveAccess,
  verb: "reboot" | "reset",
  patience: PowerPatience = {},
): Promise<Progress> {
  const at = guestAt(job);
  const [beforeKey, sentKey] = [`${verb}Before`, `${verb}SentAt`];
  return actTask(job, {
    name: verb,
    access,
    reached: async (ended) => {
      // A guest that was locked has not begun: the next task is another one.
      if (ended?.ok === false && kindOfText(ended.exit) === "busy") await remember(job, { [beforeKey]: null });
      return ended?.ok === true && (await guestPower(access, at)) === "running";
    },
    request: async () => {
      const newest = (await newestTask(access, at.node, taskTypeOf(at.kind, verb), at.vmid)) ?? NONE;
      const before = job.facts[beforeKey];
      // Asked before, and the answer was lost: what that has begun is not begun once more.
      if (before !== undefined && newest !== before) return newest;
      if (before !== undefined && job.deps.now() < Number(job.facts[sentKey]) + LOST_GRACE_MS)
        throw new PveError("uncertain", 0, "the answer was lost");
      // A guest that is off refuses however often it is asked; one that was asked before may just be off on its way up.
      if (before === undefined && (await guestPower(access, at)) !== "running") throw new AppError("not_running");
      await remember(job, { [beforeKey]: newest, [sentKey]: job.deps.now() });
      try {
        return await powerGuest(access, at, verb, patience);
      } catch (error) {
        // Every answer but a lost one says that nothing was begun.
        if (isPveError(error) && error.kind !== "uncertain") await remember(job, { [beforeKey]: null });
        throw error;
      }
    },
    explain: (exit) => ignored(job, exit),
  });
}

/** Stands for a guest that has had no such task. */
const NONE = "none";

function isForced(job: Job): boolean {
  return job.facts.force === true;
}

function patienceOf(job: Job): { seconds: number; force: boolean } {
  return { seconds: Number(job.facts.seconds ?? SHUTDOWN_SECONDS), force: isForced(job) };
}

/** The text with which a task ends whose guest did not react to its power button. */
function ignored(job: Job, exit: string): AppError | undefined {
  const isIgnored = /got timeout|powerdown failed|timeout|lxc-stop/.test(exit) && !/lock file/.test(exit);
  return isIgnored ? new AppError("shutdown_ignored", { seconds: patienceOf(job).seconds }) : undefined;
}

function powerPlan(name: string, powerAfter: PowerState, act: (job: Job) => Promise<Progress>): Plan {
  const step = async (job: Job) => {
    const progress = await act(job);
    if (!progress.done) return progress;
    const address = powerAfter === "stopped" ? { address: null } : {};
    await job.deps.db
      .update(services)
      .set({ power: powerAfter, powerSeenAt: job.deps.now(), ...address })
      .where(eq(services.id, job.service.id));
    await seeSize(job);
    return DONE;
  };
  return {
    steps: [{ name, act: step }],
    serviceAfter: { succeeded: "ready", failed: "ready" },
    settle: (job) => settleSize(job, job.service),
  };
}

/** A guest that was to shrink has done so when it was off: what it takes now is all that is charged from now on. */
async function seeSize(job: Job): Promise<void> {
  try {
    await noteSize(job, await tenant(job));
  } catch (error) {
    // The next one will tell.
    if (!isPveError(error)) throw error;
  }
}
