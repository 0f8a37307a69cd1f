// The limits of a tenant as they are typed, and as they are sent.
import type { ChildQuotaRow, Limits, Modes } from "../../../worker/rules/views-tree.ts";
import { RESOURCES, type EnvelopeMode, type Resource } from "../../../worker/rules/views.ts";

/** Limits as typed; null is an empty field, which gives nothing. */
export type TypedLimits = Record<Resource, number | null>;
export type TypedModes = Record<Resource, EnvelopeMode>;

export function emptyLimits(): TypedLimits {
  return Object.fromEntries(RESOURCES.map((resource) => [resource, null])) as TypedLimits;
}

/** The mode that a new child starts with: everything its own, so that nothing is shared by accident. */
export function carvedModes(): TypedModes {
  return Object.fromEntries(RESOURCES.map((resource) => [resource, "carve"])) as TypedModes;
}

/** The limits that a child has of its own. */
export function ownLimits(rows: readonly ChildQuotaRow[]): TypedLimits {
  const limits = emptyLimits();
  for (const row of rows) if (row.mode === "carve") limits[row.resource] = row.limit;
  return limits;
}

/** How each resource is handed to a child; what has no row of its own is shared. */
export function modesOf(rows: readonly ChildQuotaRow[]): TypedModes {
  const modes = Object.fromEntries(RESOURCES.map((resource) => [resource, "share"])) as TypedModes;
  for (const row of rows) modes[row.resource] = row.mode;
  return modes;
}

/** The body for the Worker: what was left empty is zero; only what is carved has a limit, only what changes has a mode. */
export function limitsBody(
  typed: TypedLimits,
  modes: TypedModes,
  before: TypedModes,
): { limits: Limits; modes?: Modes } {
  const carved = RESOURCES.filter((resource) => modes[resource] === "carve");
  const changed = RESOURCES.filter((resource) => modes[resource] !== before[resource]);
  return {
    limits: Object.fromEntries(carved.map((resource) => [resource, typed[resource] ?? 0])),
    ...(changed.length > 0
      ? { modes: Object.fromEntries(changed.map((resource) => [resource, modes[resource]])) }
      : {}),
  };
}
