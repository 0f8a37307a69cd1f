// The filter of the audit as it stands in the page's address, so that a view can be kept and sent to others.
import type { AuditOutcome } from "../../../worker/rules/views.ts";
import type { AuditFilter } from "../../api-people.ts";

/** As in the address: everything is text, dates are days of the reader's calendar. */
export interface FilterText {
  actor?: string;
  action?: string;
  outcome?: string;
  from?: string;
  to?: string;
  tenant?: string;
  below?: string;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The filter that the Worker takes; what is not understood is left out. */
export function filterOf(text: FilterText): AuditFilter {
  const from = startOfDay(text.from, 0);
  // The day that is named counts as a whole.
  const to = startOfDay(text.to, 1);
  return {
    ...(text.actor ? { actor: text.actor } : {}),
    ...(text.action ? { action: text.action } : {}),
    ...(text.outcome ? { outcome: text.outcome as AuditOutcome } : {}),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    ...(text.tenant ? { tenant: text.tenant } : {}),
    ...(text.below === "1" ? { below: true } : {}),
  };
}

/** Midnight of a day in the reader's time zone, or of so many days after it; null where it is none. */
function startOfDay(text: string | undefined, daysAfter: number): number | null {
  const [, year, month, day] = DAY.exec(text ?? "") ?? [];
  if (!year || !month || !day) return null;
  return new Date(Number(year), Number(month) - 1, Number(day) + daysAfter).getTime();
}
