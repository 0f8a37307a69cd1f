// The reader's language: picks it, loads its dictionary, and hands out `t` and everything that formats for people.
import { translator } from "@solid-primitives/i18n";
import { createSignal } from "solid-js";
import { fillIn, type Params } from "./fill-in.ts";
import type { en } from "./en.ts";

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
export const LOCALES = ["en", "pt-BR"] as const;
export type Locale = (typeof LOCALES)[number];
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", "pt-BR": "Português (Brasil)" };

const STORED = "nubemox.locale";
const [locale, setLocale] = createSignal<Locale>("en");
const [dictionary, setDictionary] = createSignal<Dictionary>();

export { locale };

const loaders: Record<Locale, () => Promise<Dictionary>> = {
  en: () => import("./en.ts").then((module) => module.en),
  "pt-BR": () => import("./pt-BR.ts").then((module) => module.ptBR),
};

/** Loads the words of a language (the stored or the browser's one when none is named) and switches to it. */
export async function loadLanguage(wanted: Locale = firstLanguage()): Promise<void> {
  const words = await loaders[wanted]();
  setDictionary(words);
  setLocale(wanted);
  document.documentElement.lang = wanted;
}

/** Switches the language and remembers it in this browser. */
export async function chooseLanguage(wanted: Locale): Promise<void> {
  await loadLanguage(wanted);
  try {
    localStorage.setItem(STORED, wanted);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

const lookUp = translator(dictionary);

/** The words for a key, with `{{name}}` filled in from the parameters. */
export function t(key: Key, params: Params = {}): string {
  return fillIn(lookUp(key) ?? key, params);
}

/** The words for a key put together at run time, or null where the dictionary has none. */
export function tMaybe(key: string, params: Params = {}): string | null {
  const words = dictionary();
  return words && Object.hasOwn(words, key) ? fillIn(words[key as Key], params) : null;
}

/** Words that depend on a count: keys end in `.one` and `.other`; `{{count}}` is the figure. */
export function tCount(key: string, count: number): string {
  const form = new Intl.PluralRules(locale()).select(count) === "one" ? "one" : "other";
  return tMaybe(`${key}.${form}`, { count: number(count) }) ?? key;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function percent(fraction: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(fraction);
}

/** Memory given in MiB, in the larger unit where that is a short figure. */
export function memory(mib: number): string {
  const gib = mib / 1024;
  const short = mib === 0 || (mib >= 1024 && (mib * 10) % 1024 === 0);
  return short || gib >= 10 ? `${number(gib, 1)} GiB` : `${number(mib)} MiB`;
}

/** A count of a unit of time in full: `30 seconds`, `1 day`. */
export function inUnits(value: number, unit: "second" | "minute" | "day"): string {
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);
}

export function dateTime(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

/** How long ago something was, in words. */
export function ago(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1000);
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  const size = Math.abs(seconds);
  if (size < 45) return words.format(0, "second");
  if (size < 2700) return words.format(Math.round(seconds / 60), "minute");
  if (size < 79_200) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86_400), "day");
}

/** A span of time as `< 1 s`, `12 s`, `3 min 04 s`, `2 h 05 min`, `4 d 3 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 1) return "< 1 s";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function firstLanguage(): Locale {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(STORED);
  } catch {
    // Storage is refused: go by the browser's languages.
  }
  for (const wanted of [stored, ...navigator.languages]) {
    if (!wanted) continue;
    const found = LOCALES.find(
      (have) =>
        have.toLowerCase() === wanted.toLowerCase() || have.split("-")[0] === wanted.toLowerCase().split("-")[0],
    );
    if (found) return found;
  }
  return "en";
}
