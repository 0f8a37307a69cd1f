// A schedule in the reader's words: what it does, when, and what of its copies stays.
import type { Retention } from "../../../worker/rules/retention.ts";
import type { ScheduleAction, ScheduleView } from "../../../worker/rules/views-automation.ts";
import { locale, number, t, type Key } from "../../i18n/language.ts";
import { ruleWords } from "./rule.ts";

export const PERIODS = ["last", "daily", "weekly", "monthly"] as const;

export function actionName(action: ScheduleAction): string {
  return t(`schedules.action.${action}` as Key);
}

export function ruleText(rule: string): string {
  return ruleWords(rule, t, locale());
}

/** `Take a snapshot, Mondays at 08:30`. */
export function scheduleText(schedule: Pick<ScheduleView, "action" | "rule">): string {
  return t("schedules.one", { action: actionName(schedule.action), rule: ruleText(schedule.rule) });
}

/** `Keeps the last 3 and 4 by week`. */
export function retentionText(retention: Retention | null): string {
  const parts = PERIODS.filter((period) => (retention?.[period] ?? 0) > 0).map((period) =>
    t(`schedules.keep.${period}`, { count: number(retention?.[period] ?? 0) }),
  );
  if (parts.length === 0) return t("schedules.keepsAll");
  return t("schedules.keeps", { what: new Intl.ListFormat(locale(), { type: "conjunction" }).format(parts) });
}
