// Retention of backups: what each rule keeps, and what must hold for any of them.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_RETENTION, retain } from "./retention.ts";
import type { Kept } from "./retention.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Wednesday, 30 September 2026, noon in UTC. */
const NOON = Date.parse("2026-09-30T12:00:00Z");
const daily = (count: number): Kept[] =>
  Array.from({ length: count }, (_, index) => ({ id: `b${index}`, createdAt: NOON - index * DAY, protected: false }));

describe("a rule", () => {
  it("of zeros keeps everything", () => {
    expect(retain(daily(5), NO_RETENTION, "UTC").remove).toEqual([]);
  });

  it("keeps the last ones", () => {
    expect(retain(daily(5), { ...NO_RETENTION, last: 2 }, "UTC").remove).toEqual(["b2", "b3", "b4"]);
  });

  it("adds days, weeks and months to one another", () => {
    const { keep } = retain(daily(100), { last: 1, daily: 2, weekly: 2, monthly: 2 }, "UTC");
    expect([...keep]).toEqual([
      ["b0", "last"],
      ["b1", "daily"],
      ["b2", "daily"],
      // Sundays, 27 and 20 September; Monday the 28th is of a week that is covered already.
      ["b3", "weekly"],
      ["b10", "weekly"],
      // September is covered: 31 August and 31 July.
      ["b30", "monthly"],
      ["b61", "monthly"],
    ]);
  });

  it("keeps the newest of a day, by the clocks of the time zone", () => {
    const late = { id: "late", createdAt: Date.parse("2026-09-30T02:30:00Z"), protected: false };
    const early = { id: "early", createdAt: Date.parse("2026-09-29T14:00:00Z"), protected: false };
    const rule = { ...NO_RETENTION, daily: 2 };
    // In São Paulo it was still the 29th.
    expect(retain([early, late], rule, "America/Sao_Paulo").remove).toEqual(["early"]);
    expect(retain([early, late], rule, "UTC").remove).toEqual([]);
  });
});

describe("any rule over any backups", () => {
  const backups = fc
    .uniqueArray(fc.record({ hours: fc.integer({ min: 0, max: 24 * 400 }), protected: fc.boolean() }), {
      maxLength: 60,
      selector: (row) => row.hours,
    })
    .map((rows) =>
      rows.map((row, index) => ({ id: `b${index}`, createdAt: NOON - row.hours * HOUR, protected: row.protected })),
    );
  const few = fc.integer({ min: 0, max: 5 });
  const rules = fc.record({ last: few, daily: few, weekly: few, monthly: few });
  const zones = fc.constantFrom("UTC", "America/Sao_Paulo", "Europe/Lisbon");

  it("either keeps or removes each, never a protected one, and never more than it was told to keep", () => {
    fc.assert(
      fc.property(backups, rules, zones, (rows, rule, zone) => {
        const { keep, remove } = retain(rows, rule, zone);
        expect(keep.size + remove.length).toBe(rows.length);
        for (const row of rows) if (row.protected) expect(keep.get(row.id)).toBe("protected");
        if (remove.length === 0) return;
        const kept = [...keep.values()].filter((reason) => reason !== "protected").length;
        expect(kept).toBeLessThanOrEqual(rule.last + rule.daily + rule.weekly + rule.monthly);
      }),
    );
  });

  it("keeps the newest, and does the same again when what it removed is gone", () => {
    fc.assert(
      fc.property(backups, rules, zones, (rows, rule, zone) => {
        const { keep, remove } = retain(rows, rule, zone);
        const free = rows.filter((row) => !row.protected).toSorted((one, other) => other.createdAt - one.createdAt);
        if (free[0]) expect(keep.has(free[0].id)).toBe(true);
        const left = rows.filter((row) => keep.has(row.id));
        expect(retain(left, rule, zone).remove).toEqual([]);
        expect(remove.every((id) => !keep.has(id))).toBe(true);
      }),
    );
  });
});
