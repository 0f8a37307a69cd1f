// Scripts of the catalogue: what their parameters may be, and whether what was filled in fits.

export const SCRIPT_EVENTS = ["first_boot", "after_boot", "before_shutdown", "on_demand"] as const;
export type ScriptEvent = (typeof SCRIPT_EVENTS)[number];

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

/** Environment variables of a script, as lines for a POSIX shell: every value in single quotes. */
export function environmentLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        `NBX_${name.toUpperCase()}='${value.replaceAll("'", String.raw`'\''`)}'; export NBX_${name.toUpperCase()}`,
    )
    .join("\n");
}
