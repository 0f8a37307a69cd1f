// Dates of a service as a form takes them, and what follows from them: pure.
import { EXPIRY_GRACE_MS, FURTHEST_EXPIRY_MS, WARNINGS_MS } from "../../../worker/rules/expiry.ts";

export const DAY_MS = 24 * 3_600_000;

/** Whether the end is near enough to be told wherever the service stands: owners are warned by then. */
export function endsSoon(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && expiresAt - now < WARNINGS_MS[0];
}

/** As a field of date and time shows it, in the reader's own time zone: `2026-12-24T18:00`. */
export function toField(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Null where nothing whole was typed. */
export function fromField(text: string): number | null {
  const ms = new Date(text).getTime();
  return text === "" || Number.isNaN(ms) ? null : ms;
}

/** What is wrong with an end date, as a code of the dictionary (`field.…`). */
export function endProblem(text: string, now: number): string | null {
  const ms = fromField(text);
  if (ms === null) return "required";
  if (ms <= now) return "past";
  return ms > now + FURTHEST_EXPIRY_MS ? "too_far" : null;
}

/** When one that ends then is deleted. */
export function deletedAt(expiresAt: number): number {
  return expiresAt + EXPIRY_GRACE_MS;
}
