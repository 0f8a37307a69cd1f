// A script as an operator writes it: rows of a form, what is wrong with them, and the body of the request.
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import {
  definitionProblem,
  LONGEST_BODY,
  printfText,
  TIMEOUT_SECONDS,
  type ScriptEvent,
  type ScriptParameter,
} from "../../../worker/rules/scripts.ts";
import type { ScriptSourceView } from "../../../worker/rules/views-automation.ts";
import type { ScriptBody } from "../../api-automation.ts";
import type { FieldErrors } from "../../ui/form.ts";

export const KINDS = ["text", "number", "choice", "secret", "flag"] as const;

export interface DraftParameter {
  name: string;
  label: string;
  kind: ScriptParameter["kind"];
  required: boolean;
  initial: string;
  minimum: number | null;
  maximum: number | null;
  /** One on each line. */
  choices: string;
}

export interface Draft {
  name: string;
  description: string;
  events: readonly ScriptEvent[];
  parameters: readonly DraftParameter[];
  body: string;
  timeoutSeconds: number | null;
  active: boolean;
}

export const NEW_PARAMETER: DraftParameter = {
  name: "",
  label: "",
  kind: "text",
  required: false,
  initial: "",
  minimum: null,
  maximum: null,
  choices: "",
};

export const NEW_SCRIPT: Draft = {
  name: "",
  description: "",
  events: ["first_boot", "on_demand"],
  parameters: [],
  body: "#!/bin/sh\nset -eu\n",
  timeoutSeconds: 300,
  active: true,
};

export function draftOf(script: ScriptSourceView): Draft {
  return {
    ...script,
    parameters: script.parameters.map((parameter) => ({
      ...NEW_PARAMETER,
      ...parameter,
      initial: parameter.initial ?? "",
      minimum: parameter.minimum ?? null,
      maximum: parameter.maximum ?? null,
      choices: (parameter.choices ?? []).join("\n"),
    })),
  };
}

/** A row as the parameter that it stands for: only what its kind knows. */
export function parameterOf(row: DraftParameter): ScriptParameter {
  const { kind } = row;
  const choices = row.choices
    .split("\n")
    .map((choice) => choice.trim())
    .filter((choice, index, all) => choice !== "" && all.indexOf(choice) === index);
  const initial = kind === "secret" ? "" : kind === "flag" && row.initial !== "true" ? "" : row.initial.trim();
  return {
    name: row.name.trim(),
    label: row.label.trim(),
    kind,
    required: kind === "flag" ? false : row.required,
    ...(initial === "" ? {} : { initial }),
    ...(kind === "number" && row.minimum !== null ? { minimum: row.minimum } : {}),
    ...((kind === "number" || kind === "text" || kind === "secret") && row.maximum !== null
      ? { maximum: row.maximum }
      : {}),
    ...(kind === "choice" ? { choices } : {}),
  };
}

export function bodyOf(draft: Draft): ScriptBody {
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    events: [...draft.events],
    parameters: draft.parameters.map(parameterOf),
    body: draft.body,
    timeoutSeconds: draft.timeoutSeconds ?? 0,
    active: draft.active,
  };
}

/** What is wrong, by field; of a parameter as `parameters/0/name`, as the Worker points to it. */
export function draftFaults(draft: Draft): FieldErrors {
  const [shortest, longest] = TIMEOUT_SECONDS;
  const seconds = draft.timeoutSeconds;
  const found: Record<string, string | null> = {
    name: tenantNameProblem(draft.name),
    description: draft.description.length > 400 ? "too_long" : null,
    events: draft.events.length === 0 ? "choose_one" : null,
    body: draft.body.trim() === "" ? "required" : printfText(draft.body).length > LONGEST_BODY ? "too_long" : null,
    timeoutSeconds:
      seconds === null ? "required" : seconds < shortest ? "too_small" : seconds > longest ? "too_big" : null,
  };
  draft.parameters.forEach((row, index) => {
    for (const [field, code] of Object.entries(rowFaults(row, draft.parameters.slice(0, index))))
      found[`parameters/${index}/${field}`] = code;
  });
  return Object.fromEntries(
    Object.entries(found).flatMap(([field, code]) =>
      code === null ? [] : [[field, { code, params: { minimum: shortest, maximum: longest } }]],
    ),
  );
}

function rowFaults(row: DraftParameter, before: readonly DraftParameter[]): Record<string, string | null> {
  const parameter = parameterOf(row);
  const { name, label } = parameter;
  const unfit = definitionProblem(parameter);
  const isTaken = before.some((other) => other.name.trim() === name);
  const isName = /^[a-z][a-z0-9_]{0,31}$/.test(name);
  return {
    name: name === "" ? "required" : isName ? (isTaken ? "parameter_taken" : null) : "parameter_name",
    label: label === "" ? "required" : null,
    ...(unfit ? { [unfit.field]: WORDS[unfit.field] ?? unfit.problem } : {}),
  };
}

/** What is said of a field instead of what is said of any. */
const WORDS: Partial<Record<keyof ScriptParameter, string>> = { choices: "choices_few", initial: "initial_unfit" };
