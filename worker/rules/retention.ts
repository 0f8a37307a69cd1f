// Which backups a rule of retention keeps, and why: shown before it acts, and acted upon by the very same code.
import { wallClock } from "./calendar.ts";

/** How many to keep of each kind; 0 keeps none by that rule. A rule of zeros alone is no rule: it keeps everything. */
export interface Retention {
  last: number;
  daily: number;
  weekly: number;
  monthly: number;
}

export const NO_RETENTION: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0 };

export interface Kept {
  id: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  protected: boolean;
}

export type KeepReason = "protected" | "last" | "daily" | "weekly" | "monthly";

/**
 * Goes through backups from the newest to the oldest, rule by rule. A rule by period keeps the newest of each period and leaves
 * out periods of which an earlier rule keeps one already, so that the rules add up instead of overlapping. Protected ones are kept and
 * count for nothing. Days, weeks (from Monday) and months are those of the time zone.
 */
export function retain(
  backups: readonly Kept[],
  rule: Retention,
  timeZone: string,
): { keep: Map<string, KeepReason>; remove: string[] } {
  const keep = new Map<string, KeepReason>();
  for (const backup of backups) if (backup.protected) keep.set(backup.id, "protected");
  const rest = backups
    .filter((backup) => !backup.protected)
    .toSorted((one, other) => other.createdAt - one.createdAt || (one.id < other.id ? -1 : 1));
  if (rule.last + rule.daily + rule.weekly + rule.monthly === 0) {
    for (const backup of rest) keep.set(backup.id, "last");
    return { keep, remove: [] };
  }
  for (const backup of rest.slice(0, rule.last)) keep.set(backup.id, "last");
  for (const period of ["daily", "weekly", "monthly"] as const)
    keepByPeriod(rest, keep, period, rule[period], timeZone);
  return { keep, remove: rest.filter((backup) => !keep.has(backup.id)).map((backup) => backup.id) };
}

function keepByPeriod(
  rest: readonly Kept[],
  keep: Map<string, KeepReason>,
  period: "daily" | "weekly" | "monthly",
  count: number,
  timeZone: string,
): void {
  const covered = new Set(
    rest.filter((backup) => keep.has(backup.id)).map((backup) => periodOf(backup.createdAt, period, timeZone)),
  );
  let left = count;
  for (const backup of rest) {
    if (left === 0) return;
    const name = periodOf(backup.createdAt, period, timeZone);
    if (covered.has(name)) continue;
    covered.add(name);
    keep.set(backup.id, period);
    left -= 1;
  }
}

/** Name of the day, week or month that a moment falls in. */
function periodOf(moment: number, period: "daily" | "weekly" | "monthly", timeZone: string): number {
  const { year, month, day } = wallClock(moment, timeZone);
  if (period === "monthly") return year * 12 + month;
  const days = Date.UTC(year, month - 1, day) / 86_400_000;
  // The first of January 1970 was a Thursday.
  return period === "daily" ? days : Math.floor((days + 3) / 7);
}
