// When a service ends by itself: how far that has gone at a moment. The screens run the same code.

const DAY_MS = 86_400_000;

/** How long before the date its owners are warned. */
export const WARNINGS_MS = [7 * DAY_MS, DAY_MS] as const;
/** How long one that has expired is kept, off, before it is deleted. */
export const EXPIRY_GRACE_MS = 7 * DAY_MS;
/** The furthest date that can be set. */
export const FURTHEST_EXPIRY_MS = 5 * 366 * DAY_MS;
/** The longest grace that a deletion may have, in days. */
export const LONGEST_GRACE_DAYS = 30;

/** 0: nothing yet; then one more per warning that is due; 3: it has expired; 4: the time in which it is kept is over as well. */
export type ExpiryStage = 0 | 1 | 2 | 3 | 4;

/** How far it should have gone by now; times in milliseconds since 1970. */
export function expiryStageAt(expiresAt: number, now: number): ExpiryStage {
  if (now >= expiresAt + EXPIRY_GRACE_MS) return 4;
  if (now >= expiresAt) return 3;
  const due = WARNINGS_MS.filter((before) => now >= expiresAt - before).length;
  return due as 0 | 1 | 2;
}

/** When a deletion that begins now and is given these days of grace comes about. */
export function deletionAt(now: number, graceDays: number): number {
  return now + graceDays * DAY_MS;
}
