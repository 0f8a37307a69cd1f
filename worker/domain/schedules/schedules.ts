// Schedules as people make, read, change and delete them; what they begin stands in claiming.ts and beginning.ts.
import { and, desc, eq, sql } from "drizzle-orm";
import { scheduleRuns, schedules, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { calendarProblem, isTimeZone, nextRun, nextRuns } from "../../rules/calendar.ts";
import { MAX_SCHEDULES, withRetention } from "../../rules/schedules.ts";
import type { Retention } from "../../rules/retention.ts";
import type { ScheduleAction, ScheduleRunView, ScheduleView } from "../../rules/views-automation.ts";
import { trail } from "../audit.ts";
import type { Statement } from "../ledger.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { refuseEnding } from "../services/begin.ts";
import { serviceOf } from "../services/services.ts";

export type ScheduleRow = typeof schedules.$inferSelect;
export type ScheduleRunRow = typeof scheduleRuns.$inferSelect;

export interface ScheduleDraft {
  action: ScheduleAction;
  rule: string;
  timeZone: string;
  retention?: Retention | null | undefined;
}

/** What of a schedule can be changed; what is left out stays. */
export interface ScheduleChanges {
  rule?: string | undefined;
  timeZone?: string | undefined;
  retention?: Retention | null | undefined;
  paused?: boolean | undefined;
}

/** Schedules of a tenant, or of one service of its where it is named, oldest first. */
export async function listSchedules(deps: Deps, scope: Scope, serviceId?: string): Promise<ScheduleView[]> {
  const which = and(
    eq(schedules.tenantId, scope.tenantId),
    ...(serviceId === undefined ? [] : [eq(schedules.serviceId, serviceId)]),
  );
  const [rows, runs] = await deps.db.batch([
    deps.db
      .select({ schedule: schedules, name: services.name })
      .from(schedules)
      .innerJoin(services, eq(services.id, schedules.serviceId))
      .where(which)
      .orderBy(schedules.createdAt, schedules.id),
    deps.db
      .select({ run: scheduleRuns })
      .from(schedules)
      .innerJoin(
        scheduleRuns,
        and(eq(scheduleRuns.scheduleId, schedules.id), sql`${scheduleRuns.dueAt} >= ${latestOf(schedules.id)}`),
      )
      .where(which)
      .orderBy(desc(scheduleRuns.dueAt)),
  ]);
  return rows.map(({ schedule, name }) =>
    scheduleView(
      deps,
      schedule,
      name,
      runs.flatMap(({ run }) => (run.scheduleId === schedule.id ? [run] : [])),
    ),
  );
}

/**
 * Lets something happen to a service by the calendar.
 * @throws AppError `validation_failed`, `too_many_schedules`, `service_leaving`, `service_not_ready`, `tenant_suspended`.
 */
export async function makeSchedule(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  draft: ScheduleDraft,
): Promise<ScheduleView> {
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const { action, timeZone } = draft;
  const rule = draft.rule.trim();
  const retention = retentionFor(action, draft.retention ?? null);
  const id = deps.newId("sch");
  trail(deps, {
    target: { type: "service", id: service.id, name: service.name },
    after: { schedule: id, action, rule, timeZone, ...(retention ? { retention } : {}) },
  });
  refuseEnding(service);
  if (service.state === "deleting") throw new AppError("service_not_ready");
  refuseRule(rule, timeZone, deps.now());
  const row: ScheduleRow = {
    id,
    tenantId: service.tenantId,
    serviceId: service.id,
    action,
    rule,
    timeZone,
    retention,
    paused: false,
    nextAt: nextRun(rule, timeZone, deps.now()),
    retainAt: null,
    makerId: scope.actor.userId,
    makerName: scope.actor.name,
    createdAt: deps.now(),
  };
  // Counted in the statement that adds it, so that no two requests at once make one too many.
  const kept = retention && JSON.stringify(retention);
  const made = await deps.db
    .insert(schedules)
    .select(
      sql`select ${row.id}, ${row.tenantId}, ${row.serviceId}, ${action}, ${rule}, ${timeZone}, ${kept}, 0, ${row.nextAt}, null,
        ${row.makerId}, ${row.makerName}, ${row.createdAt}
      from services where id = ${service.id} and deleted_at is null
        and (select count(*) from schedules where service_id = ${service.id}) < ${MAX_SCHEDULES}`,
    )
    .returning({ id: schedules.id });
  if (made.length === 0) throw new AppError("too_many_schedules", { maximum: MAX_SCHEDULES });
  return scheduleView(deps, row, service.name, []);
}

/**
 * Changes, pauses or resumes a schedule. From then on it comes when the rule comes next; what is resumed makes up for nothing.
 * @throws AppError `not_found`, `validation_failed`, `tenant_suspended`.
 */
export async function changeSchedule(
  deps: Deps,
  scope: Scope,
  scheduleId: string,
  changes: ScheduleChanges,
): Promise<ScheduleView> {
  refuseHeld(scope);
  const { schedule, name } = await scheduleOf(deps, scope, scheduleId);
  const rule = changes.rule?.trim() ?? schedule.rule;
  const timeZone = changes.timeZone ?? schedule.timeZone;
  const paused = changes.paused ?? schedule.paused;
  const { retention: kept } = schedule;
  const retention = changes.retention === undefined ? kept : retentionFor(schedule.action, changes.retention);
  const after = { rule, timeZone, paused, retention };
  trail(deps, {
    target: { type: "service", id: schedule.serviceId, name },
    before: { rule: schedule.rule, timeZone: schedule.timeZone, paused: schedule.paused, retention: kept },
    after: { schedule: schedule.id, ...after },
  });
  refuseRule(rule, timeZone, deps.now());
  const isMoved = rule !== schedule.rule || timeZone !== schedule.timeZone || paused !== schedule.paused;
  const nextAt = paused ? null : isMoved ? nextRun(rule, timeZone, deps.now()) : schedule.nextAt;
  const [row] = await deps.db
    .update(schedules)
    // A run that is taken at this moment moves `nextAt` on by itself.
    .set({ ...after, ...(isMoved ? { nextAt } : {}) })
    .where(eq(schedules.id, schedule.id))
    .returning();
  if (!row) throw new AppError("not_found");
  const runs = await deps.db
    .select()
    .from(scheduleRuns)
    .where(eq(scheduleRuns.scheduleId, row.id))
    .orderBy(desc(scheduleRuns.dueAt))
    .limit(HISTORY);
  return scheduleView(deps, row, name, runs);
}

/** Deletes a schedule with its history; what it has made stays, and nothing removes that any more. @throws AppError `not_found` */
export async function removeSchedule(deps: Deps, scope: Scope, scheduleId: string): Promise<void> {
  const { schedule, name } = await scheduleOf(deps, scope, scheduleId);
  const { action, rule, timeZone } = schedule;
  trail(deps, {
    target: { type: "service", id: schedule.serviceId, name },
    before: { schedule: schedule.id, action, rule, timeZone },
  });
  await deps.db.delete(schedules).where(eq(schedules.id, schedule.id));
}

/** Statement that deletes the schedules of a service that is gone. */
export function forgetSchedules(deps: Deps, serviceId: string): Statement {
  return deps.db.delete(schedules).where(eq(schedules.serviceId, serviceId));
}

/** How many of its latest runs a schedule tells. */
const HISTORY = 10;

/** When the oldest of a schedule's latest runs was due: two walks down one index, however many runs there ever were. */
function latestOf(scheduleId: typeof schedules.id) {
  return sql`coalesce((select due_at from schedule_runs as older where older.schedule_id = ${scheduleId}
    order by due_at desc limit 1 offset ${HISTORY - 1}), 0)`;
}

async function scheduleOf(
  deps: Deps,
  scope: Scope,
  scheduleId: string,
): Promise<{ schedule: ScheduleRow; name: string }> {
  const [row] = await deps.db
    .select({ schedule: schedules, name: services.name })
    .from(schedules)
    .innerJoin(services, eq(services.id, schedules.serviceId))
    .where(and(eq(schedules.tenantId, scope.tenantId), eq(schedules.id, scheduleId)));
  if (!row) throw new AppError("not_found");
  return row;
}

function refuseRule(rule: string, timeZone: string, now: number): void {
  const problem = calendarProblem(rule, timeZone, now);
  if (problem === null) return;
  const pointer = problem === "zone" ? "#/timeZone" : "#/rule";
  throw new AppError("validation_failed", {}, { fields: [{ pointer, code: problem }] });
}

/** A rule that keeps everything is none. */
function retentionFor(action: ScheduleAction, retention: Retention | null): Retention | null {
  if (!retention || retention.last + retention.daily + retention.weekly + retention.monthly === 0) return null;
  if (withRetention(action)) return retention;
  throw new AppError("validation_failed", {}, { fields: [{ pointer: "#/retention", code: "unknown" }] });
}

function scheduleView(deps: Deps, row: ScheduleRow, name: string, runs: readonly ScheduleRunRow[]): ScheduleView {
  return {
    id: row.id,
    service: { id: row.serviceId, name },
    action: row.action,
    rule: row.rule,
    timeZone: row.timeZone,
    retention: row.retention,
    paused: row.paused,
    // One that has come to an end, or whose time zone is no more, tells none, whatever its rule still says.
    next: row.nextAt === null || !isTimeZone(row.timeZone) ? [] : nextRuns(row.rule, row.timeZone, deps.now(), 5),
    history: runs.map(runView),
    madeBy: row.makerName,
    createdAt: row.createdAt,
  };
}

function runView({ dueAt, at, state, operationId, code }: ScheduleRunRow): ScheduleRunView {
  return { dueAt, at, state, operationId, code };
}
