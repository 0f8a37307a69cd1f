// A VNC server without a guest, for measuring: after the handshake it floods a number of bytes or echoes what it gets.
import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";

export type SyntheticMode = { kind: "flood"; bytes: number } | { kind: "echo" };

const CHUNK_BYTES = 64 * 1_024;
const NAME = "lab";

/** The mode that a guest's description asks for (`lab:flood=500000000`, `lab:echo`), or null. */
export function syntheticMode(description: string): SyntheticMode | null {
  const flood = /lab:flood=(\d+)/.exec(description)?.[1];
  if (flood !== undefined) return { kind: "flood", bytes: Number(flood) };
  return description.includes("lab:echo") ? { kind: "echo" } : null;
}

/** A stream that speaks RFB 3.008 with VNC authentication, takes any response for right, shows 1x1, and then does as told. */
export function openSyntheticVnc(mode: SyntheticMode): Duplex {
  return new SyntheticVnc(mode);
}

class SyntheticVnc extends Duplex {
  readonly #mode: SyntheticMode;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES, 0x5a);
  #handshake = handshake();
  #received: Buffer = Buffer.alloc(0);
  #wanted: number;
  #ready = false;
  #floodLeft: number;
  #resume: (() => void) | null = null;

  constructor(mode: SyntheticMode) {
    super({ readableHighWaterMark: 2 * CHUNK_BYTES, writableHighWaterMark: 2 * CHUNK_BYTES });
    this.#mode = mode;
    this.#floodLeft = mode.kind === "flood" ? mode.bytes : 0;
    this.#wanted = this.#step();
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
    if (this.#ready) this.#flood();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#ready) {
      this.#echo(chunk, callback);
      return;
    }
    this.#received = Buffer.concat([this.#received, chunk]);
    while (!this.#ready && this.#received.length >= this.#wanted) {
      this.#received = this.#received.subarray(this.#wanted);
      this.#wanted = this.#step();
    }
    if (!this.#ready) {
      callback();
      return;
    }
    const early = this.#received;
    this.#received = Buffer.alloc(0);
    this.#flood();
    if (early.length > 0) this.#echo(early, callback);
    else callback();
  }

  override _final(callback: () => void): void {
    this.push(null);
    callback();
  }

  #step(): number {
    const next = this.#handshake.next();
    if (next.done === true) {
      this.push(next.value);
      this.#ready = true;
      return 0;
    }
    this.push(next.value.send);
    return next.value.expect;
  }

  #flood(): void {
    while (this.#floodLeft > 0) {
      const piece = this.#floodLeft >= CHUNK_BYTES ? this.#chunk : this.#chunk.subarray(0, this.#floodLeft);
      this.#floodLeft -= piece.length;
      if (!this.push(piece)) return;
    }
  }

  #echo(chunk: Buffer, callback: () => void): void {
    if (this.#mode.kind !== "echo" || this.push(Buffer.from(chunk))) callback();
    else this.#resume = callback;
  }
}

/** What the server sends and how many bytes it then waits for; ends with ServerInit. */
function* handshake(): Generator<{ send: Buffer; expect: number }, Buffer> {
  yield { send: Buffer.from("RFB 003.008\n", "latin1"), expect: 12 };
  yield { send: Buffer.from([1, 2]), expect: 1 };
  yield { send: randomBytes(16), expect: 16 };
  yield { send: Buffer.from([0, 0, 0, 0]), expect: 1 };
  const serverInit = Buffer.alloc(24 + NAME.length);
  serverInit.writeUInt16BE(1, 0);
  serverInit.writeUInt16BE(1, 2);
  // 32 bits per pixel, depth 24, little endian, true colour, 8 bits per channel.
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]).copy(serverInit, 4);
  serverInit.writeUInt32BE(NAME.length, 20);
  serverInit.write(NAME, 24, "latin1");
  return serverInit;
}
