// What the Worker and the pages both know about schedules.
import { wallClock } from "./calendar.ts";
import type { ScheduleAction } from "./views-automation.ts";

/** The most schedules that one service may have. */
export const MAX_SCHEDULES = 20;

/** Whether an action makes something of which a rule of retention can keep only so much. */
export function withRetention(action: ScheduleAction): boolean {
  return action === "snapshot" || action === "backup";
}

/** What a snapshot is called that was due then, by the schedule's own clocks: `auto-20261125-0300`. */
export function snapshotName(dueAt: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallClock(dueAt, timeZone);
  return `auto-${year}${two(month)}${two(day)}-${two(hour)}${two(minute)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
