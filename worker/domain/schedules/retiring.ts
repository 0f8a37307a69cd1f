// Retention: what a schedule has made and its rule does not keep is removed, one thing at a time, after a run has succeeded.
import { and, asc, desc, eq, inArray, isNotNull, lte, sql } from "drizzle-orm";
import { backups, operations, scheduleRuns, schedules, services, snapshots } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { retain } from "../../rules/retention.ts";
import { ownDeed, SYSTEM } from "../audit.ts";
import { retireBackup } from "../copies/backups.ts";
import { retireSnapshot } from "../copies/snapshots.ts";
import type { Also } from "../services/begin.ts";
import type { ScheduleRow } from "./schedules.ts";

/** Schedules that one pass looks at; the rest waits for the next. */
const PASS_SIZE = 20;

/** Goes through the schedules that have made something since they were last found in order. Each is one pass's at a time. */
export async function retireOld(deps: Deps): Promise<void> {
  const now = deps.now();
  const rows = await deps.db
    .select()
    .from(schedules)
    .where(and(isNotNull(schedules.retainAt), lte(schedules.retainAt, now)))
    .orderBy(schedules.retainAt)
    .limit(PASS_SIZE);
  for (const schedule of rows) {
    const again = now + deps.config.POLL_PERIOD_MS;
    if (!(await move(deps, schedule.id, schedule.retainAt, again))) continue;
    // A run that begins meanwhile writes another time, and is looked after by another pass.
    if (await retireOf(deps, schedule)) await move(deps, schedule.id, again, null);
  }
}

async function move(deps: Deps, scheduleId: string, from: number | null, to: number | null): Promise<boolean> {
  const moved = await deps.db
    .update(schedules)
    .set({ retainAt: to })
    .where(and(eq(schedules.id, scheduleId), sql`${schedules.retainAt} is ${from}`))
    .returning({ id: schedules.id });
  return moved.length > 0;
}

interface Made {
  id: string;
  createdAt: number;
  protected: boolean;
  inUse: boolean;
}

/** Begins the next removal, where there is one. Answers whether there is nothing left to do. */
async function retireOf(deps: Deps, schedule: ScheduleRow): Promise<boolean> {
  if (!schedule.retention) return true;
  const latest = await latestRun(deps, schedule);
  if (!latest) return true;
  if (latest.endedAt === null) return false;
  if (latest.status !== "succeeded") return true;
  const made = schedule.action === "backup" ? await madeBackups(deps, schedule) : await madeSnapshots(deps, schedule);
  const { remove } = retain(made, schedule.retention, schedule.timeZone);
  const failed = await removalsFailedSince(deps, schedule, latest.endedAt);
  const left = made.filter(({ id }) => remove.includes(id) && !failed.has(id));
  if (left.length === 0) return true;
  const next = left.find(({ inUse }) => !inUse);
  if (next && !(await isRemoving(deps, schedule))) await retireOne(deps, schedule, next.id);
  return false;
}

async function latestRun(deps: Deps, schedule: ScheduleRow) {
  const [row] = await deps.db
    .select({ status: operations.status, endedAt: operations.endedAt })
    .from(scheduleRuns)
    .innerJoin(operations, eq(operations.id, scheduleRuns.operationId))
    .where(eq(scheduleRuns.scheduleId, schedule.id))
    .orderBy(desc(scheduleRuns.dueAt))
    .limit(1);
  return row ?? null;
}

/** Oldest first. */
async function madeBackups(deps: Deps, schedule: ScheduleRow): Promise<Made[]> {
  const rows = await deps.db
    .select()
    .from(backups)
    .where(and(eq(backups.scheduleId, schedule.id), eq(backups.state, "ready")))
    .orderBy(asc(backups.createdAt));
  return rows.map((row) => ({ ...row, inUse: row.operationId !== null }));
}

async function madeSnapshots(deps: Deps, schedule: ScheduleRow): Promise<Made[]> {
  const rows = await deps.db
    .select({ id: snapshots.id, createdAt: snapshots.createdAt, busyWith: services.operationId })
    .from(snapshots)
    .innerJoin(services, eq(services.id, snapshots.serviceId))
    .where(and(eq(snapshots.scheduleId, schedule.id), eq(snapshots.state, "ready")))
    .orderBy(asc(snapshots.createdAt));
  return rows.map(({ busyWith, ...row }) => ({ ...row, protected: false, inUse: busyWith !== null }));
}

/** What could not be removed since the latest run; it is tried again after the next one. */
async function removalsFailedSince(deps: Deps, schedule: ScheduleRow, since: number): Promise<Set<string>> {
  const rows = await deps.db
    .select({ facts: operations.facts })
    .from(operations)
    .where(
      and(
        eq(operations.serviceId, schedule.serviceId),
        sql`${operations.startedAt} >= ${since}`,
        inArray(operations.kind, ["backup_delete", "snapshot_delete"]),
        inArray(operations.status, ["failed", "reverted"]),
      ),
    );
  return new Set(rows.map(({ facts }) => String(facts["backupId"] ?? facts["snapshotId"])));
}

/** Whether a backup of this service is being removed; snapshots hold the service, which tells as much. */
async function isRemoving(deps: Deps, schedule: ScheduleRow): Promise<boolean> {
  const rows = await deps.db
    .select({ id: backups.id })
    .from(backups)
    .where(and(eq(backups.serviceId, schedule.serviceId), eq(backups.state, "deleting")))
    .limit(1);
  return rows.length > 0;
}

async function retireOne(deps: Deps, schedule: ScheduleRow, id: string): Promise<void> {
  const deeds: ReturnType<typeof ownDeed>[] = [];
  const also: Also = (operation) => {
    const deed = ownDeed(deps, {
      chain: schedule.tenantId,
      actor: SYSTEM,
      action: "schedule.retain",
      outcome: "done",
      target: { type: "service", id: schedule.serviceId, name: operation.serviceName },
      after: { schedule: schedule.id, [schedule.action]: id },
    });
    deeds.push(deed);
    return [deed.note];
  };
  const remove = schedule.action === "backup" ? retireBackup : retireSnapshot;
  await remove(deps, schedule.tenantId, id, also);
  await deeds.at(-1)?.tell();
}
