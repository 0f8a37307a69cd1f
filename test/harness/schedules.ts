// Schedules as tests and benchmarks make them, look at them, and let them come due.
import type { ScheduleRunView, ScheduleView } from "../../worker/rules/views-automation.ts";
import type { Problem } from "../../worker/rules/views.ts";
import { pause } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { rows, site, write } from "./site.ts";
import type { Row } from "./site.ts";

type Body = Record<string, unknown>;
export type ScheduleAnswer = { schedule: ScheduleView } & Problem;

/** Far away, so that it comes only where a test lets it. */
export const NEW_YEAR = { rule: "0 0 1 1 *", timeZone: "UTC" };

export function schedule(tenant: Tenant, serviceId: string, action: string, more: Body = {}) {
  const draft = { action, ...NEW_YEAR, ...more };
  return tenant.person.send<ScheduleAnswer>("POST", tenant.at(`/services/${serviceId}/schedules`), draft);
}

export async function scheduled(tenant: Tenant, serviceId: string, action: string, more: Body = {}) {
  const answer = await schedule(tenant, serviceId, action, more);
  if (answer.status !== 201) throw new Error(`schedule refused: ${JSON.stringify(answer.body)}`);
  return answer.body.schedule;
}

export function reschedule(tenant: Tenant, scheduleId: string, changes: Body) {
  return tenant.person.send<ScheduleAnswer>("PUT", tenant.at(`/schedules/${scheduleId}`), changes);
}

export function unschedule(tenant: Tenant, scheduleId: string) {
  return tenant.person.send<Problem>("DELETE", tenant.at(`/schedules/${scheduleId}`));
}

export async function schedulesOf(tenant: Tenant, serviceId?: string): Promise<ScheduleView[]> {
  const query = serviceId === undefined ? "" : `?service=${serviceId}`;
  return (await tenant.person.ok<{ schedules: ScheduleView[] }>("GET", tenant.at(`/schedules${query}`))).schedules;
}

export async function historyOf(tenant: Tenant, scheduleId: string): Promise<ScheduleRunView[]> {
  return (await schedulesOf(tenant)).find(({ id }) => id === scheduleId)?.history ?? [];
}

/** Waits until so many runs of a schedule are over with, whatever has become of them. */
export async function runsOf(
  tenant: Tenant,
  scheduleId: string,
  count: number,
  timeoutMs = 40_000,
): Promise<ScheduleRunView[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const history = await historyOf(tenant, scheduleId);
    if (history.filter(({ state }) => state !== "taken").length >= count) return history;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(history)}`);
    await pause(150);
  }
}

/** As the minute's tick does. */
export async function tick(): Promise<void> {
  const answer = await fetch(new URL("/cdn-cgi/handler/scheduled", site.origin));
  if ((await answer.text()) !== "ok") throw new Error("the tick failed");
}

/** Lets a schedule be due at a moment of the past; whichever pass comes next finds it. */
export function letBeDue(scheduleId: string, dueAt = Date.now()): number {
  write("update schedules set next_at = ? where id = ?", dueAt, scheduleId);
  return dueAt;
}

/** Every run that there ever was, oldest first, however many are shown. */
export function allRuns(scheduleId: string): Row[] {
  return rows(
    "select due_at, state, code, operation_id from schedule_runs where schedule_id = ? order by due_at",
    scheduleId,
  );
}
