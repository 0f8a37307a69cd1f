// Calendar rules as people choose and read them: the usual ones in words and as a form, all others as they are written.
import type { CalendarRule } from "../../../worker/rules/calendar.ts";
import type { Params } from "../../i18n/fill-in.ts";
import type { Key } from "../../i18n/language.ts";

export const OFTEN = ["daily", "weekdays", "weekly", "monthly", "own"] as const;
export type Often = (typeof OFTEN)[number];

/** The last day of a month, in the field that else holds a number. */
export const LAST_DAY = "L";

/** What the form is about; fields that the choice of `often` does not need are left as they are. */
export interface RuleForm {
  often: Often;
  /** `HH:MM`. */
  time: string;
  /** Days of the week, 0 is Sunday. */
  days: readonly number[];
  /** Day of the month as text: `1` to `31`, or the last one. */
  day: string;
  /** A rule of one's own, as it is written. */
  rule: string;
}

export const FIRST_RULE: RuleForm = { often: "daily", time: "03:00", days: [1], day: "1", rule: "" };

/** The rule that a form stands for; empty where a part of it is missing. */
export function ruleOf(form: RuleForm): CalendarRule {
  if (form.often === "own") return form.rule.trim().replaceAll(/\s+/g, " ");
  const [, hour, minute] = /^(\d{2}):(\d{2})$/.exec(form.time) ?? [];
  if (hour === undefined || minute === undefined) return "";
  const at = `${Number(minute)} ${Number(hour)}`;
  if (form.often === "daily") return `${at} * * *`;
  if (form.often === "weekdays") return `${at} * * 1-5`;
  if (form.often === "monthly") return `${at} ${form.day} * *`;
  return form.days.length === 0 ? "" : `${at} * * ${form.days.toSorted((one, other) => one - other).join(",")}`;
}

/** The form of a rule: the usual ones taken apart, every other as one's own. */
export function formOf(rule: CalendarRule): RuleForm {
  const own: RuleForm = { ...FIRST_RULE, often: "own", rule };
  const [minute = "", hour = "", day = "", month = "", weekday = "", ...rest] = rule.trim().split(/\s+/);
  if (rest.length > 0 || month !== "*" || !isUpTo(minute, 59) || !isUpTo(hour, 23)) return own;
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  const usual = { ...FIRST_RULE, time };
  if (day !== "*") {
    const fits = weekday === "*" && (day === LAST_DAY || (isUpTo(day, 31) && Number(day) > 0));
    return fits ? { ...usual, often: "monthly", day: day === LAST_DAY ? day : String(Number(day)) } : own;
  }
  if (weekday === "*") return { ...usual, often: "daily" };
  const days = daysOf(weekday);
  if (!days) return own;
  if (days.join() === "1,2,3,4,5") return { ...usual, often: "weekdays" };
  return days.length === 7 ? { ...usual, often: "daily" } : { ...usual, often: "weekly", days };
}

/** Words of a key of the dictionary; handed in, so that this stays free of the page's state. */
export type Say = (key: Key, params?: Params) => string;

/** A rule as a sentence such as `Mondays at 08:30`; an unusual one as it is written. */
export function ruleWords(rule: CalendarRule, say: Say, locale: string): string {
  const form = formOf(rule);
  const { time } = form;
  switch (form.often) {
    case "daily":
      return say("rule.daily", { time });
    case "weekdays":
      return say("rule.weekdays", { time });
    case "monthly":
      return form.day === LAST_DAY ? say("rule.lastDay", { time }) : say("rule.monthly", { day: form.day, time });
    case "weekly": {
      // Weeks begin on Monday here, as they do for retention.
      const names = form.days
        .toSorted((one, other) => ((one + 6) % 7) - ((other + 6) % 7))
        .map((day) => say(`weekday.many.${day}` as Key));
      const days = new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
      return say("rule.weekly", { days: days.charAt(0).toLocaleUpperCase(locale) + days.slice(1), time });
    }
    case "own":
      return rule;
  }
}

/** Whether a rule is told in words, and not as it is written. */
export function isUsual(rule: CalendarRule): boolean {
  return formOf(rule).often !== "own";
}

function isUpTo(text: string, most: number): boolean {
  return /^\d{1,2}$/.test(text) && Number(text) <= most;
}

const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Days of the week that a field names, in order; null where it is written in another way than by names, numbers and ranges. */
function daysOf(field: string): number[] | null {
  const days = new Set<number>();
  for (const part of field.toLowerCase().split(",")) {
    const [first, last = first, ...rest] = part.split("-").map(dayOf);
    if (first === undefined || last === undefined || first < 0 || last < first || rest.length > 0) return null;
    for (let day = first; day <= last; day += 1) days.add(day % 7);
  }
  return [...days].sort((one, other) => one - other);
}

/** 0 to 7 (both ends are Sunday), or -1. */
function dayOf(text: string): number {
  return /^[0-7]$/.test(text) ? Number(text) : NAMES.indexOf(text);
}
