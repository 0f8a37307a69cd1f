// A run of a schedule begins its operation: by the portal, on behalf of the tenant, once however often it is asked for.
import { and, eq, sql } from "drizzle-orm";
import { scheduleRuns, schedules, services, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { ErrorCode } from "../../errors.ts";
import { dueState } from "../../rules/calendar.ts";
import { snapshotName, withRetention } from "../../rules/schedules.ts";
import type { RunState } from "../../rules/views-automation.ts";
import type { Accepted } from "../../rules/views.ts";
import { ownDeed, SYSTEM } from "../audit.ts";
import { beginBackup } from "../copies/backups.ts";
import { beginSnapshot } from "../copies/snapshots.ts";
import type { Idempotency, Requester } from "../operations.ts";
import { beginOn, refuseUnready, replayed } from "../services/begin.ts";
import type { Also } from "../services/begin.ts";
import { EXPIRED } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";
import { mailOwners } from "../tenants/owners.ts";
import type { ScheduleRow, ScheduleRunRow } from "./schedules.ts";

/** A run that is claimed, with all that decides about it. */
interface Claimed {
  run: ScheduleRunRow;
  schedule: ScheduleRow;
  service: ServiceRow;
  tenant: { name: string; heldBy: string | null };
  /** When the schedule's latest run was due: this one's moment, unless a later one has come in the meantime. */
  latestAt: number;
}

/** Runs that one consumer works on at a time; each mostly waits for answers. */
const AT_ONCE = 4;

/** Begins those of these runs that have not begun. What fails for no good reason stays as it is, and is sent again. */
export async function beginRuns(deps: Deps, runIds: readonly string[]): Promise<void> {
  const waiting = await claimedOf(deps, runIds);
  const work = async () => {
    for (let claimed = waiting.shift(); claimed; claimed = waiting.shift()) {
      try {
        await beginRun(deps, claimed);
      } catch (error) {
        deps.log("warn", "run_not_begun", { runId: claimed.run.id, error: String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function claimedOf(deps: Deps, runIds: readonly string[]): Promise<Claimed[]> {
  return deps.db
    .select({
      run: scheduleRuns,
      schedule: schedules,
      service: services,
      tenant: { name: tenants.name, heldBy: tenants.heldBy },
      latestAt: sql<number>`(select max(due_at) from schedule_runs as other where other.schedule_id = ${schedules.id})`,
    })
    .from(scheduleRuns)
    .innerJoin(schedules, eq(schedules.id, scheduleRuns.scheduleId))
    .innerJoin(services, eq(services.id, schedules.serviceId))
    .innerJoin(tenants, eq(tenants.id, schedules.tenantId))
    .where(
      and(
        sql`${scheduleRuns.id} in (select value from json_each(${JSON.stringify(runIds)}))`,
        sql`+${scheduleRuns.state} = 'taken'`,
      ),
    );
}

async function beginRun(deps: Deps, claimed: Claimed): Promise<void> {
  const { run, schedule, service } = claimed;
  if (service.deletedAt !== null) {
    // Made at the very moment at which its service went.
    await deps.db.delete(schedules).where(eq(schedules.id, schedule.id));
    return;
  }
  const by = { tenantId: schedule.tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `schedule-${run.id}`, requestHash: "" };
  try {
    const before = await replayed(deps, by, idempotency);
    if (before) {
      await note(deps, run, "begun", { operationId: before.operation.id });
      return;
    }
    if (isTooLate(deps, claimed)) {
      // One that waited for its service to be free in vain says so.
      if (run.code === null) await note(deps, run, "missed");
      else await note(deps, run, "refused", { code: run.code });
      return;
    }
    await refuse(deps, claimed);
    await begin(deps, claimed, by, idempotency);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (WAITS.has(error.code)) await wait(deps, run, error.code);
    else await giveUp(deps, claimed, error.code);
  }
  await forgetOldRuns(deps, schedule);
}

/** What passes by itself: the run is tried again until it is too late for it. */
const WAITS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["service_busy", "quota_moved"]);

function isTooLate(deps: Deps, { run, schedule, latestAt }: Claimed): boolean {
  return schedule.paused || latestAt > run.dueAt || dueState(run.dueAt, deps.now()) === "missed";
}

async function refuse(deps: Deps, { service, tenant }: Claimed): Promise<void> {
  if (tenant.heldBy !== null) throw new AppError("tenant_suspended");
  if (service.deleteAt !== null) throw new AppError("service_leaving");
  if (service.expiryStage >= EXPIRED) throw new AppError("service_expired");
  await refuseUnready(deps, service, "spares");
}

async function begin(deps: Deps, claimed: Claimed, by: Requester, idempotency: Idempotency): Promise<void> {
  const { run, schedule, service } = claimed;
  const deeds: ReturnType<typeof ownDeed>[] = [];
  // In the batch that begins the operation: there is no operation of a run that is not known to have begun.
  const also: Also = (operation) => {
    const deed = ownDeed(deps, {
      chain: schedule.tenantId,
      actor: SYSTEM,
      action: "schedule.run",
      outcome: "done",
      target: { type: "service", id: service.id, name: service.name },
      after: { schedule: schedule.id, action: schedule.action, dueAt: run.dueAt, operation: operation.id },
    });
    deeds.push(deed);
    return [
      deps.db
        .update(scheduleRuns)
        .set({ state: "begun", operationId: operation.id, code: null, at: deps.now() })
        .where(eq(scheduleRuns.id, run.id)),
      ...(withRetention(schedule.action) && schedule.retention
        ? [deps.db.update(schedules).set({ retainAt: deps.now() }).where(eq(schedules.id, schedule.id))]
        : []),
      deed.note,
    ];
  };
  await act(deps, claimed, by, idempotency, also);
  await deeds.at(-1)?.tell();
}

function act(deps: Deps, claimed: Claimed, by: Requester, idempotency: Idempotency, also: Also): Promise<Accepted> {
  const { schedule, service } = claimed;
  switch (schedule.action) {
    case "backup": {
      const draft = { notes: "", protected: false, scheduleId: schedule.id };
      return beginBackup(deps, by, service, draft, idempotency, also);
    }
    case "snapshot":
      return snapshot(deps, claimed, by, idempotency, also);
    default:
      return beginOn(deps, by, service, schedule.action, idempotency, { also });
  }
}

/** How many names are tried where others have the same. */
const NAMES = 9;

/** With a number behind its name where there is one of that name already. */
async function snapshot(
  deps: Deps,
  { run, schedule, service }: Claimed,
  by: Requester,
  idempotency: Idempotency,
  also: Also,
): Promise<Accepted> {
  const stem = snapshotName(run.dueAt, schedule.timeZone);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    const draft = { name, description: "", withMemory: false, scheduleId: schedule.id };
    try {
      return await beginSnapshot(deps, by, service, draft, idempotency, also);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "name_taken") || number === NAMES) throw error;
    }
  }
}

/** Keeps in mind what a run waits for; it stays claimed. */
async function wait(deps: Deps, run: ScheduleRunRow, code: ErrorCode): Promise<void> {
  await deps.db.update(scheduleRuns).set({ code }).where(isStillClaimed(run));
}

/** Where the quota was short for the first time since the schedule last began something, its tenant's owners are told. */
async function giveUp(deps: Deps, { run, schedule, service, tenant }: Claimed, code: ErrorCode): Promise<void> {
  const isNoted = await note(deps, run, "refused", { code });
  if (!isNoted || code !== "quota_exceeded") return;
  const [before] = await deps.db
    .select({ code: scheduleRuns.code })
    .from(scheduleRuns)
    .where(
      and(
        eq(scheduleRuns.scheduleId, schedule.id),
        sql`${scheduleRuns.dueAt} < ${run.dueAt} and ${scheduleRuns.state} in ('begun', 'refused')`,
      ),
    )
    .orderBy(sql`${scheduleRuns.dueAt} desc`)
    .limit(1);
  if (before?.code === code) return;
  await mailOwners(deps, schedule.tenantId, "schedule_short", { tenant: tenant.name, service: service.name });
}

/** Answers whether it was this call that ended the run. */
async function note(
  deps: Deps,
  run: ScheduleRunRow,
  state: RunState,
  more: { operationId?: string; code?: string } = {},
): Promise<boolean> {
  const rows = await deps.db
    .update(scheduleRuns)
    .set({ state, code: null, at: deps.now(), ...more })
    .where(isStillClaimed(run))
    .returning({ id: scheduleRuns.id });
  return rows.length > 0;
}

function isStillClaimed(run: ScheduleRunRow) {
  return and(eq(scheduleRuns.id, run.id), sql`+${scheduleRuns.state} = 'taken'`);
}

/** Runs of a schedule that are kept; more than are ever shown. */
const KEPT_RUNS = 60;

/** Now and then, by lot, the oldest runs go: looking for them every time would cost more than they take. */
async function forgetOldRuns(deps: Deps, schedule: ScheduleRow): Promise<void> {
  if (Math.random() * KEPT_RUNS > 2) return;
  await deps.db.run(sql`
    delete from schedule_runs where schedule_id = ${schedule.id} and state <> 'taken' and due_at < (
      select due_at from schedule_runs where schedule_id = ${schedule.id} order by due_at desc limit 1 offset ${KEPT_RUNS}
    )`);
}
