// Moments as the clocks of a schedule's time zone show them.
import { locale } from "../../i18n/language.ts";

/** The time zone of this browser. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** All time zones that the browser knows, by name. */
export function zones(): string[] {
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];
}

/** `Thu, 26 Nov 2026, 03:00`, by a clock of 24 hours, as rules are told. */
export function inZone(moment: number, timeZone: string): string {
  return formatted(moment, timeZone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** The time in this browser's zone, with its day; null where its clocks show the same. */
export function inOwnZone(moment: number, timeZone: string): string | null {
  const own = ownZone();
  const parts = { weekday: "short", hour: "2-digit", minute: "2-digit" } as const;
  const here = formatted(moment, own, parts);
  return here === formatted(moment, timeZone, parts) ? null : here;
}

function formatted(moment: number, timeZone: string, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { ...parts, timeZone, hourCycle: "h23" }).format(moment);
}
