// Asking for more quota: what is short, and the wish that is open now; pure where it counts, one signal for the dialog.
import { createSignal } from "solid-js";
import type { Limits } from "../../../worker/rules/views-tree.ts";
import type { QuotaPreview, QuotaView } from "../../../worker/rules/views.ts";

/** Limits that a request would begin with; null while nobody asks. */
const [wish, setWish] = createSignal<Limits | null>(null);
export { wish };

/** Opens the request, filled in with these limits. */
export function askForMore(limits: Limits = {}): void {
  setWish(limits);
}

export function stopAsking(): void {
  setWish(null);
}

type Row = QuotaPreview["resources"][number];

/** How much more is needed of what does not fit. */
export function shortOf(rows: readonly Row[]): { resource: Row["resource"]; amount: number }[] {
  return rows.filter((row) => !row.fits).map((row) => ({ resource: row.resource, amount: row.asked - row.left }));
}

/** The limits with which all of it would fit. */
export function wishFor(rows: readonly Row[]): Limits {
  return Object.fromEntries(rows.filter((row) => !row.fits).map((row) => [row.resource, row.used + row.asked]));
}

/** The least that is more than now; what is shared has no limit of its own yet, so that any is more. */
function leastWish(row: QuotaView["resources"][number]): number {
  return row.own ? row.limit + 1 : 1;
}

/** What of a typed wish is more than there is now: only that is asked for. */
export function wanted(typed: Limits, now: QuotaView["resources"]): Limits {
  return Object.fromEntries(
    now.flatMap((row) => {
      const value = typed[row.resource];
      return value !== undefined && value >= leastWish(row) ? [[row.resource, value]] : [];
    }),
  );
}
