// Checks a request's body, query or path against a schema and names every field at fault.
import type { Context, Env, MiddlewareHandler, ValidationTargets } from "hono";
import { validator } from "hono/validator";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { FieldError } from "../errors.ts";

/**
 * Like hono's own validator, but throwing: a refusal does not become part of every client type.
 * @throws AppError `validation_failed` with a JSON pointer and a code per field, `body_unreadable` for broken JSON.
 */
export function validate<Target extends "json" | "query" | "param", Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
) {
  return validator(target, (value: unknown) => {
    // With its input, an issue tells a field that is missing from one of another type.
    const result = schema.safeParse(value, { reportInput: true });
    if (!result.success) throw new AppError("validation_failed", {}, { fields: result.error.issues.flatMap(fieldsOf) });
    return result.data as z.output<Schema>;
  }) as unknown as MiddlewareHandler<
    Env,
    string,
    {
      in: { [K in Target]: Target extends "json" ? z.input<Schema> : ValidationTargets[K] & z.input<Schema> };
      out: { [K in Target]: z.output<Schema> };
    }
  >;
}

/** A text whose rule answers a problem's code, as those of rules/names.ts do. */
export function ruled(rule: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const problem = rule(text);
    if (problem !== null) context.addIssue({ code: "custom", message: problem, params: { rule: true } });
  });
}

function fieldsOf(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), code: "unknown" }));
  return [{ pointer: pointer(issue.path), ...describe(issue) }];
}

function describe(issue: z.core.$ZodIssue): { code: string; params?: Record<string, string | number> } {
  switch (issue.code) {
    case "invalid_type":
      return { code: issue.input === undefined ? "required" : "type" };
    case "too_small":
      return { code: "too_small", params: { minimum: Number(issue.minimum) } };
    case "too_big":
      return { code: "too_big", params: { maximum: Number(issue.maximum) } };
    case "custom":
      return { code: issue.message };
    default:
      return { code: "format" };
  }
}

/** RFC 6901, as a URI fragment. */
function pointer(path: PropertyKey[]): string {
  return ["#", ...path.map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"))].join("/");
}

/** The route pattern's own parameter, always present where the pattern names it. */
export function param(context: Context, name: string): string {
  return context.req.param(name) ?? "";
}
