// The archive of measurements: which points a timeframe has, and what they average.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MeasurementArchive } from "./archive.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-measurements-"));
afterAll(() => rmSync(stateDir, { recursive: true }));

/** A time at which points of a real server were seen. */
const NOW_MS = 1_795_220_777_000;

test.each([
  ["hour", 60, 1_795_217_220, 1_795_220_760],
  ["day", 1_440, 1_795_134_420, 1_795_220_760],
  ["week", 335, 1_794_616_200, 1_795_217_400],
  ["month", 1_439, 1_792_629_000, 1_795_217_400],
  ["year", 1_439, 1_764_136_800, 1_795_197_600],
] as const)("%s has its points where the real server has them", (timeframe, count, first, last) => {
  const points = new MeasurementArchive(stateDir).points("guest/1", timeframe, false, NOW_MS);
  expect([points.length, points[0]?.time, points.at(-1)?.time]).toEqual([count, first, last]);
});

test("points average, or tell the maximum, and outlive a restart", () => {
  const archive = new MeasurementArchive(stateDir);
  const minute = 1_795_220_640_000;
  for (const [second, cpu] of [
    [0, 0.2],
    [10, 0.4],
    [59, 0.6],
    [60, 0.9],
  ] as const)
    archive.record("guest/1", minute + second * 1_000, { cpu });
  archive.save(NOW_MS);
  const again = new MeasurementArchive(stateDir);
  const at = (time: number, maximum: boolean): number | undefined =>
    again.points("guest/1", "hour", maximum, NOW_MS).find((point) => point.time === time)?.["cpu"];
  expect(at(1_795_220_640, false)).toBeCloseTo(0.4);
  expect(at(1_795_220_640, true)).toBe(0.6);
  expect(at(1_795_220_700, false)).toBe(0.9);
  expect(at(1_795_220_760, false)).toBeUndefined();
});

test("what is measured no longer is forgotten in the end", () => {
  const archive = new MeasurementArchive(stateDir);
  const yearMs = 366 * 86_400_000;
  archive.save(NOW_MS + yearMs / 2);
  expect(archive.has("guest/1")).toBe(true);
  archive.save(NOW_MS + yearMs);
  expect(archive.has("guest/1")).toBe(false);
});
