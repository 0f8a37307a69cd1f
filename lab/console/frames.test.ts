// The frame codec, fed in every way that a network may cut it.
import { describe, expect, test } from "vitest";
import { FrameError, FrameReader, MAX_CLIENT_FRAME_BYTES, OPCODE, frameHeader } from "./frames.ts";

function clientFrame(opcode: number, payload: Buffer, first = 0x80 | opcode): Buffer {
  const header = frameHeader(opcode, payload.length);
  header[0] = first;
  header[1] = 0x80 | (header[1] ?? 0);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

function collect(): { reader: FrameReader; data: () => Buffer; events: string[] } {
  const pieces: Buffer[] = [];
  const events: string[] = [];
  const reader = new FrameReader({
    data: (piece) => pieces.push(piece),
    ping: (payload) => events.push(`ping ${payload.toString()}`),
    close: () => events.push("close"),
  });
  return { reader, data: () => Buffer.concat(pieces), events };
}

describe("reading", () => {
  test.each([0, 1, 125, 126, 65_535, 65_536, MAX_CLIENT_FRAME_BYTES])("a frame of %i bytes", (length) => {
    const payload = Buffer.from(Array.from({ length }, (_, index) => index & 0xff));
    const { reader, data } = collect();
    reader.push(clientFrame(OPCODE.binary, payload));
    expect(data().equals(payload)).toBe(true);
  });

  test("byte by byte, with control frames between", () => {
    const bytes = Buffer.concat([
      clientFrame(OPCODE.binary, Buffer.from("abc")),
      clientFrame(OPCODE.ping, Buffer.from("hi")),
      clientFrame(OPCODE.text, Buffer.from("def")),
      clientFrame(OPCODE.close, Buffer.alloc(0)),
    ]);
    const { reader, data, events } = collect();
    for (const byte of bytes) reader.push(Buffer.from([byte]));
    expect(data().toString()).toBe("abcdef");
    expect(events).toEqual(["ping hi", "close"]);
  });

  test.each([
    ["unmasked", frameHeader(OPCODE.binary, 3)],
    ["fragmented", clientFrame(OPCODE.binary, Buffer.from("x"), OPCODE.binary)],
    ["a continuation", clientFrame(OPCODE.continuation, Buffer.from("x"))],
    ["compressed", clientFrame(OPCODE.binary, Buffer.from("x"), 0xc0 | OPCODE.binary)],
    ["too large", clientFrame(OPCODE.binary, Buffer.alloc(MAX_CLIENT_FRAME_BYTES + 1))],
    ["a large ping", clientFrame(OPCODE.ping, Buffer.alloc(126))],
  ])("ends on a frame that is %s", (_, bytes) => {
    expect(() => collect().reader.push(bytes)).toThrow(FrameError);
  });
});
