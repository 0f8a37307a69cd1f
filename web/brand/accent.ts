// The accent colour of a front: any hue becomes shades that a screen can show and that read well in light and dark.

/** Lightness and chroma of the accent's shades, as in styles/tokens.css. */
export const ACCENT_SHADES = [
  [0.475, 0.17],
  [0.745, 0.115],
  [0.42, 0.17],
  [0.8, 0.1],
  [0.95, 0.022],
  [0.29, 0.055],
] as const;

/** Hue of the portal's own accent, in degrees. */
export const OWN_HUE = 266;

/**
 * How much of the shades' chroma a hue can carry (0..1), so that all of them lie within sRGB: beyond it each browser
 * bends colours in its own way, and with them their contrast.
 */
export function chromaShare(hue: number): number {
  let share = 1;
  while (share > 0 && !ACCENT_SHADES.every(([light, chroma]) => inGamut(linearRgb(light, chroma * share, hue)))) {
    share = Math.round((share - 0.01) * 100) / 100;
  }
  return share;
}

/** Linear sRGB of a colour in OKLCH, by the matrices of CSS Color 4; parts outside of 0..1 cannot be shown. */
export function linearRgb(light: number, chroma: number, hue: number): [number, number, number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function inGamut(parts: readonly number[]): boolean {
  return parts.every((part) => part >= -0.0005 && part <= 1.0005);
}
