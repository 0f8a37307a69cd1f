// What giving a child its limits does to the giver's own quota; pure, so that the form can show it while one types.
import { RESOURCES, type QuotaView, type Resource } from "../../../worker/rules/views.ts";
import type { Limits } from "../../api.ts";

/** Limits as typed; null is an empty field, which gives nothing. */
export type TypedLimits = Record<Resource, number | null>;

export interface CarveRow {
  resource: Resource;
  limit: number;
  /** What the giver has used, without what this child holds now. */
  used: number;
  asked: number;
  left: number;
  fits: boolean;
}

export function emptyLimits(): TypedLimits {
  return Object.fromEntries(RESOURCES.map((resource) => [resource, null])) as TypedLimits;
}

/** The limits that a child has of its own. */
export function ownLimits(quota: QuotaView["resources"]): TypedLimits {
  const limits = emptyLimits();
  for (const row of quota) if (row.own) limits[row.resource] = row.limit;
  return limits;
}

/** The body for the Worker: what was left empty is zero. */
export function limitsBody(typed: TypedLimits): Limits {
  return Object.fromEntries(Object.entries(typed).map(([resource, value]) => [resource, value ?? 0]));
}

/** The giver's quota as it would be: each limit given to a child is a charge on the giver. */
export function previewCarve(giver: QuotaView["resources"], typed: TypedLimits, before: TypedLimits): CarveRow[] {
  return giver
    .filter((row) => typed[row.resource] !== null || before[row.resource] !== null)
    .map((row) => {
      const asked = typed[row.resource] ?? 0;
      const used = Math.max(0, row.used - (before[row.resource] ?? 0));
      const left = row.limit - used - asked;
      return { resource: row.resource, limit: row.limit, used, asked, left, fits: left >= 0 };
    });
}
