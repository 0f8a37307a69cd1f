// Simulated durations, divided by the lab's speed.
import { setTimeout as sleep } from "node:timers/promises";

export interface Clock {
  readonly speed: number;
  /** Waits a simulated time in milliseconds; rejects when the signal fires. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A clock on which `ms` simulated milliseconds take `ms / speed` real ones. */
export function createClock(speed: number): Clock {
  return {
    speed,
    pause: async (ms, signal) => {
      await sleep(ms / speed, undefined, signal === undefined ? {} : { signal });
    },
  };
}

/** Seconds since the epoch, as most fields of the API count. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
