// End dates: as a form takes them, and what is wrong with them.
import { describe, expect, it } from "vitest";
import { DAY_MS, deletedAt, endProblem, endsSoon, fromField, toField } from "./dates.ts";

const NOW = new Date(2026, 10, 25, 12, 30).getTime();

describe("the field of an end date", () => {
  it("shows the reader's own time, and gives back what it shows", () => {
    expect(toField(NOW)).toBe("2026-11-25T12:30");
    expect(fromField(toField(NOW))).toBe(NOW);
    expect(fromField("")).toBeNull();
    expect(fromField("2026-13-45T99:00")).toBeNull();
  });

  it("takes what lies ahead, up to five years", () => {
    expect(endProblem("", NOW)).toBe("required");
    expect(endProblem(toField(NOW), NOW)).toBe("past");
    expect(endProblem(toField(NOW + DAY_MS), NOW)).toBeNull();
    expect(endProblem("2031-11-25T12:30", NOW)).toBeNull();
    expect(endProblem("2031-12-25T12:30", NOW)).toBe("too_far");
  });

  it("is near within a week, and when it has passed", () => {
    expect([8, 6, -1].map((days) => endsSoon(NOW + days * DAY_MS, NOW))).toEqual([false, true, true]);
    expect(endsSoon(null, NOW)).toBe(false);
  });

  it("leads to the deletion a week later", () => {
    expect(deletedAt(NOW) - NOW).toBe(7 * DAY_MS);
  });
});
