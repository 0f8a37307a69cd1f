// What a script's parameters are filled in with: what the form begins with, what of it is sent, and what is wrong with it.
import { parameterProblems, type ScriptParameter } from "../../../worker/rules/scripts.ts";
import type { FieldErrors } from "../../ui/form.ts";

export type Values = Readonly<Record<string, string>>;

/** What a form begins with: what the script suggests, the first of a needed choice, a flag that is not set. */
export function initialValues(parameters: readonly ScriptParameter[]): Values {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, initialValue(parameter)]));
}

function initialValue(parameter: ScriptParameter): string {
  if (parameter.kind === "secret") return "";
  if (parameter.kind === "flag") return parameter.initial === "true" ? "true" : "false";
  if (parameter.initial !== undefined) return parameter.initial;
  return parameter.kind === "choice" && parameter.required ? (parameter.choices?.[0] ?? "") : "";
}

/** Without what was left empty. */
export function sentValues(values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

/** What is wrong, by parameter, with the bounds that the words name. */
export function valueFaults(parameters: readonly ScriptParameter[], values: Values): FieldErrors {
  return Object.fromEntries(
    Object.entries(parameterProblems(parameters, sentValues(values))).map(([name, code]) => {
      const parameter = parameters.find((candidate) => candidate.name === name);
      return [
        name,
        {
          code: parameter?.kind === "number" && code === "format" ? "whole_number" : code,
          params: {
            ...(parameter?.minimum === undefined ? {} : { minimum: parameter.minimum }),
            ...(parameter?.maximum === undefined ? {} : { maximum: parameter.maximum }),
          },
        },
      ];
    }),
  );
}
