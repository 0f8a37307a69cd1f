// Pasting into a console: the right key presses, in order, with the shift key, at a bounded pace.
import { describe, expect, it } from "vitest";
import { KEY, keyPresses, keysymOf } from "./keysyms.ts";
import { typeText } from "./typing.ts";

const never = new AbortController().signal;

function recorder() {
  const events: [number, boolean][] = [];
  return {
    events,
    sendKey: (keysym: number, _code: string | null, down?: boolean) => void events.push([keysym, down === true]),
  };
}

describe("keysyms", () => {
  it("are the code points of Latin-1", () => {
    expect(keysymOf(0x61)).toBe(0x61);
    expect(keysymOf(0xe7)).toBe(0xe7);
  });

  it("have bit 24 set beyond it", () => {
    expect(keysymOf(0x20ac)).toBe(0x010020ac);
    expect(keysymOf(0x1f600)).toBe(0x0101f600);
  });

  it("leave out control characters, and make every line end one Return", () => {
    expect(keyPresses("a\r\nb\rc\nd\u0007\u001b").map((press) => press.keysym)).toEqual([
      0x61,
      KEY.return,
      0x62,
      KEY.return,
      0x63,
      KEY.return,
      0x64,
    ]);
    expect(keyPresses("\t")).toEqual([{ keysym: KEY.tab, shift: false }]);
  });

  it("take a pair of surrogates as one character", () => {
    expect(keyPresses("😀")).toHaveLength(1);
  });
});

describe("typing", () => {
  it("holds shift for exactly the characters that need it", async () => {
    const sink = recorder();
    await typeText(sink, "aB_c", never, undefined, async () => {});
    expect(sink.events).toEqual([
      [0x61, true],
      [0x61, false],
      [KEY.shift, true],
      [0x42, true],
      [0x42, false],
      [0x5f, true],
      [0x5f, false],
      [KEY.shift, false],
      [0x63, true],
      [0x63, false],
    ]);
  });

  it("sends no more than 200 keys a second", async () => {
    const sink = recorder();
    let waitedMs = 0;
    await typeText(sink, "x".repeat(400), never, undefined, async (ms) => void (waitedMs += ms));
    expect(waitedMs).toBeGreaterThanOrEqual(1980);
  });

  it("stops at once, with shift released", async () => {
    const sink = recorder();
    const stop = new AbortController();
    await typeText(sink, "ABCDEFGH", stop.signal, undefined, async () => stop.abort());
    expect(sink.events.filter(([keysym, down]) => down && keysym !== KEY.shift)).toHaveLength(4);
    expect(sink.events.at(-1)).toEqual([KEY.shift, false]);
  });
});
