// Snapshots: taken, rolled back to, removed, all with the tenant's own token; only those that carry the portal's mark.
import { and, eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { forgetSnapshot, keepSnapshot, snapshotById, snapshotMark } from "../domain/copies/snapshots.ts";
import type { SnapshotRow } from "../domain/copies/snapshots.ts";
import { isQuotaRefusal, quotaRefusal } from "../domain/ledger.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { bootDiskOf, coresOf, diskGiBOf, guestPower, memoryMiBOf, taskTypeOf } from "../pve/guests.ts";
import { dropSnapshot, listSnapshots, rollBackTo, snapshotConfig, takeSnapshot } from "../pve/snapshots.ts";
import { newestTask } from "../pve/tasks.ts";
import { again, DONE, guestAt, remember, tenant } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { noteSize, settleSize } from "./size.ts";
import { actTask, mayBeAtWork, stateOfTask } from "./task-step.ts";

export const snapshotPlan: Plan = {
  steps: [{ name: "snapshot", act: take }],
  undo: removeTaken,
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts }, outcome) => {
    const id = String(facts.snapshotId);
    if (outcome === "failed") return forgetSnapshot(deps, id);
    const parentName = typeof facts.parentName === "string" ? facts.parentName : null;
    return [keepSnapshot(deps, id, { parentName, withMemory: facts.hasMemory === true })];
  },
};

/** Options come back with a rollback, so the size that the snapshot has is charged before, and what it has become after. */
export const rollbackPlan: Plan = {
  steps: [
    { name: "reserve", act: reserveSize },
    { name: "rollback", act: rollBack },
  ],
  undo: lookAfterwards,
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: (job) => [
    ...settleSize(job, {
      cores: Number(job.facts.fromCores ?? job.service.cores),
      memoryMiB: Number(job.facts.fromMemoryMiB ?? job.service.memoryMiB),
      diskGiB: Number(job.facts.fromDiskGiB ?? job.service.diskGiB),
    }),
    ...(typeof job.facts.seenPower === "string"
      ? [
          job.deps.db
            .update(services)
            .set({
              power: job.facts.seenPower as "running" | "stopped" | "paused",
              powerSeenAt: job.deps.now(),
              address: null,
            })
            .where(eq(services.id, job.service.id)),
        ]
      : []),
  ],
};

export const snapshotDeletePlan: Plan = {
  steps: [{ name: "discard", act: remove }],
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts }, outcome) => {
    const id = String(facts.snapshotId);
    return outcome === "succeeded" ? forgetSnapshot(deps, id) : [keepSnapshot(deps, id)];
  },
};

async function take(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const snapshot = await snapshotOf(job);
  return actTask(job, {
    name: "snapshot",
    access,
    reached: async () => {
      const found = await find(access, job, snapshot);
      if (found === "foreign") throw new AppError("name_taken", { name: snapshot.name });
      if (found === "none") return false;
      await remember(job, { parentName: found.parent ?? null, hasMemory: found.vmstate === 1 });
      return true;
    },
    request: async () => {
      const { name, withMemory } = snapshot;
      await remember(job, { snapshotSentAt: job.deps.now() });
      const description = `${snapshotMark(snapshot)}\n${snapshot.description}`;
      return takeSnapshot(access, at, { name, description, withMemory });
    },
  });
}

async function removeTaken(job: Job): Promise<Progress> {
  const { snapshotUpid: upid, snapshotSentAt: sentAt } = job.facts;
  if (sentAt === undefined) return DONE;
  const access = await tenant(job);
  const { kind, node, vmid } = guestAt(job);
  const sent = { node, type: taskTypeOf(kind, "snapshot"), vmid, at: Number(sentAt) };
  if (typeof upid === "string") {
    if ((await stateOfTask(job, upid, access)).running) return again(1_000);
    await remember(job, { snapshotUpid: null });
  } else if (await mayBeAtWork(job, access, sent)) {
    return again(1_000);
  }
  try {
    return await remove(job);
  } catch (error) {
    // No guest, no snapshot.
    if (isPveError(error, "forbidden", "absent")) return DONE;
    throw error;
  }
}

async function remove(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const snapshot = await snapshotOf(job);
  return actTask(job, {
    name: "remove",
    access,
    // Somebody else's of the same name is not what is to be removed.
    reached: async () => typeof (await find(access, job, snapshot)) === "string",
    request: () => dropSnapshot(access, at, snapshot.name),
  });
}

/** A rollback brings back cores, memory and disk of its day; if they do not fit any more, it does not come about. */
async function reserveSize(job: Job): Promise<Progress> {
  const snapshot = await snapshotOf(job);
  const access = await tenant(job);
  const found = await find(access, job, snapshot);
  if (typeof found === "string") throw new AppError("snapshot_unknown");
  const config = await snapshotConfig(access, guestAt(job), snapshot.name);
  const slot = bootDiskOf(config);
  const { service, deps, facts } = job;
  if (facts.fromCores === undefined) {
    await remember(job, {
      fromCores: service.cores,
      fromMemoryMiB: service.memoryMiB,
      fromDiskGiB: service.diskGiB,
      wasOn: (await guestPower(access, guestAt(job))) !== "stopped",
    });
  }
  const size = {
    cores: Math.max(service.cores, coresOf(config)),
    memoryMiB: Math.max(service.memoryMiB, memoryMiBOf(config)),
    diskGiB: Math.max(service.diskGiB, slot === null ? 0 : (diskGiBOf(config, slot) ?? 0)),
  };
  try {
    await deps.db
      .update(services)
      .set(size)
      .where(and(eq(services.id, service.id), eq(services.operationId, job.operation.id)));
  } catch (error) {
    if (!isQuotaRefusal(error)) throw error;
    throw await quotaRefusal(deps, service.tenantId, [
      { resource: "vcpu", amount: size.cores - service.cores },
      { resource: "memoryMiB", amount: size.memoryMiB - service.memoryMiB },
      { resource: "diskGiB", amount: size.diskGiB - service.diskGiB },
    ]);
  }
  return DONE;
}

async function rollBack(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const snapshot = await snapshotOf(job);
  const progress = await actTask(job, {
    name: "rollback",
    access,
    // A guest that was rolled back looks as one that was not: only the task tells.
    reached: async (ended) => ended?.ok === true,
    request: async () => {
      const newest = (await newestTask(access, at.node, taskTypeOf(at.kind, "rollback"), at.vmid)) ?? NONE;
      const before = job.facts.rollbackBefore;
      // Asked before, and the answer was lost: what that has begun is not begun once more.
      if (before !== undefined && newest !== before) return newest;
      await remember(job, { rollbackBefore: newest, rollbackSentAt: job.deps.now() });
      return rollBackTo(access, at, snapshot.name, job.facts.wasOn === true && !snapshot.withMemory);
    },
  });
  if (progress.done) await noteSize(job, access);
  return progress;
}

/** Stands for a guest that was never rolled back. */
const NONE = "none";

async function lookAfterwards(job: Job): Promise<Progress> {
  const { rollbackUpid: upid, rollbackSentAt: sentAt } = job.facts;
  const access = await tenant(job);
  const { kind, node, vmid } = guestAt(job);
  if (typeof upid === "string") {
    if ((await stateOfTask(job, upid, access)).running) return again(1_000);
  } else if (sentAt !== undefined) {
    const sent = { node, type: taskTypeOf(kind, "rollback"), vmid, at: Number(sentAt) };
    if (await mayBeAtWork(job, access, sent)) return again(1_000);
  }
  try {
    await noteSize(job, access);
  } catch (error) {
    // The guest is gone: there is nothing to look at.
    if (!isPveError(error, "forbidden", "absent")) throw error;
  }
  return DONE;
}

async function snapshotOf(job: Job): Promise<SnapshotRow> {
  const row = await snapshotById(job.deps, String(job.facts.snapshotId));
  if (!row) throw new AppError("snapshot_unknown");
  return row;
}

/** The snapshot on the cluster; `foreign` where one of that name is not the portal's, `none` where there is none. */
async function find(access: PveAccess, job: Job, snapshot: SnapshotRow) {
  const rows = await listSnapshots(access, guestAt(job));
  const row = rows.find(({ name }) => name === snapshot.name);
  if (!row || row.snapstate !== undefined) return "none";
  return row.description?.split(/\s+/).includes(snapshotMark(snapshot)) ? row : "foreign";
}
