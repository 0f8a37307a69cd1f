// One ticking clock for everything that shows elapsed or relative time, so that all figures move together.
import { createSignal, onCleanup } from "solid-js";

const [now, setNow] = createSignal(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The present time in milliseconds, refreshed every second while a component uses it. */
export function useNow(): () => number {
  watchers += 1;
  setNow(Date.now());
  timer ??= setInterval(() => setNow(Date.now()), 1000);
  onCleanup(() => {
    watchers -= 1;
    if (watchers > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
  return now;
}
