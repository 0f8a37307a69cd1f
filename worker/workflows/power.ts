// Power actions: the tenant's own token asks, Proxmox VE checks once more that the guest is the tenant's.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { isPveError } from "../pve/errors.ts";
import { guestPower, powerGuest, taskTypeOf } from "../pve/guests.ts";
import { newestTask } from "../pve/tasks.ts";
import { DONE, guestAt, remember, tenant } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { noteSize, settleSize } from "./size.ts";
import { actTask } from "./task-step.ts";

/** How long a guest may take to shut down by itself before the attempt counts as ignored. */
const SHUTDOWN_SECONDS = 60;

export const startPlan = powerPlan("start", async (job) => {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "start",
    access,
    reached: async () => (await guestPower(access, at)) === "running",
    request: () => powerGuest(access, at, "start"),
  });
});

export const stopPlan = powerPlan("stop", (job) => switchOff(job, "stop"));
export const shutdownPlan = powerPlan("shutdown", (job) => switchOff(job, "shutdown"));

export const rebootPlan = powerPlan("reboot", async (job) => {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: "reboot",
    access,
    // A guest that has ignored it runs as one that has followed it does: only the task tells them apart.
    reached: async (ended) => ended?.ok === true && (await guestPower(access, at)) === "running",
    request: async () => {
      const newest = (await newestTask(access, at.node, taskTypeOf(at.kind, "reboot"), at.vmid)) ?? NONE;
      const before = job.facts.rebootBefore;
      // Asked before, and the answer was lost: what that has begun is not begun once more.
      if (before !== undefined && newest !== before) return newest;
      // A stopped guest refuses however often it is asked; one that was asked before may just be off on its way up.
      if (before === undefined && (await guestPower(access, at)) === "stopped") throw new AppError("not_running");
      await remember(job, { rebootBefore: newest });
      return powerGuest(access, at, "reboot", SHUTDOWN_SECONDS);
    },
    explain: ignored,
  });
});

/** Stands for a guest that was never rebooted. */
const NONE = "none";

async function switchOff(job: Job, verb: "stop" | "shutdown"): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  return actTask(job, {
    name: verb,
    access,
    reached: async () => (await guestPower(access, at)) === "stopped",
    request: () => powerGuest(access, at, verb, SHUTDOWN_SECONDS),
    explain: verb === "shutdown" ? ignored : () => undefined,
  });
}

/** The text with which a task ends whose guest did not react to its power button. */
function ignored(exit: string): AppError | undefined {
  const isIgnored = /got timeout|powerdown failed|timeout/.test(exit) && !/lock file/.test(exit);
  return isIgnored ? new AppError("shutdown_ignored", { seconds: SHUTDOWN_SECONDS }) : undefined;
}

function powerPlan(name: "start" | "stop" | "shutdown" | "reboot", act: (job: Job) => Promise<Progress>): Plan {
  const powerAfter = name === "start" || name === "reboot" ? "running" : "stopped";
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
