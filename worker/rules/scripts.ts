// Scripts of the catalogue: when they run, what their parameters may be, and whether what was filled in fits.
import type { OperationKind } from "./views.ts";

export const SCRIPT_EVENTS = ["first_boot", "after_boot", "before_shutdown", "on_demand"] as const;
export type ScriptEvent = (typeof SCRIPT_EVENTS)[number];

/** Which scripts an operation runs in which of its steps; those that have no such script do not have the step. */
export const STEP_EVENTS: Partial<Record<OperationKind, Record<string, readonly ScriptEvent[]>>> = {
  launch: { scripts: ["first_boot"] },
  // What is rebuilt boots for the first time, and it has booted.
  rebuild: { scripts: ["first_boot", "after_boot"] },
  start: { scripts: ["after_boot"] },
  shutdown: { scripts: ["before_shutdown"] },
  reboot: { scripts: ["before_shutdown"], scripts_after: ["after_boot"] },
  script: { scripts: ["on_demand"] },
};

/** The most scripts that a launch, or a service, may have. */
export const MOST_CHOSEN = 20;
/** The most parameters of a script. */
export const MOST_PARAMETERS = 12;
/** Seconds that an operator may give a script. */
export const TIMEOUT_SECONDS = [1, 1_800] as const;

/** A parameter of a script; it comes to the script as the environment variable `NBX_<NAME>`. */
export interface ScriptParameter {
  /** Lower case letters, digits and `_`. */
  name: string;
  label: string;
  kind: "text" | "number" | "choice" | "secret" | "flag";
  required: boolean;
  /** What the form begins with; none for secrets. */
  initial?: string;
  /** Of a text: the longest, in characters. Of a number: the ends, both allowed. */
  maximum?: number;
  minimum?: number;
  /** Of a choice. */
  choices?: string[];
}

export type ParameterProblem = "required" | "format" | "too_long" | "too_small" | "too_big" | "unknown";

/** The longest text of any parameter. */
const LONGEST = 2_000;

/** What is wrong with the values filled in, by parameter; empty where all fits. Values are texts: `"true"` is a flag that is set. */
export function parameterProblems(
  parameters: readonly ScriptParameter[],
  values: Readonly<Record<string, string>>,
): Record<string, ParameterProblem> {
  const problems: Record<string, ParameterProblem> = {};
  for (const name of Object.keys(values)) {
    if (!parameters.some((parameter) => parameter.name === name)) problems[name] = "unknown";
  }
  for (const parameter of parameters) {
    const problem = parameterProblem(parameter, values[parameter.name] ?? "");
    if (problem) problems[parameter.name] = problem;
  }
  return problems;
}

function parameterProblem(parameter: ScriptParameter, value: string): ParameterProblem | null {
  if (value === "") return parameter.required ? "required" : null;
  switch (parameter.kind) {
    case "number":
      return numberProblem(parameter, value);
    case "choice":
      return parameter.choices?.includes(value) ? null : "format";
    case "flag":
      return value === "true" || value === "false" ? null : "format";
    default:
      if (value.length > Math.min(LONGEST, parameter.maximum ?? LONGEST)) return "too_long";
      // A line end would end a line of the file that the values travel in; the rest of the control characters have no use.
      return /^\P{C}*$/u.test(value) ? null : "format";
  }
}

function numberProblem(parameter: ScriptParameter, value: string): ParameterProblem | null {
  if (!/^-?\d{1,15}$/.test(value)) return "format";
  const number = Number(value);
  if (parameter.minimum !== undefined && number < parameter.minimum) return "too_small";
  return parameter.maximum !== undefined && number > parameter.maximum ? "too_big" : null;
}

/** What is wrong with a parameter as an operator has made it up, and in which of its fields; null where nothing is. */
export function definitionProblem(
  parameter: ScriptParameter,
): { field: keyof ScriptParameter; problem: ParameterProblem } | null {
  const { kind, choices = [], minimum, maximum, initial = "" } = parameter;
  if (kind === "choice" && choices.length === 0) return { field: "choices", problem: "required" };
  if (minimum !== undefined && maximum !== undefined && maximum < minimum)
    return { field: "maximum", problem: "too_small" };
  if (initial === "") return null;
  // It would be shown to everybody who may choose the script.
  if (kind === "secret") return { field: "initial", problem: "unknown" };
  const problem = parameterProblem(parameter, initial);
  return problem && { field: "initial", problem };
}

/** What travels into a guest in one piece: 64 KiB, of which so much is for a script's body and for what was filled in. */
export const LONGEST_BODY = 40_000;
export const LONGEST_VALUES = 20_000;

/**
 * A text as an argument of the shell's `printf %b`: ASCII alone, since not every server and agent in between passes more.
 * Its length is what counts against {@link LONGEST_BODY} and {@link LONGEST_VALUES}.
 */
export function printfText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte) => {
    if (byte === BACKSLASH) return String.raw`\\`;
    const isPlain = byte === LINE_END || byte === TAB || (byte >= 0x20 && byte < 0x7f);
    return isPlain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}

const BACKSLASH = 0x5c;
const LINE_END = 0x0a;
const TAB = 0x09;

/** Environment variables of a script, as lines for a POSIX shell: every value in single quotes. */
export function environmentLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        `NBX_${name.toUpperCase()}='${value.replaceAll("'", String.raw`'\''`)}'; export NBX_${name.toUpperCase()}`,
    )
    .join("\n");
}
