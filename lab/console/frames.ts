// WebSocket frames as the real server reads and writes them: masked and unfragmented in, binary out.

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client frame longer than this ends the session. */
export const MAX_CLIENT_FRAME_BYTES = 128 * 1_024;
const MAX_CONTROL_BYTES = 125;

export interface FrameSink {
  /** A piece of a data frame's payload: pieces are handed on as they arrive. */
  data(piece: Buffer): void;
  ping(payload: Buffer): void;
  close(): void;
}

/** Why a session must end. */
export class FrameError extends Error {}

/** Takes bytes as they come and tells the sink what they hold; throws FrameError on what the real server does not bear. */
export class FrameReader {
  readonly #sink: FrameSink;
  #held: Buffer = Buffer.alloc(0);
  #left = 0;
  #opcode: number = OPCODE.binary;
  #mask: Buffer = Buffer.alloc(4);
  #maskOffset = 0;
  #control: Buffer[] = [];

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (bytes.length > 0) {
      if (this.#left === 0) {
        const used = this.#header(bytes);
        if (used === 0) {
          this.#held = bytes;
          return;
        }
        bytes = bytes.subarray(used);
        if (this.#left === 0) this.#payload(Buffer.alloc(0));
        continue;
      }
      const piece = bytes.subarray(0, this.#left);
      bytes = bytes.subarray(piece.length);
      this.#left -= piece.length;
      this.#payload(this.#unmasked(piece));
    }
  }

  /** Reads a frame's header; returns its length, or 0 where bytes are missing. */
  #header(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    const [first = 0, second = 0] = bytes;
    if ((first & 0x70) !== 0) throw new FrameError("reserved bits are set");
    if ((first & 0x80) === 0 || (first & 0x0f) === OPCODE.continuation) throw new FrameError("fragmented frame");
    if ((second & 0x80) === 0) throw new FrameError("frame is not masked");
    let length = second & 0x7f;
    let offset = 2;
    if (length === 126) {
      if (bytes.length < 4) return 0;
      length = bytes.readUInt16BE(2);
      offset = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return 0;
      length = Number(bytes.readBigUInt64BE(2));
      offset = 10;
    }
    if (length > MAX_CLIENT_FRAME_BYTES) throw new FrameError("frame is too large");
    if (bytes.length < offset + 4) return 0;
    this.#opcode = first & 0x0f;
    if (this.#opcode >= OPCODE.close && length > MAX_CONTROL_BYTES) throw new FrameError("control frame is too large");
    this.#mask = Buffer.from(bytes.subarray(offset, offset + 4));
    this.#maskOffset = 0;
    this.#left = length;
    return offset + 4;
  }

  #payload(piece: Buffer): void {
    if (this.#opcode < OPCODE.close) {
      if (piece.length > 0) this.#sink.data(piece);
      return;
    }
    this.#control.push(piece);
    if (this.#left > 0) return;
    const payload = Buffer.concat(this.#control);
    this.#control = [];
    if (this.#opcode === OPCODE.ping) this.#sink.ping(payload);
    else if (this.#opcode === OPCODE.close) this.#sink.close();
  }

  #unmasked(piece: Buffer): Buffer {
    const result = Buffer.allocUnsafe(piece.length);
    for (let index = 0; index < piece.length; index += 1)
      result[index] = (piece[index] as number) ^ (this.#mask[(this.#maskOffset + index) & 3] as number);
    this.#maskOffset = (this.#maskOffset + piece.length) & 3;
    return result;
  }
}

/** The header of an unmasked, final frame. */
export function frameHeader(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, length]);
  if (length < 65_536) {
    const header = Buffer.from([0x80 | opcode, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.alloc(10);
  header[0] = 0x80 | opcode;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
