// A new service from a backup: number, pool, restore, configuration, start; or everything given back but the backup.
import { backupById, changeBackup } from "../domain/copies/backup-rows.ts";
import type { BackupRow } from "../domain/copies/backup-rows.ts";
import { AppError } from "../errors.ts";
import { taskTypeOf } from "../pve/guests.ts";
import { restoreBackup } from "../pve/storage.ts";
import { configureCopy } from "./clone.ts";
import type { Job, Plan } from "./job.ts";
import { ADDRESS, START } from "./launch.ts";
import { makeGuest, PREPARE, removeMade, RESERVE } from "./make.ts";
import type { Making } from "./make.ts";

export const restorePlan: Plan = {
  steps: [
    RESERVE,
    PREPARE,
    { name: "restore", act: async (job) => makeGuest(job, restoreOf(job, await backupOf(job))) },
    { name: "configure", act: configureCopy },
    START,
    ADDRESS,
  ],
  undo: async (job) => removeMade(job, restoreOf(job, await backupOf(job))),
  serviceAfter: { succeeded: "ready", failed: "failed" },
  settle: ({ deps, facts }) => [changeBackup(deps, String(facts.backupId), { operationId: null })],
};

function restoreOf(job: Job, { volid, node }: BackupRow): Making {
  if (volid === null) throw new AppError("not_found");
  const { kind, cores, memoryMiB, vmid } = job.service;
  const { storage } = job.cluster;
  return {
    name: "restore",
    node,
    taskType: taskTypeOf(kind, "restore"),
    taskVmid: vmid ?? 0,
    // The backup's own description carries the mark of the service that it was made of: the new one takes its place at once.
    request: (access, guest) => restoreBackup(access, { kind, node, volid, storage }, { ...guest, cores, memoryMiB }),
  };
}

async function backupOf(job: Job): Promise<BackupRow> {
  const row = await backupById(job.deps, String(job.facts.backupId));
  if (!row) throw new AppError("not_found");
  return row;
}
