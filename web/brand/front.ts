// Whose front this is: name, logo and accent of the platform, or of the reseller whose link or host name led here.
import { createSignal } from "solid-js";
import type { ConfigView } from "../../worker/rules/views-tree.ts";
import { chromaShare } from "./accent.ts";

export type Brand = ConfigView["brand"];

interface Front {
  /** Link of the reseller's front that was entered by; null for the front of the host name. */
  link: string | null;
  brand: Brand;
  /** Share of chroma that goes with the hue, so that public/theme.js can paint without arithmetic. */
  chroma: number | null;
}

const STORED = "nubemox.front";
export const OWN_BRAND: Brand = { name: "Nubemox", logo: null, accentHue: null };
const OWN: Front = { link: null, brand: OWN_BRAND, chroma: null };

const [front, setFront] = createSignal<Front>(stored());

export const brand = (): Brand => front().brand;
export const frontLink = (): string | null => front().link;

/** Goes over to a front and remembers it in this browser, so that whoever came by a reseller's link finds it again. */
export function enterFront(link: string | null, shown: Brand): void {
  const hue = typeof shown.accentHue === "number" ? shown.accentHue : null;
  const next: Front = {
    link,
    brand: { name: shown.name, logo: shown.logo ?? null, accentHue: hue },
    chroma: hue === null ? null : chromaShare(hue),
  };
  setFront(next);
  paintAccent(document.documentElement, hue);
  try {
    localStorage.setItem(STORED, JSON.stringify(next));
  } catch {
    // Storage is refused: the front lasts as long as the page.
  }
}

/** Gives an element, and all in it, the accent of a hue; null gives back the portal's own. */
export function paintAccent(element: HTMLElement, hue: number | null): void {
  if (hue === null) {
    element.style.removeProperty("--accent-hue");
    element.style.removeProperty("--accent-chroma");
  } else {
    element.style.setProperty("--accent-hue", String(hue));
    element.style.setProperty("--accent-chroma", String(chromaShare(hue)));
  }
}

function stored(): Front {
  try {
    const text = localStorage.getItem(STORED);
    return text === null ? OWN : { ...OWN, ...(JSON.parse(text) as Front) };
  } catch {
    return OWN;
  }
}
