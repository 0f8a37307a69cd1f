// The clock: waits end in simulated time, whatever its speed becomes meanwhile.
import { expect, test } from "vitest";
import { createClock } from "./clock.ts";

test("a wait under way ends sooner when the clock is sped up", async () => {
  const clock = createClock(1);
  const before = performance.now();
  const wait = clock.pause(60_000);
  clock.setSpeed(1_000);
  await wait;
  const took = performance.now() - before;
  expect(took).toBeGreaterThan(40);
  expect(took).toBeLessThan(2_000);
});

test("a wait is given up when its signal fires", async () => {
  const controller = new AbortController();
  const wait = createClock(1).pause(60_000, controller.signal);
  controller.abort();
  await expect(wait).rejects.toThrow("aborted");
});
