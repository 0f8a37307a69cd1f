// Reads a byte stream in pieces of wanted length, as binary protocols are written down.
import type { Readable } from "node:stream";

export class ByteReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #ended: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    const end = (error?: Error) => {
      this.#ended ??= error ?? new Error("the stream has ended");
      this.#wake();
    };
    stream.on("data", (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#length += bytes.length;
      this.#wake();
    });
    stream.on("end", () => end());
    stream.on("close", () => end());
    stream.on("error", end);
  }

  /** The next `length` bytes; rejects when the stream ends before. One caller at a time. */
  async take(length: number): Promise<Buffer> {
    while (this.#length < length) {
      if (this.#ended) throw this.#ended;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = all.length > length ? [all.subarray(length)] : [];
    this.#length -= length;
    return all.subarray(0, length);
  }
}
