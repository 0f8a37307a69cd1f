// What the Worker and the pages both know about schedules.
import type { ScheduleAction } from "./views-automation.ts";

/** The most schedules that one service may have. */
export const MAX_SCHEDULES = 20;

/** Whether an action makes something of which a rule of retention can keep only so much. */
export function withRetention(action: ScheduleAction): boolean {
  return action === "snapshot" || action === "backup";
}
