// Calendar rules against an oracle that knows no cron: it walks hour by hour through what the clocks on the wall show.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarProblem, comeDue, MAKE_UP_MINUTES, nextRun, nextRuns, wallClock } from "./calendar.ts";

const at = (text: string) => Date.parse(text);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPAN = 6 * DAY;
/**
 * São Paulo put its clocks on at midnight until 2018 and back at midnight until 2019; Lisbon does so at one in the morning. All are
 * whole hours from UTC, so that minutes are the same everywhere.
 */
const zone = fc.constantFrom("America/Sao_Paulo", "Europe/Lisbon", "UTC");

/** A rule in the parts that it is made of; `null` stands for `*`. */
interface Parts {
  minute: number;
  hours: number[] | null;
  days: number[] | null;
  months: number[] | null;
  weekdays: number[] | null;
}

const some = (least: number, most: number, maxLength: number) =>
  fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength });
const rules: fc.Arbitrary<Parts> = fc.record({
  minute: fc.integer({ min: 0, max: 59 }),
  hours: fc.option(some(0, 23, 4)),
  days: fc.option(some(1, 31, 6)),
  months: fc.option(some(1, 12, 10)),
  weekdays: fc.option(some(0, 6, 4)),
});
/** Days around changes of the clocks, and any others. */
const starts = fc.oneof(
  fc.constantFrom(
    at("2018-02-15T07:00:00Z"),
    at("2018-11-01T07:00:00Z"),
    at("2019-02-13T07:00:00Z"),
    at("2026-03-26T07:00:00Z"),
    at("2026-10-22T07:00:00Z"),
  ),
  fc
    .integer({ min: at("2016-01-01T00:00:00Z") / MINUTE, max: at("2030-01-01T00:00:00Z") / MINUTE })
    .map((n) => n * MINUTE),
);

function textOf({ minute, hours, days, months, weekdays }: Parts): string {
  const part = (values: number[] | null) => values?.join(",") ?? "*";
  return `${minute} ${part(hours)} ${part(days)} ${part(months)} ${part(weekdays)}`;
}

/** Whether a day is one of the rule's; as in crontab(5), either will do where days of the month and of the week are named. */
function isDay({ days, months, weekdays }: Parts, date: Date): boolean {
  if (months && !months.includes(date.getUTCMonth() + 1)) return false;
  const [day, weekday] = [days?.includes(date.getUTCDate()), weekdays?.includes(date.getUTCDay())];
  if (days && weekdays) return day === true || weekday === true;
  return (day ?? true) && (weekday ?? true);
}

/** What the clocks show, as if it were UTC. */
function shownAt(moment: number, timeZone: string): number {
  const { year, month, day, hour, minute } = wallClock(moment, timeZone);
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** Every moment after `from`, up to `to`, at which the rule comes. */
function oracle(parts: Parts, timeZone: string, from: number, to: number): number[] {
  const runs = new Set<number>();
  const isWanted = (shown: number) => {
    const date = new Date(shown);
    return (parts.hours?.includes(date.getUTCHours()) ?? true) && isDay(parts, date);
  };
  const first = Math.floor((from - DAY) / HOUR) * HOUR + parts.minute * MINUTE;
  let before = shownAt(first - HOUR, timeZone);
  // The latest that the clocks have shown: what is behind it comes for the second time.
  let latest = before;
  for (let moment = first; moment <= to; moment += HOUR) {
    const shown = shownAt(moment, timeZone);
    // The clocks have gone on: what they left out comes as much later, unless the rule names no hour.
    for (let left = before + HOUR; left < shown; left += HOUR) if (parts.hours && isWanted(left)) runs.add(moment);
    if (isWanted(shown) && (parts.hours === null || shown > latest)) runs.add(moment);
    before = shown;
    latest = Math.max(latest, shown);
  }
  return [...runs].filter((run) => run > from && run <= to).toSorted((one, other) => one - other);
}

describe("any rule", () => {
  it("comes when the clocks on the wall say so", () => {
    fc.assert(
      fc.property(rules, zone, starts, (parts, timeZone, from) => {
        const expected = oracle(parts, timeZone, from, from + SPAN);
        const runs = nextRuns(textOf(parts), timeZone, from, expected.length + 1);
        expect(runs.filter((run) => run <= from + SPAN)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it("that is taken comes at most every quarter of an hour, and one after the other", () => {
    fc.assert(
      fc.property(rules, zone, starts, (parts, timeZone, from) => {
        fc.pre(calendarProblem(textOf(parts), timeZone, from) === null);
        const runs = nextRuns(textOf(parts), timeZone, from, 30);
        expect(runs.every((run, index) => index === 0 || run - (runs[index - 1] ?? 0) >= 15 * MINUTE)).toBe(true);
        expect(runs.map((_, index) => nextRun(textOf(parts), timeZone, runs[index - 1] ?? from))).toEqual(runs);
      }),
      { numRuns: 40 },
    );
  });
});

describe("São Paulo, whose clocks changed at midnight", () => {
  const place = "America/Sao_Paulo";

  it("has every midnight of 2018 and 2019, that of the gap an hour later by the clocks and none twice", () => {
    const runs = nextRuns("0 0 * * *", place, at("2017-12-31T12:00:00Z"), 730);
    expect(new Set(runs.map((run) => new Date(shownAt(run, place)).toISOString().slice(0, 10))).size).toBe(730);
    const late = runs.map((run) => wallClock(run, place)).filter(({ hour }) => hour !== 0);
    expect(late).toEqual([{ year: 2018, month: 11, day: 4, hour: 1, minute: 0 }]);
  });

  it("has the last hour of the 17th of February 2018 and of the 16th of February 2019 once", () => {
    for (const [day, first] of [
      ["2018-02-17", "2018-02-18T01:15:00Z"],
      ["2019-02-16", "2019-02-17T01:15:00Z"],
    ] as const) {
      const runs = nextRuns("15 23 * * *", place, at(`${day}T12:00:00Z`), 2);
      expect(runs).toEqual([at(first), at(first) + 25 * HOUR]);
    }
  });

  it("has had no other time since", () => {
    const runs = nextRuns("0 3 * * *", place, at("2019-02-18T00:00:00Z"), 3_000);
    expect(new Set(runs.map((run) => new Date(run).toISOString().slice(11)))).toEqual(new Set(["06:00:00.000Z"]));
  });
});

describe("Lisbon's hour that is left out", () => {
  it("comes an hour later, beside whatever else the rule has on that day, and once where that is there already", () => {
    const from = at("2026-03-28T12:00:00Z");
    const first = (rule: string) => nextRuns(rule, "Europe/Lisbon", from, 3).map((run) => new Date(run).toISOString());
    expect(first("0 0,1 * * *").slice(0, 2)).toEqual(["2026-03-29T00:00:00.000Z", "2026-03-29T01:00:00.000Z"]);
    expect(first("30 1,2 * * *").slice(0, 2)).toEqual(["2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"]);
    expect(first("30 1 29 3 *")[0]).toBe("2026-03-29T01:30:00.000Z");
  });
});

describe("Lisbon's double hour", () => {
  it("is one run of a rule that names it, by the day of the week and of the month alike", () => {
    for (const rule of ["30 1 * * SUN", "30 1 25 * *", "30 1 25 10 *", "30 1 * * *"]) {
      const runs = nextRuns(rule, "Europe/Lisbon", at("2026-10-24T12:00:00Z"), 2);
      expect(runs[0]).toBe(at("2026-10-25T00:30:00Z"));
      expect(runs[1]).toBeGreaterThan(at("2026-10-25T12:00:00Z"));
    }
  });
});

describe("what has come due", () => {
  const late = fc.integer({ min: 0, max: 40 * 24 * 60 }).map((minutes) => minutes * MINUTE);

  it("is one run at most, and only what came within the last hour; what comes next is still to come", () => {
    fc.assert(
      fc.property(rules, zone, starts, late, (parts, timeZone, from, away) => {
        const rule = textOf(parts);
        const dueAt = nextRun(rule, timeZone, from);
        fc.pre(dueAt !== null && calendarProblem(rule, timeZone, from) === null);
        const now = (dueAt ?? 0) + away;
        const { run, missed, next } = comeDue(rule, timeZone, dueAt ?? 0, now);
        expect(next).toBe(nextRun(rule, timeZone, now));
        const all = [...missed, ...(run === null ? [] : [run])];
        expect(all[0]).toBe(dueAt);
        expect(all).toEqual([...new Set(all)].toSorted((one, other) => one - other));
        expect(all.length).toBeLessThanOrEqual(30);
        const latest = oracle(parts, timeZone, now - MAKE_UP_MINUTES * MINUTE - 1, now).at(-1);
        expect(run).toBe(latest ?? null);
        // Of an absence of a few runs, every one is told.
        if (away <= SPAN / 2) {
          const expected = oracle(parts, timeZone, from, now);
          if (expected.length <= 24) expect(all).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
