// Lets one piece of work at a time through per name; others wait their turn, in the order in which they came.

export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when everything that came before under this name is done; `waiting` is called where it is not its turn yet. */
  async take(name: string, signal: AbortSignal, waiting: () => void, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(name);
    const done = Promise.withResolvers<void>();
    const mine = (before ?? Promise.resolve()).then(() => done.promise);
    this.#last.set(name, mine);
    try {
      if (before !== undefined) {
        waiting();
        await Promise.race([before, aborted(signal)]);
      }
      await work();
    } finally {
      done.resolve();
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  promise.catch(() => {});
  return promise;
}
