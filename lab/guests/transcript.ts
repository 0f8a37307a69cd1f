// Keeps what a guest's line has printed and waits for text in it, for tests and trials.
import type { Readable } from "node:stream";

export class Transcript {
  #seen = "";
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    stream.on("data", (bytes: Buffer) => {
      this.#seen += bytes.toString();
      this.#wake();
    });
  }

  /** Everything up to and with `text`, which later calls do not see again; rejects with the tail when it does not come. */
  async until(text: string, timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#seen.includes(text)) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw new Error(`waited for ${JSON.stringify(text)}, got ${JSON.stringify(this.#seen.slice(-300))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const end = this.#seen.indexOf(text) + text.length;
    const taken = this.#seen.slice(0, end);
    this.#seen = this.#seen.slice(end);
    return taken;
  }
}
