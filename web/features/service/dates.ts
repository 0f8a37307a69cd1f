// Dates of a service as a form takes them, and what follows from them: pure.

export const DAY_MS = 24 * 3_600_000;
/** So long after its end date a service is still there. */
export const GRACE_DAYS = 7;
/** From so many days before its end on, a service says so on its page. */
export const SOON_DAYS = 7;
/** The furthest end that the Worker takes. */
const MOST_YEARS = 5;

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
  const furthest = new Date(now);
  furthest.setFullYear(furthest.getFullYear() + MOST_YEARS);
  return ms > furthest.getTime() ? "too_far" : null;
}

/** When one that ends then is deleted. */
export function deletedAt(expiresAt: number): number {
  return expiresAt + GRACE_DAYS * DAY_MS;
}
