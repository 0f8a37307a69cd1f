// Whatever hue a reseller chooses: the shades can be shown, and words in them and on them read well (WCAG AA).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ACCENT_SHADES, chromaShare, linearRgb, OWN_HUE } from "./accent.ts";

type Colour = readonly [light: number, chroma: number, hue: number];
const tokens = readFileSync(new URL("../styles/tokens.css", import.meta.url), "utf8");
const hues = Array.from({ length: 360 }, (_, hue) => hue);

/** WCAG 2 contrast ratio. */
function contrast(one: Colour, other: Colour): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance([light, chroma, hue]: Colour): number {
  const [red, green, blue] = linearRgb(light, chroma, hue).map((part) => Math.min(1, Math.max(0, part)));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

describe("the accent", () => {
  it("has the shades of the tokens", () => {
    const written = [
      ...tokens.matchAll(/oklch\(([\d.]+) calc\(([\d.]+) \* var\(--accent-chroma\)\) var\(--accent-hue\)/g),
    ];
    const shades = written.map((match) => [Number(match[1]), Number(match[2])]);
    expect(shades.slice(0, 6)).toEqual(ACCENT_SHADES.map((shade) => [...shade]));
    expect(tokens).toContain(`--accent-hue: ${OWN_HUE};`);
    expect(tokens).toContain(`--accent-chroma: ${chromaShare(OWN_HUE)};`);
  });

  it("lies within sRGB at every hue, with a colour left", () => {
    for (const hue of hues) {
      const share = chromaShare(hue);
      expect(share).toBeGreaterThan(0.3);
      for (const [light, chroma] of ACCENT_SHADES)
        for (const part of linearRgb(light, chroma * share, hue)) {
          expect(part).toBeGreaterThan(-0.001);
          expect(part).toBeLessThan(1.001);
        }
    }
  });

  it("reads well at every hue, as words and under words, in light and dark", () => {
    const worst = (pair: (hue: number, share: number) => [Colour, Colour]) =>
      Math.min(...hues.map((hue) => contrast(...pair(hue, chromaShare(hue)))));
    const white: Colour = [1, 0, 0];
    const night: Colour = [0.208, 0.012, 262];
    expect(worst((hue, share) => [[0.475, 0.17 * share, hue], white])).toBeGreaterThan(4.5);
    expect(
      worst((hue, share) => [
        [0.475, 0.17 * share, hue],
        [0.963, 0.005, 260],
      ]),
    ).toBeGreaterThan(4.5);
    expect(
      worst((hue, share) => [
        [0.475, 0.17 * share, hue],
        [0.95, 0.022 * share, hue],
      ]),
    ).toBeGreaterThan(4.5);
    expect(worst((hue, share) => [[0.745, 0.115 * share, hue], night])).toBeGreaterThan(4.5);
    expect(
      worst((hue, share) => [
        [0.745, 0.115 * share, hue],
        [0.29, 0.055 * share, hue],
      ]),
    ).toBeGreaterThan(4.5);
    expect(
      worst((hue, share) => [
        [0.745, 0.115 * share, hue],
        [0.18, 0.03 * share, hue],
      ]),
    ).toBeGreaterThan(4.5);
    expect(worst((hue, share) => [[0.42, 0.17 * share, hue], white])).toBeGreaterThan(4.5);
  });
});
