// Simulated durations, divided by the lab's speed, which may change while they last.

export interface Clock {
  readonly speed: number;
  /** From now on, simulated time runs this many times faster than real time; waits that are under way are shortened, too. */
  setSpeed(speed: number): void;
  /** Waits a simulated time in milliseconds; rejects when the signal fires. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

interface Wait {
  /** Simulated milliseconds left when the timer was last set. */
  leftMs: number;
  setAtMs: number;
  timer: NodeJS.Timeout;
  end: () => void;
}

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A clock on which `ms` simulated milliseconds take `ms / speed` real ones. */
export function createClock(initialSpeed: number): Clock {
  let speed = initialSpeed;
  const waits = new Set<Wait>();
  const timer = (end: () => void, ms: number): NodeJS.Timeout => setTimeout(end, Math.min(ms / speed, MAX_TIMER_MS));
  return {
    get speed() {
      return speed;
    },
    setSpeed: (next) => {
      const now = performance.now();
      for (const wait of waits) wait.leftMs = Math.max(0, wait.leftMs - (now - wait.setAtMs) * speed);
      speed = next;
      for (const wait of waits) {
        clearTimeout(wait.timer);
        wait.setAtMs = now;
        wait.timer = timer(wait.end, wait.leftMs);
      }
    },
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(new Error("aborted"));
          return;
        }
        const end = (): void => {
          waits.delete(wait);
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        const abort = (): void => {
          clearTimeout(wait.timer);
          waits.delete(wait);
          reject(new Error("aborted"));
        };
        const wait: Wait = { leftMs: ms, setAtMs: performance.now(), timer: timer(end, ms), end };
        waits.add(wait);
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
}

/** Seconds since the epoch, as most fields of the API count. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
