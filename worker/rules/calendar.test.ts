// Calendar rules over time zones and changes of the clocks.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarProblem, dueState, nextRun, nextRuns, offsetMinutes, wallClock } from "./calendar.ts";

const ZONES = ["UTC", "America/Sao_Paulo", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
const at = (text: string) => Date.parse(text);
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: at("2015-01-01T00:00:00Z"), max: at("2032-12-31T00:00:00Z") });
const minute = fc.integer({ min: 0, max: 59 });
const hour = fc.integer({ min: 0, max: 23 });

describe("the next run of a daily rule", () => {
  it("comes after the moment asked about, within two days, at the time asked for or at the end of a gap", () => {
    fc.assert(
      fc.property(zone, moment, hour, minute, (timeZone, now, h, m) => {
        const run = nextRun(`${m} ${h} * * *`, timeZone, now) ?? 0;
        expect(run).toBeGreaterThan(now);
        expect(run - now).toBeLessThanOrEqual(49 * 3_600_000);
        const clock = wallClock(run, timeZone);
        const isAsked = clock.hour === h && clock.minute === m;
        const isAfterGap = offsetMinutes(run, timeZone) > offsetMinutes(run - 3 * 3_600_000, timeZone);
        expect(isAsked || isAfterGap).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("comes exactly once on every day of the calendar, whatever the clocks do", () => {
    fc.assert(
      fc.property(zone, moment, hour, minute, (timeZone, now, h, m) => {
        const runs = nextRuns(`${m} ${h} * * *`, timeZone, now, 40);
        const days = runs.map((run) => {
          const { year, month, day } = wallClock(run, timeZone);
          return Date.UTC(year, month - 1, day) / 86_400_000;
        });
        expect(days).toEqual(days.map((_, index) => (days[0] ?? 0) + index));
      }),
      { numRuns: 120 },
    );
  });

  it("does not depend on where one starts to look", () => {
    fc.assert(
      fc.property(zone, moment, hour, minute, (timeZone, now, h, m) => {
        const rule = `${m} ${h} * * *`;
        const [one = 0, two = 0, three] = nextRuns(rule, timeZone, now, 3);
        expect(nextRuns(rule, timeZone, one, 2)).toEqual([two, three]);
        expect(nextRun(rule, timeZone, one - 1)).toBe(one);
      }),
      { numRuns: 200 },
    );
  });
});

describe("changes of the clocks", () => {
  it("a time that is left out runs as much later as the clocks have gone forward", () => {
    // Lisbon, 29 March 2026: 01:00 becomes 02:00.
    expect(nextRun("30 1 * * *", "Europe/Lisbon", at("2026-03-28T12:00:00Z"))).toBe(at("2026-03-29T01:30:00Z"));
    // São Paulo, 4 November 2018: 00:00 became 01:00.
    const run = nextRun("15 0 * * *", "America/Sao_Paulo", at("2018-11-03T12:00:00Z")) ?? 0;
    expect(wallClock(run, "America/Sao_Paulo")).toMatchObject({ year: 2018, month: 11, day: 4, hour: 1, minute: 15 });
  });

  it("a time that comes twice runs the first time only", () => {
    // Lisbon, 25 October 2026: 02:00 becomes 01:00.
    const runs = nextRuns("30 1 * * *", "Europe/Lisbon", at("2026-10-24T12:00:00Z"), 2);
    expect(runs).toEqual([at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z")]);
    // São Paulo, 18 February 2018: 00:00 became 23:00 of the day before.
    const [one = 0, two = 0] = nextRuns("30 23 * * *", "America/Sao_Paulo", at("2018-02-17T12:00:00Z"), 2);
    expect(one).toBe(at("2018-02-18T01:30:00Z"));
    expect(two).toBe(at("2018-02-19T02:30:00Z"));
  });
});

it("goes on evenly where a rule names no hour", () => {
  const runs = nextRuns("*/30 * * * *", "Europe/Lisbon", at("2026-10-24T23:45:00Z"), 8);
  expect(runs.map((run, index) => run - (runs[0] ?? 0) === index * 1_800_000)).not.toContain(false);
});

describe("what is no rule", () => {
  const now = at("2026-11-21T00:00:00Z");
  it.each([
    ["", "UTC", "required"],
    ["* * *", "UTC", "format"],
    ["61 1 * * *", "UTC", "format"],
    ["0 1 30 2 *", "UTC", "never"],
    ["*/5 * * * *", "UTC", "too_often"],
    ["0,10 3 * * *", "UTC", "too_often"],
    ["0 3 * * *", "Mars/Olympus", "zone"],
    ["0 3 * * *", "Europe/Lisbon", null],
    ["*/15 * * * *", "UTC", null],
    ["30 2 1 * *", "America/Sao_Paulo", null],
    ["0 8 * * MON-FRI", "America/Sao_Paulo", null],
  ])("%s in %s: %s", (rule, timeZone, problem) => {
    expect(calendarProblem(rule, timeZone, now)).toBe(problem);
  });
});

it("makes up for a run that is an hour late at most", () => {
  expect(dueState(1_000, 999)).toBe("later");
  expect(dueState(1_000, 1_000)).toBe("run");
  expect(dueState(0, 3_600_000)).toBe("run");
  expect(dueState(0, 3_600_001)).toBe("missed");
});
