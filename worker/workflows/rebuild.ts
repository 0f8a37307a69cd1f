// Rebuilding: the old guest goes, a new one is made under its number and with its card; up to there all is as it was.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { guestConfig, guestPower } from "../pve/guests.ts";
import { isNumberFree } from "../pve/inventory.ts";
import { again, DONE, guestAt, provisioner, remember } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { ADDRESS, CONFIGURE, DISK, launchMaking, START } from "./launch.ts";
import { deleteOwnGuest, lookAtGuest, makeGuest, removeMade, stopOwnGuest } from "./make.ts";
import type { Making } from "./make.ts";
import { noteOff, switchBackOn } from "./off-and-on.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { mayStillCome, NotReached, stateOfTask } from "./task-step.ts";

export const rebuildPlan: Plan = {
  steps: [
    { name: "stop", act: stop },
    { name: "remove", act: remove },
    { name: "clone", act: (job) => makeGuest(asWished(job), makingOf(job)) },
    { name: "configure", act: (job) => CONFIGURE.act(asWished(job)) },
    DISK,
    START,
    ADDRESS,
  ],
  undo: goBack,
  // Once the old guest is gone there is none to be ready: everything is given back, and it can be tried again.
  serviceAfter: { succeeded: "ready", failed: (job) => (job.facts.gone === true ? "failed" : "ready") },
  settle: (job, outcome) => {
    const { deps, facts, service } = job;
    if (facts.gone !== true) return [];
    const { loginUser, sshKeys } = asWished(job).service;
    const made = outcome === "succeeded" ? { templateId: String(facts.templateId), loginUser, sshKeys } : {};
    const changes = { ...made, imageId: null, restartNeeded: false };
    return [deps.db.update(services).set(changes).where(eq(services.id, service.id))];
  },
};

/** The service as it is to be: its login may be a new one. The row follows when all has come about. */
function asWished(job: Job): Job {
  const { loginUser, sshKeys } = job.facts;
  if (typeof loginUser === "string") job.service.loginUser = loginUser;
  if (typeof sshKeys === "string") job.service.sshKeys = sshKeys;
  return job;
}

function makingOf(job: Job): Making {
  return { ...launchMaking(job), keepsNumber: true };
}

async function stop(job: Job): Promise<Progress> {
  // Tried again after the guest had gone: nothing is left to stop.
  if (job.facts.gone === true) return DONE;
  const at = guestAt(job);
  await requireOwnGuest(job, at);
  await requireMark(job);
  if (job.facts.wasOn === undefined) {
    const access = await provisioner(job);
    const { net0: card } = await guestConfig(access, at);
    const wasOn = (await guestPower(access, at)) !== "stopped";
    await remember(job, { wasOn, ...(typeof card === "string" ? { card } : {}) });
  }
  const progress = await stopOwnGuest(job);
  if (progress.done) await noteOff(job);
  return progress;
}

async function requireMark(job: Job): Promise<void> {
  const found = await lookAtGuest(job);
  if (found === "ours") return;
  throw new AppError(found === "foreign" ? "guest_not_ours" : "guest_lost");
}

async function remove(job: Job): Promise<Progress> {
  if (job.facts.gone !== true) {
    const found = await lookAtGuest(job);
    if (found === "foreign") throw new AppError("guest_not_ours");
    if (found === "ours") {
      const progress = await deleteOwnGuest(job);
      return progress.done ? again(0) : progress;
    }
    // What was asked for twice may come a second time: it must not find the new guest under the old one's number.
    if (await isComing(job)) return again(1_000);
    if (!(await noteGone(job))) throw new NotReached("remove");
  }
  // A template of another node is cloned there.
  const { node } = job.template;
  await job.deps.db.update(services).set({ node }).where(eq(services.id, job.service.id));
  return DONE;
}

/** A guest that the token does not see is gone only if its number is free. */
async function noteGone(job: Job): Promise<boolean> {
  if (!(await isNumberFree(await provisioner(job), guestAt(job).vmid))) return false;
  // The new guest is stopped and removed by itself, should it come to that.
  await remember(job, { gone: true, stopped: null, stopUpid: null, removeUpid: null });
  return true;
}

async function isComing(job: Job): Promise<boolean> {
  return (await mayStillCome(job, "stop", "stop")) || (await mayStillCome(job, "remove", "destroy"));
}

/** As it was, and on again if it was on; or nothing at all, where the old guest has gone. */
async function goBack(job: Job): Promise<Progress> {
  if (job.facts.gone === true) return removeMade(job, makingOf(job));
  const { removeUpid: upid } = job.facts;
  if (typeof upid === "string" && (await stateOfTask(job, upid)).running) return again(1_000);
  if (await isComing(job)) return again(1_000);
  const found = await lookAtGuest(job);
  if (found === "ours") return switchBackOn(job);
  if (found === "none") await noteGone(job);
  return DONE;
}
