// Logos: only pictures that are what they say, of a size that goes with every page.
import { expect, it } from "vitest";
import { LOGO_BYTES, logoProblem } from "./logos.ts";

const png = "\x89PNG\r\n\x1a\n";
const url = (kind: string, bytes: string) => `data:image/${kind};base64,${btoa(bytes)}`;

it("takes pictures that are what they say", () => {
  expect(logoProblem(url("png", `${png}rest`))).toBeNull();
  expect(logoProblem(url("jpeg", "\xff\xd8\xff\xe0rest"))).toBeNull();
  expect(logoProblem(url("webp", "RIFF1234WEBPVP8 "))).toBeNull();
});

it("takes nothing else", () => {
  for (const wrong of [
    "",
    "https://elsewhere.test/logo.png",
    url("svg+xml", "<svg/>"),
    url("png", "\xff\xd8\xff\xe0"),
    url("webp", "RIFF1234WAVE"),
    "data:image/png;base64,",
    "data:text/html;base64,AAAA",
    `${url("png", png)}"onload=`,
  ])
    expect([wrong, logoProblem(wrong)]).toEqual([wrong, "format"]);
});

it("takes 64 KiB and not one byte more", () => {
  expect(logoProblem(url("png", png.padEnd(LOGO_BYTES, "x")))).toBeNull();
  expect(logoProblem(url("png", png.padEnd(LOGO_BYTES + 1, "x")))).toBe("too_long");
});
