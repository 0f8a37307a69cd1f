// Measurements over time, averaged into points of a minute, half an hour and six hours, as the real server's round-robin databases.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const TIMEFRAMES = ["hour", "day", "week", "month", "year"] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];
export type Values = Record<string, number>;
export type Point = { time: number } & Values;

interface Bucket {
  samples: number;
  sums: Values;
  maxima: Values;
}

/** By step in seconds, then by the point's time: the beginning of the interval that it averages. */
type Archives = Record<string, Record<string, Bucket>>;

const STEPS = [60, 1_800, 21_600];
const KEPT_POINTS = 1_440;
const SAVE_EVERY_MS = 60_000;

/** How far each timeframe looks back, and in which steps; the last points of the coarse ones are not yet complete. */
const VIEWS: Record<Timeframe, { step: number; points: number; behind: number }> = {
  hour: { step: 60, points: 60, behind: 0 },
  day: { step: 60, points: 1_440, behind: 0 },
  week: { step: 1_800, points: 335, behind: 1 },
  month: { step: 1_800, points: 1_439, behind: 1 },
  year: { step: 21_600, points: 1_439, behind: 1 },
};

export class MeasurementArchive {
  readonly #file: string;
  readonly #series: Map<string, Archives>;
  #savedAtMs = Date.now();

  constructor(stateDir: string) {
    this.#file = join(stateDir, "measurements.json");
    this.#series = new Map(
      existsSync(this.#file)
        ? Object.entries(JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, Archives>)
        : [],
    );
  }

  /** Adds one sample to what `key` was measured at before. */
  record(key: string, atMs: number, values: Values): void {
    const archives = this.#series.get(key) ?? {};
    this.#series.set(key, archives);
    for (const step of STEPS) {
      const buckets = (archives[step] ??= {});
      const time = pointOf(atMs, step);
      const bucket = (buckets[time] ??= { samples: 0, sums: {}, maxima: {} });
      if (bucket.samples === 0) prune(buckets, time - KEPT_POINTS * step);
      bucket.samples += 1;
      for (const [name, value] of Object.entries(values)) {
        bucket.sums[name] = (bucket.sums[name] ?? 0) + value;
        bucket.maxima[name] = Math.max(bucket.maxima[name] ?? value, value);
      }
    }
  }

  has(key: string): boolean {
    return this.#series.has(key);
  }

  /** Every point of the timeframe; those without measurements have only their time. */
  points(key: string, timeframe: Timeframe, maximum: boolean, nowMs: number): Point[] {
    const { step } = VIEWS[timeframe];
    const buckets = this.#series.get(key)?.[step] ?? {};
    return pointTimes(timeframe, nowMs).map((time) => {
      const bucket = buckets[time];
      if (bucket === undefined) return { time };
      const values = maximum
        ? bucket.maxima
        : Object.fromEntries(Object.entries(bucket.sums).map(([name, sum]) => [name, sum / bucket.samples]));
      return { ...values, time };
    });
  }

  /** Saves now and then. */
  saveSometimes(nowMs: number): void {
    if (nowMs - this.#savedAtMs >= SAVE_EVERY_MS) this.save(nowMs);
  }

  /** Writes the archive, without what has become too old. */
  save(nowMs: number = Date.now()): void {
    this.#savedAtMs = nowMs;
    this.#forget(nowMs);
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(this.#series)), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** Drops what no timeframe shows any more: of what is measured no longer, such as a deleted guest, in the end everything. */
  #forget(nowMs: number): void {
    for (const [key, archives] of this.#series) {
      for (const step of STEPS) prune(archives[step] ?? {}, pointOf(nowMs, step) - KEPT_POINTS * step);
      if (Object.values(archives).every((buckets) => Object.keys(buckets).length === 0)) this.#series.delete(key);
    }
  }
}

/** The times of a timeframe's points, oldest first. */
export function pointTimes(timeframe: Timeframe, nowMs: number): number[] {
  const { step, points, behind } = VIEWS[timeframe];
  const last = Math.floor(nowMs / 1_000 / step) * step - behind * step;
  return Array.from({ length: points }, (_, index) => last - (points - 1 - index) * step);
}

function pointOf(atMs: number, step: number): number {
  // The real server files a sample under the end of its interval; here the interval under way is shown from its first sample on.
  return Math.floor(atMs / 1_000 / step) * step;
}

function prune(buckets: Record<string, Bucket>, before: number): void {
  for (const time of Object.keys(buckets)) if (Number(time) <= before) delete buckets[time];
}
