// When a schedule is due: calendar rules in a time zone, the next runs, and what becomes of runs that were missed.
import { Cron } from "croner";

/** Minute, hour, day of the month, month, day of the week, as in crontab(5); names of months and days are taken too. */
export type CalendarRule = string;

export type CalendarProblem = "required" | "format" | "too_often" | "never" | "zone";

/** No rule may come more often than this. */
export const LEAST_GAP_MINUTES = 15;
/** How many of the next runs are looked at to find the smallest gap: two days of the most frequent rule allowed. */
const LOOK_AHEAD = (48 * 60) / LEAST_GAP_MINUTES + 1;

/** What is wrong with a rule, or null. A rule that can never come about, such as the 30th of February, is none. */
export function calendarProblem(rule: CalendarRule, timeZone: string, now: number): CalendarProblem | null {
  if (rule.trim() === "") return "required";
  if (!isTimeZone(timeZone)) return "zone";
  if (!/^\S+(\s+\S+){4}$/.test(rule.trim())) return "format";
  let runs: number[];
  try {
    runs = nextRuns(rule, timeZone, now, LOOK_AHEAD);
  } catch {
    return "format";
  }
  if (runs.length === 0) return "never";
  const least = LEAST_GAP_MINUTES * 60_000;
  return runs.some((run, index) => index > 0 && run - (runs[index - 1] ?? 0) < least) ? "too_often" : null;
}

/** Whether this is the name of a time zone of the IANA database that the runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}

/**
 * The next runs strictly after a moment, in milliseconds since 1970, oldest first. A time of day that the clocks leave out runs as
 * much later as they have gone forward, once where the rule comes then anyway; one that comes twice runs the first time only. A
 * rule of every hour goes on evenly instead.
 * @throws Error where the rule is none; see {@link calendarProblem}.
 */
export function nextRuns(rule: CalendarRule, timeZone: string, after: number, count: number): number[] {
  const isEveryHour = /^\S+\s+(\*|\*\/1|0-23)\s/.test(rule.trim());
  // Where hours are named, the rule is about what the clocks show: looked for as if that were UTC, and then found in the zone.
  const cron = new Cron(rule.trim(), { timezone: isEveryHour ? timeZone : "UTC", mode: "5-part", paused: true });
  const runs: number[] = [];
  let from = isEveryHour ? after : after + offsetMinutes(after, timeZone) * 60_000;
  let latest = after;
  // Those that come for the second time, or at the same moment as another, are left out: the loop is bounded by hand.
  for (let tries = 0; runs.length < count && tries < count + MOST_LEFT_OUT; tries += 1) {
    const next = cron.nextRun(new Date(from));
    if (!next) break;
    from = next.getTime();
    const run = isEveryHour ? from : momentOf(from, timeZone);
    if (run <= latest) continue;
    runs.push(run);
    latest = run;
  }
  return runs;
}

/** A zone that moves to the other side of the date line leaves out, or has twice, a whole day. */
const MOST_LEFT_OUT = (24 * 60) / LEAST_GAP_MINUTES + 4;

/** The next run after a moment, or null where there is none. */
export function nextRun(rule: CalendarRule, timeZone: string, after: number): number | null {
  return nextRuns(rule, timeZone, after, 1)[0] ?? null;
}

/** How late a run may be and still be made up for; what is older was missed and is only noted. */
export const MAKE_UP_MINUTES = 60;

/** What is to be done about a run that was due at `dueAt` and is looked at only `now`. */
export function dueState(dueAt: number, now: number): "later" | "run" | "missed" {
  if (dueAt > now) return "later";
  return now - dueAt <= MAKE_UP_MINUTES * 60_000 ? "run" : "missed";
}

/** As many runs that were missed one after the other are told; of a longer time away, only these. */
const TOLD = 24;

/**
 * What has become of a schedule that was to run at `dueAt`: the one run that is to be made now, those that were missed, and when it
 * comes next. However many were missed, the latest alone is made up for, and that only where it is not too late for it.
 */
export function comeDue(
  rule: CalendarRule,
  timeZone: string,
  dueAt: number,
  now: number,
): { run: number | null; missed: number[]; next: number | null } {
  const past = [dueAt];
  let next = nextRun(rule, timeZone, dueAt);
  for (; next !== null && next <= now && past.length < TOLD; next = nextRun(rule, timeZone, next)) past.push(next);
  if (next !== null && next <= now) {
    const from = Math.max(next, now - MAKE_UP_MINUTES * 60_000) - 1;
    past.push(...nextRuns(rule, timeZone, from, MAKE_UP_MINUTES / LEAST_GAP_MINUTES + 1).filter((run) => run <= now));
    next = nextRun(rule, timeZone, now);
  }
  const latest = past.at(-1) ?? dueAt;
  const run = dueState(latest, now) === "run" ? latest : null;
  return { run, missed: past.filter((moment) => moment !== run), next };
}

/** When the clocks show this, given as if it were UTC, for the first time. */
function momentOf(shown: number, timeZone: string): number {
  const day = 24 * 60 * 60_000;
  const [before, afterwards] = [offsetMinutes(shown - day, timeZone), offsetMinutes(shown + day, timeZone)];
  const moment = shown - before * 60_000;
  if (before === afterwards || offsetMinutes(moment, timeZone) === before) return moment;
  const other = shown - afterwards * 60_000;
  // By neither: the clocks leave it out.
  return offsetMinutes(other, timeZone) === afterwards ? other : moment;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that a zone's clocks are ahead of UTC at a moment. */
export function offsetMinutes(moment: number, timeZone: string): number {
  const { year, month, day, hour, minute } = wallClock(moment, timeZone);
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  return Math.round((shown - Math.floor(moment / 60_000) * 60_000) / 60_000);
}

export interface WallClock {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
}

/** What a clock on the wall of a time zone shows at a moment. */
export function wallClock(moment: number, timeZone: string): WallClock {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  return { year, month, day, hour, minute };
}
