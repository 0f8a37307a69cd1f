// Checks of the account forms that need no request; codes are keys of the dictionary (`field.…`).
import { ACCOUNT_PASSWORD_LENGTH } from "../../../worker/rules/names.ts";
import type { FieldErrors } from "../../ui/form.ts";

export function emailProblem(email: string): string | null {
  const trimmed = email.trim();
  if (trimmed === "") return "required";
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(trimmed) && trimmed.length <= 254 ? null : "email_format";
}

export function accountPasswordProblem(password: string): string | null {
  if (password === "") return "required";
  if (password.length < ACCOUNT_PASSWORD_LENGTH.min) return "account_password_short";
  return password.length > ACCOUNT_PASSWORD_LENGTH.max ? "too_long" : null;
}

/** A code of an authenticator app: six digits, however they are spaced. */
export function codeProblem(code: string): string | null {
  const digits = code.replaceAll(/\s/g, "");
  if (digits === "") return "required";
  return /^\d{6}$/.test(digits) ? null : "code_format";
}

/** Keeps the fields that something is wrong with. */
export function faults(found: Record<string, string | null>): FieldErrors {
  return Object.fromEntries(
    Object.entries(found).flatMap(([field, code]) => (code === null ? [] : [[field, { code }]])),
  );
}

/** A path on this origin to go to after signing in; anything else leads to the start. */
export function safeReturnPath(wanted: unknown): string {
  return typeof wanted === "string" && /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}
