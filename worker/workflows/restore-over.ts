// Restoring over a guest: the same number, card and mark; what was there is backed up before, and comes back where it fails.
import { backupById, changeBackup, forgetBackup } from "../domain/copies/backup-rows.ts";
import type { BackupRow } from "../domain/copies/backup-rows.ts";
import { ensureIdentity } from "../domain/identities.ts";
import { AppError } from "../errors.ts";
import { isPveError, PveError } from "../pve/errors.ts";
import { changeGuest, coresOf, guestPower, memoryMiBOf, nameOf, plannedConfig, taskTypeOf } from "../pve/guests.ts";
import type { GuestConfig } from "../pve/guests.ts";
import { configIfSeen, isNumberFree } from "../pve/inventory.ts";
import { restoreBackup } from "../pve/storage.ts";
import { newestTask } from "../pve/tasks.ts";
import { makeSafely, removeUnfinished } from "./backup.ts";
import { again, DONE, guestAt, markOf, provisioner, remember, save } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { ADDRESS, START } from "./launch.ts";
import { lookAtGuest, stopOwnGuest } from "./make.ts";
import { noteImage, settleImage } from "./media.ts";
import { noteOff, switchBackOn } from "./off-and-on.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { noteSize, settleSize } from "./size.ts";
import { actTask, isAtWork, LOST_GRACE_MS, TaskFailed } from "./task-step.ts";

interface Size {
  cores: number;
  memoryMiB: number;
  diskGiB: number;
}

export const restoreOverPlan: Plan = {
  steps: [
    { name: "safety", act: makeSafely },
    { name: "stop", act: stop },
    { name: "restore", act: async (job) => writeOver(job, "restore", await backupOf(job, "backupId")) },
    { name: "configure", act: configure },
    { name: "start", act: async (job) => (job.facts.wasOn === true ? START.act(job) : DONE) },
    { name: "address", act: async (job) => (job.facts.wasOn === true ? ADDRESS.act(job) : DONE) },
  ],
  undo: goBack,
  serviceAfter: { succeeded: "ready", failed: (job) => (job.facts.gone === true ? "failed" : "ready") },
  settle: (job, outcome) => {
    const { deps, facts } = job;
    const { backupId, safetyId } = facts;
    const { seenCores: cores, seenMemoryMiB: memoryMiB, seenDiskGiB: diskGiB } = facts;
    const seen = { cores: Number(cores), memoryMiB: Number(memoryMiB), diskGiB: Number(diskGiB) };
    const kept = facts.safetyMade === true;
    return [
      changeBackup(deps, String(backupId), { operationId: null }),
      ...(typeof safetyId === "string" && kept
        ? [changeBackup(deps, safetyId, { state: "ready", operationId: null })]
        : []),
      ...(typeof safetyId === "string" && !kept ? [forgetBackup(deps, safetyId)] : []),
      ...settleSize(job, outcome === "succeeded" ? seen : sizeBefore(job)),
      ...settleImage(job),
    ];
  },
};

async function stop(job: Job): Promise<Progress> {
  const at = guestAt(job);
  await requireOwnGuest(job, at);
  const found = await lookAtGuest(job);
  if (found !== "ours") throw new AppError(found === "foreign" ? "guest_not_ours" : "guest_lost");
  if (job.facts.wasOn === undefined)
    await remember(job, { wasOn: (await guestPower(await provisioner(job), at)) !== "stopped" });
  const progress = await stopOwnGuest(job);
  if (progress.done) await noteOff(job);
  return progress;
}

/**
 * Writes a backup over the guest. What is restored carries the service's mark as what was there did, so that this operation's
 * own mark stands beside it until the guest is configured: that tells whether it has come about, whatever became of the answer.
 */
async function writeOver(job: Job, name: "restore" | "back", backup: BackupRow): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  const { kind, node, vmid } = at;
  const { volid } = backup;
  if (volid === null) throw new AppError("not_found");
  const [beforeKey, sentKey] = [`${name}Before`, `${name}SentAt`];
  return actTask(job, {
    name,
    access,
    reached: async (ended) => {
      if (isWritten(job, name, await configIfSeen(access, at))) return true;
      // What has failed is asked for anew, and not looked for among the tasks.
      if (ended !== null) await remember(job, { [beforeKey]: null, [sentKey]: null });
      return false;
    },
    request: async () => {
      const newest = (await newestTask(access, node, taskTypeOf(kind, "restore"), vmid)) ?? NONE;
      const before = job.facts[beforeKey];
      // Asked before, and the answer was lost: what that has begun is not begun once more.
      if (before !== undefined && newest !== before) return newest;
      if (before !== undefined && job.deps.now() < Number(job.facts[sentKey]) + LOST_GRACE_MS)
        throw new PveError("uncertain", 0, "the answer was lost");
      // Whatever has come to stand there meanwhile, only the portal's own is written over.
      if ((await lookAtGuest(job)) === "foreign") throw new AppError("guest_not_ours");
      const { pool } = await ensureIdentity(job.deps, job.operation.tenantId, job.cluster);
      const wasBegun = job.facts.overwriting;
      await remember(job, { [beforeKey]: newest, [sentKey]: job.deps.now(), overwriting: true });
      const { cores, memoryMiB } = backup;
      const description = `${markOf(job.service)}\n${markOfRun(job, name)}\n`;
      const guest = { vmid, name: job.service.name, pool, description, cores, memoryMiB };
      try {
        return await restoreBackup(access, { kind, node, volid, storage: job.cluster.storage }, guest, "over");
      } catch (error) {
        // Every answer but a lost one says that nothing was begun.
        if (isPveError(error) && error.kind !== "uncertain")
          await remember(job, { [beforeKey]: null, [sentKey]: null, overwriting: wasBegun ?? null });
        throw error;
      }
    },
    // Without a backup of what was there, another try is all that is left.
    explain: (exit) => (job.facts.safetyMade === true ? undefined : new TaskFailed(job, name, exit, "passing")),
  });
}

/** Stands for a guest that nothing was restored to. */
const NONE = "none";

function markOfRun(job: Job, name: string): string {
  return `nubemox:${job.operation.id}:${name}`;
}

function isWritten(job: Job, name: string, config: GuestConfig | null): boolean {
  const marks = config?.description?.split(/\s+/) ?? [];
  return config?.lock === undefined && marks.includes(markOf(job.service)) && marks.includes(markOfRun(job, name));
}

async function configure(job: Job): Promise<Progress> {
  const progress = await setOptions(job, "configure", await backupOf(job, "backupId"));
  if (!progress.done) return progress;
  await look(job);
  return DONE;
}

/** Name, mark and size; the mark of this operation goes. */
async function setOptions(job: Job, name: string, { cores, memoryMiB }: Size): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  const description = `${markOf(job.service)}\n`;
  return actTask(job, {
    name,
    access,
    reached: async () => {
      const config = await plannedConfig(access, at);
      return (
        coresOf(config) === cores &&
        memoryMiBOf(config) === memoryMiB &&
        nameOf(config) === job.service.name &&
        config.description?.includes(job.operation.id) !== true
      );
    },
    request: () => changeGuest(access, at, { name: job.service.name, description, cores, memoryMiB }),
  });
}

/** What the guest takes now, and what is in its drive. */
async function look(job: Job): Promise<void> {
  const access = await provisioner(job);
  await noteSize(job, access);
  await noteImage(job, access);
}

/**
 * Before anything was written over, all is as it was. Afterwards, what was there comes back from the backup that was made of it;
 * without one, the guest is left as the restore has left it, and what is told is that its disk is lost.
 */
async function goBack(job: Job): Promise<Progress> {
  const { facts } = job;
  if (facts.safetyId !== undefined && facts.safetyMade !== true) {
    const removed = await removeUnfinished(job);
    if (!removed.done) return removed;
  }
  if (facts.overwriting !== true) return switchBackOn(job);
  const type = taskTypeOf(job.service.kind, "restore");
  if (await isAtWork(job, await provisioner(job), "restore", type)) return again(1_000);
  return facts.safetyMade === true ? bringBack(job) : leave(job);
}

async function bringBack(job: Job): Promise<Progress> {
  if (job.facts.backOff !== true) {
    if ((await lookAtGuest(job)) === "ours") {
      // It may have been started since it was stopped.
      if (job.facts.backStop !== true) await remember(job, { backStop: true, stopped: null, stopUpid: null });
      const off = await stopOwnGuest(job);
      if (!off.done) return off;
    }
    await remember(job, { backOff: true });
  }
  if (job.facts.backWritten !== true) {
    const written = await writeOver(job, "back", await backupOf(job, "safetyId"));
    if (!written.done) return written;
    await remember(job, { backWritten: true });
  }
  const configured = await setOptions(job, "backConfigure", sizeBefore(job));
  if (!configured.done) return configured;
  await look(job);
  return switchBackOn(job);
}

async function leave(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const isThere = (await configIfSeen(access, guestAt(job))) !== null;
  if (isThere) await look(job);
  const isGone = !isThere && (await isNumberFree(access, guestAt(job).vmid));
  // Where the restore itself has come about, what failed came after it, and the error tells that.
  const wasRestored = job.operation.steps.some((step) => step.name === "restore" && step.status === "done");
  if (!wasRestored) await save(job, { errorCode: "disk_lost", errorParams: {} });
  await remember(job, isGone ? { gone: true } : { stays: true });
  return DONE;
}

function sizeBefore({ facts }: Job): Size {
  const { fromCores, fromMemoryMiB, fromDiskGiB } = facts;
  return { cores: Number(fromCores), memoryMiB: Number(fromMemoryMiB), diskGiB: Number(fromDiskGiB) };
}

async function backupOf(job: Job, fact: "backupId" | "safetyId"): Promise<BackupRow> {
  const row = await backupById(job.deps, String(job.facts[fact]));
  if (!row) throw new AppError("not_found");
  return row;
}
