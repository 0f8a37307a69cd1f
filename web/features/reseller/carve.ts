// What giving a child its limits does to the giver's own quota; pure, so that the form can show it while one types.
import type { Limits, Modes } from "../../../worker/rules/views-tree.ts";
import { RESOURCES, type EnvelopeMode, type QuotaView, type Resource } from "../../../worker/rules/views.ts";

/** Limits as typed; null is an empty field, which gives nothing. */
export type TypedLimits = Record<Resource, number | null>;
export type TypedModes = Record<Resource, EnvelopeMode>;

/** What a child takes of a resource now: its own limit where it has one, else what it uses of the giver's. */
export interface ChildRow {
  resource: Resource;
  mode: EnvelopeMode;
  limit: number;
  used: number;
}

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

/** The mode that a new child starts with: everything its own, so that nothing is shared by accident. */
export function carvedModes(): TypedModes {
  return Object.fromEntries(RESOURCES.map((resource) => [resource, "carve"])) as TypedModes;
}

/** The limits that a child has of its own. */
export function ownLimits(rows: readonly ChildRow[]): TypedLimits {
  const limits = emptyLimits();
  for (const row of rows) if (row.mode === "carve") limits[row.resource] = row.limit;
  return limits;
}

/** How each resource is handed to a child; what has no row of its own is shared. */
export function modesOf(rows: readonly ChildRow[]): TypedModes {
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

/** The giver's quota as it would be: a carved limit is taken whole, what is shared as it is used. */
export function previewCarve(
  giver: QuotaView["resources"],
  typed: TypedLimits,
  modes: TypedModes,
  before: readonly ChildRow[],
): CarveRow[] {
  return giver.flatMap((row) => {
    const now = before.find((candidate) => candidate.resource === row.resource);
    const held = now?.mode === "carve" ? now.limit : now?.mode === "share" ? now.used : 0;
    const mode = modes[row.resource];
    const asked = mode === "carve" ? (typed[row.resource] ?? 0) : mode === "share" ? (now?.used ?? 0) : 0;
    if (asked === 0 && held === 0) return [];
    const used = Math.max(0, row.used - held);
    const left = row.limit - used - asked;
    return [{ resource: row.resource, limit: row.limit, used, asked, left, fits: left >= 0 }];
  });
}
