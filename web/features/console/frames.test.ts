// Frames of typed text: lengths in bytes, characters whole.
import { expect, test } from "vitest";
import { inputFrames } from "./frames.ts";

test("lengths are in bytes of UTF-8", () => {
  expect(inputFrames("a")).toEqual(["0:1:a"]);
  expect(inputFrames("olá")).toEqual(["0:4:olá"]);
  expect(inputFrames("")).toEqual([]);
});

test("long texts go in parts that put together are the text, and cut no character", () => {
  const text = "x😀".repeat(5_000);
  const parts = inputFrames(text).map((frame) => /^0:(\d+):(.*)$/s.exec(frame));
  expect(parts.map((part) => part?.[2]).join("")).toBe(text);
  for (const part of parts) {
    expect(Buffer.byteLength(part?.[2] ?? "")).toBe(Number(part?.[1]));
    expect(Number(part?.[1])).toBeLessThan(32_768);
  }
});
