// The terminal protocol of termproxy: a login line, then framed input and resize messages, with raw output back.
import { Duplex } from "node:stream";

/** A stream that lets `serial` through once the first line has passed `accept`. */
export function openTerminal(serial: Duplex, accept: (line: string) => boolean): Duplex {
  return new Terminal(serial, accept);
}

const MAX_LOGIN_BYTES = 2_048;

class Terminal extends Duplex {
  readonly #serial: Duplex;
  readonly #accept: (line: string) => boolean;
  #held: Buffer = Buffer.alloc(0);
  #open = false;

  constructor(serial: Duplex, accept: (line: string) => boolean) {
    super();
    this.#serial = serial;
    this.#accept = accept;
    serial.on("error", () => this.destroy());
    serial.on("end", () => this.push(null));
    serial.on("close", () => this.destroy());
    serial.pause();
  }

  override _read(): void {
    if (this.#open) this.#serial.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    if (!this.#open && !this.#login()) {
      callback(this.#held.length > MAX_LOGIN_BYTES ? new Error("login line is too long") : undefined);
      return;
    }
    const input = this.#input();
    if (input.length === 0 || this.#serial.write(input)) callback();
    else this.#serial.once("drain", () => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#serial.destroy();
    callback(error);
  }

  #login(): boolean {
    const end = this.#held.indexOf(0x0a);
    if (end < 0) return false;
    const line = this.#held.subarray(0, end).toString("utf8");
    this.#held = this.#held.subarray(end + 1);
    if (!this.#accept(line)) {
      this.destroy();
      return false;
    }
    this.#open = true;
    this.push("OK");
    this.#serial.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) this.#serial.pause();
    });
    this.#serial.resume();
    return true;
  }

  /** What was typed, out of the complete messages held: `0:<length>:<data>`, `1:<columns>:<rows>:`, `2`. */
  #input(): Buffer {
    const typed: Buffer[] = [];
    while (this.#held.length > 0) {
      const start = this.#held.subarray(0, 32).toString("latin1");
      const data = /^0:(\d{1,9}):/.exec(start);
      const skipped = /^(?:1:\d{1,5}:\d{1,5}:|2)/.exec(start);
      if (data !== null) {
        const [header, length = "0"] = data;
        const end = header.length + Number(length);
        if (this.#held.length < end) break;
        typed.push(this.#held.subarray(header.length, end));
        this.#held = this.#held.subarray(end);
      } else if (skipped !== null) this.#held = this.#held.subarray(skipped[0].length);
      else if (/^(0(:\d{0,9})?|1(:\d{0,5}){0,2})$/.test(start)) break;
      else {
        this.destroy();
        break;
      }
    }
    return Buffer.concat(typed);
  }
}
