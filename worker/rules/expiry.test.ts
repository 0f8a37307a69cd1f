// When a service ends by itself: warnings, the date, the grace.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deletionAt, EXPIRY_GRACE_MS, expiryStageAt } from "./expiry.ts";

const DAY = 86_400_000;
const AT = Date.UTC(2030, 0, 31);

describe("expiryStageAt", () => {
  it.each([
    ["long before", -8 * DAY, 0],
    ["a moment before the first warning", -7 * DAY - 1, 0],
    ["at the first warning", -7 * DAY, 1],
    ["between the warnings", -2 * DAY, 1],
    ["at the second warning", -DAY, 2],
    ["a moment before the date", -1, 2],
    ["at the date", 0, 3],
    ["at the end of the grace", EXPIRY_GRACE_MS - 1, 3],
    ["after it", EXPIRY_GRACE_MS, 4],
  ])("%s", (_when, offset, stage) => {
    expect(expiryStageAt(AT, AT + offset)).toBe(stage);
  });

  it("never goes back as time goes on", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -20 * DAY, max: 20 * DAY }),
        fc.integer({ min: 0, max: 20 * DAY }),
        (from, more) => {
          expect(expiryStageAt(AT, AT + from + more)).toBeGreaterThanOrEqual(expiryStageAt(AT, AT + from));
        },
      ),
    );
  });
});

it("a deletion with grace comes about so many days later", () => {
  expect(deletionAt(AT, 3) - AT).toBe(3 * DAY);
});
