// Rules in words of both languages, there and back through the form, and the unusual ones left as they are.
import { describe, expect, it } from "vitest";
import { calendarProblem, nextRun } from "../../../worker/rules/calendar.ts";
import { en } from "../../i18n/en.ts";
import { fillIn } from "../../i18n/fill-in.ts";
import { ptBR } from "../../i18n/pt-BR.ts";
import { FIRST_RULE, formOf, isUsual, ruleOf, ruleWords, type RuleForm, type Say } from "./rule.ts";

const english: Say = (key, params = {}) => fillIn(en[key], params);
const portuguese: Say = (key, params = {}) => fillIn(ptBR[key], params);
const inWords = (rule: string) => [ruleWords(rule, english, "en"), ruleWords(rule, portuguese, "pt-BR")];

describe("words", () => {
  it.each([
    ["0 3 * * *", "Every day at 03:00", "Todos os dias às 03:00"],
    ["30 8 * * 1", "Mondays at 08:30", "Segundas-feiras às 08:30"],
    ["30 8 * * MON", "Mondays at 08:30", "Segundas-feiras às 08:30"],
    ["5 22 * * 1-5", "Monday to Friday at 22:05", "De segunda a sexta-feira às 22:05"],
    ["0 7 * * sat,sun", "Saturdays and Sundays at 07:00", "Sábados e domingos às 07:00"],
    ["0 7 * * 0", "Sundays at 07:00", "Domingos às 07:00"],
    ["0 7 * * 7", "Sundays at 07:00", "Domingos às 07:00"],
    [
      "0 7 * * 1,3,5",
      "Mondays, Wednesdays, and Fridays at 07:00",
      "Segundas-feiras, quartas-feiras e sextas-feiras às 07:00",
    ],
    ["0 7 * * 0-6", "Every day at 07:00", "Todos os dias às 07:00"],
    ["15 4 1 * *", "On day 1 of every month at 04:15", "No dia 1 de cada mês às 04:15"],
    ["15 4 L * *", "On the last day of every month at 04:15", "No último dia de cada mês às 04:15"],
  ])("tell %s", (rule, one, other) => {
    expect(inWords(rule)).toEqual([one, other]);
    expect(isUsual(rule)).toBe(true);
  });

  it.each([
    "*/15 * * * *",
    "0 */2 * * *",
    "0 3 1 1 *",
    "0 3 1 * 1",
    "0 3 * * 5-1",
    "0 3 * * 1#2",
    "0 3 99 * *",
    "nonsense",
    "",
  ])("leave %s as it is written", (rule) => {
    expect(inWords(rule)).toEqual([rule, rule]);
    expect(isUsual(rule)).toBe(false);
  });
});

describe("the form", () => {
  it.each<[Partial<RuleForm>, string]>([
    [{ often: "daily", time: "03:00" }, "0 3 * * *"],
    [{ often: "weekdays", time: "22:05" }, "5 22 * * 1-5"],
    [{ often: "weekly", time: "08:30", days: [5, 0, 1] }, "30 8 * * 0,1,5"],
    [{ often: "monthly", time: "00:00", day: "31" }, "0 0 31 * *"],
    [{ often: "monthly", time: "00:00", day: "L" }, "0 0 L * *"],
    [{ often: "own", rule: "*/30  8-17 * *  1-5" }, "*/30 8-17 * * 1-5"],
  ])("of %o is a rule that can come about, and comes back from it", (part, rule) => {
    const form = { ...FIRST_RULE, ...part };
    expect(ruleOf(form)).toBe(rule);
    expect(calendarProblem(rule, "America/Sao_Paulo", Date.UTC(2026, 0, 1))).toBeNull();
    expect(ruleOf(formOf(rule))).toBe(rule);
    expect(formOf(rule).often).toBe(form.often);
  });

  it("is no rule while a part of it is missing", () => {
    expect(ruleOf({ ...FIRST_RULE, time: "" })).toBe("");
    expect(ruleOf({ ...FIRST_RULE, often: "weekly", days: [] })).toBe("");
  });

  it("of the last day is the last day", () => {
    expect(nextRun("0 12 L * *", "UTC", Date.UTC(2028, 1, 1))).toBe(Date.UTC(2028, 1, 29, 12));
  });
});
