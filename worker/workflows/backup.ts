// Backups: made one at a time per node, found by the portal's mark in their notes, measured, charged for what they take; removed.
import { backupById, backupMark, changeBackup, forgetBackup, placeInLine } from "../domain/copies/backup-rows.ts";
import type { BackupRow } from "../domain/copies/backup-rows.ts";
import { isQuotaRefusal, quotaRefusal } from "../domain/ledger.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import {
  backupDetails,
  backupStorages,
  backupVolumes,
  makeBackup,
  protectBackup,
  removeBackup,
} from "../pve/storage.ts";
import type { BackupVolume } from "../pve/storage.ts";
import { newestTask } from "../pve/tasks.ts";
import { again, DONE, guestAt, provisioner, remember, tenant } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { actTask, mayBeAtWork, NotReached, stateOfTask } from "./task-step.ts";

export const backupPlan: Plan = {
  steps: [
    { name: "queue", act: queue },
    { name: "backup", act: make },
    { name: "measure", act: measure },
  ],
  undo: removeUnfinished,
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts }, outcome) =>
    outcome === "succeeded"
      ? [changeBackup(deps, String(facts.backupId), { state: "ready", operationId: null })]
      : [forgetBackup(deps, String(facts.backupId))],
};

export const backupDeletePlan: Plan = {
  steps: [{ name: "discard", act: removeKept }],
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts }, outcome) =>
    outcome === "succeeded"
      ? [forgetBackup(deps, String(facts.backupId))]
      : [changeBackup(deps, String(facts.backupId), { state: "ready", operationId: null })],
};

/**
 * A backup as the first step of what replaces a guest's disk: all of the above in one. Its row is `safetyId`; it is kept from here
 * on, whatever becomes of the rest.
 */
export async function makeSafely(job: Job): Promise<Progress> {
  for (const act of [...(job.facts.backupSentAt === undefined ? [queue] : []), make, measure]) {
    const progress = await act(job);
    if (!progress.done) return progress;
  }
  await remember(job, { safetyMade: true });
  return DONE;
}

/** The longest that one looks away while others are before it, in milliseconds. */
const LONGEST_WAIT_MS = 15_000;

/** A node makes one backup at a time; whoever waits there waits in a task, so the portal's wait here. */
async function queue(job: Job): Promise<Progress> {
  const { node } = guestAt(job);
  const backup = await backupOf(job);
  if (backup.storage === "") {
    const [storage] = await backupStorages(await tenant(job), node);
    if (storage === undefined) throw new AppError("cluster_refused", { step: "queue" });
    await changeBackup(job.deps, backup.id, { storage, node });
  }
  const ahead = await placeInLine(job.deps, job.operation, job.cluster.id, node);
  if (ahead !== job.facts.ahead) await remember(job, { ahead });
  return ahead === 0 ? DONE : again(Math.min(LONGEST_WAIT_MS, ahead * 1_500));
}

async function make(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const backup = await backupOf(job);
  return actTask(job, {
    name: "backup",
    access,
    reached: async () => (await find(access, job, backup)) !== undefined,
    request: async () => {
      const newest = (await newestTask(access, at.node, "vzdump", at.vmid)) ?? NONE;
      const before = job.facts.backupBefore;
      // Asked before, and the answer was lost: what that has begun is not begun once more.
      if (before !== undefined && newest !== before) return newest;
      await remember(job, { backupBefore: newest, backupSentAt: job.deps.now() });
      const notes = backupMark(backup);
      return makeBackup(access, at, { storage: backup.storage, notes, protected: backup.protected });
    },
  });
}

/** Stands for a guest that was never backed up. */
const NONE = "none";
const GIB = 2 ** 30;

/** The disk's size was charged while nobody could know better; from here on it is what the archive takes. */
async function measure(job: Job): Promise<Progress> {
  const backup = await backupOf(job);
  const volume = await find(await tenant(job), job, backup);
  if (!volume) throw new NotReached("measure");
  const chargedGiB = Math.max(1, Math.ceil(volume.size / GIB));
  try {
    await changeBackup(job.deps, backup.id, { volid: volume.volid, sizeBytes: volume.size, chargedGiB });
  } catch (error) {
    if (!isQuotaRefusal(error)) throw error;
    const amount = chargedGiB - backup.chargedGiB;
    throw await quotaRefusal(job.deps, backup.tenantId, [{ resource: "backupGiB", amount }]);
  }
  return DONE;
}

/** Removes what an operation has made of a backup that it does not come to keep. */
export async function removeUnfinished(job: Job): Promise<Progress> {
  const { backupUpid: upid, backupSentAt: sentAt } = job.facts;
  if (sentAt === undefined) return DONE;
  const access = await tenant(job);
  const { node, vmid } = guestAt(job);
  if (typeof upid === "string") {
    if ((await stateOfTask(job, upid, access)).running) return again(1_000);
    await remember(job, { backupUpid: null });
  } else if (await mayBeAtWork(job, access, { node, type: "vzdump", vmid, at: Number(sentAt) })) {
    return again(1_000);
  }
  const backup = await backupOf(job);
  const volume = await find(access, job, backup);
  return volume ? remove(job, backup, volume.volid) : DONE;
}

async function removeKept(job: Job): Promise<Progress> {
  const backup = await backupOf(job);
  return backup.volid === null ? DONE : remove(job, backup, backup.volid);
}

/** Removes an archive, but only one that carries the backup's mark. The provisioner asks: the guest may be gone. */
async function remove(job: Job, backup: BackupRow, volid: string): Promise<Progress> {
  const access = await provisioner(job);
  return actTask(job, {
    name: "remove",
    access,
    reached: async () => (await backupDetails(access, backup.node, volid)) === null,
    request: async () => {
      const details = await backupDetails(access, backup.node, volid);
      if (details && !isMarked(details.notes, backup)) throw new AppError("guest_not_ours");
      // One that was never kept gives up the protection that it was made with, and so does one of a tenant that goes.
      if (details?.isProtected && (backup.state === "creating" || job.facts.unprotect === true))
        await protectBackup(access, backup.node, volid, false);
      return removeBackup(access, backup.node, volid);
    },
  });
}

async function find(access: PveAccess, job: Job, backup: BackupRow): Promise<BackupVolume | undefined> {
  const { vmid } = guestAt(job);
  const volumes = await backupVolumes(access, { node: backup.node, storage: backup.storage, vmid });
  return volumes.find((volume) => isMarked(volume.notes ?? "", backup));
}

function isMarked(notes: string, backup: BackupRow): boolean {
  return notes.split(/\s+/).includes(backupMark(backup));
}

async function backupOf(job: Job): Promise<BackupRow> {
  const row = await backupById(job.deps, String(job.facts.safetyId ?? job.facts.backupId));
  if (!row) throw new AppError("not_found");
  return row;
}
