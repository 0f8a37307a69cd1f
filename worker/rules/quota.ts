// Arithmetic of the quota: what a launch takes and whether it fits; the server and the launch form share it.
import type { ChildQuotaRow, Limits, Modes } from "./views-tree.ts";
import { RESOURCES } from "./views.ts";
import type { EnvelopeMode, QuotaPreview, QuotaView, Resource } from "./views.ts";

export interface Size {
  cores: number;
  memoryMiB: number;
  diskGiB: number;
}

/** What one resource takes, in the unit of that resource. */
export interface Demand {
  resource: Resource;
  amount: number;
}

/** What a service of this size takes from its tenant's envelopes for as long as it lives. */
export function demandOfService(size: Size): Demand[] {
  return [
    { resource: "vcpu", amount: size.cores },
    { resource: "memoryMiB", amount: size.memoryMiB },
    { resource: "diskGiB", amount: size.diskGiB },
    { resource: "services", amount: 1 },
  ];
}

/** What more a service takes that grows from one size to another. */
export function growthOfService(from: Size, to: Size): Demand[] {
  return demandOfService(to)
    .map((demand, index) => ({ ...demand, amount: demand.amount - (demandOfService(from)[index]?.amount ?? 0) }))
    .filter((demand) => demand.amount > 0);
}

/** What a snapshot takes for as long as it is there. */
export function demandOfSnapshot(): Demand[] {
  return [{ resource: "snapshots", amount: 1 }];
}

/** What a backup of this many GiB takes for as long as it is there. */
export function demandOfBackup(gib: number): Demand[] {
  return [
    { resource: "backups", amount: 1 },
    { resource: "backupGiB", amount: gib },
  ];
}

/** Compares a demand with the envelopes' rows; a resource without a row has a limit of zero. */
export function preview(rows: QuotaView["resources"], demands: readonly Demand[]): QuotaPreview {
  const resources = demands.map(({ resource, amount }) => {
    const row = rows.find((candidate) => candidate.resource === resource);
    const limit = row?.limit ?? 0;
    const used = row?.used ?? 0;
    const left = Math.max(0, limit - used);
    return { resource, limit, used, asked: amount, left, fits: amount <= left, own: row?.own ?? false };
  });
  return { allowed: resources.every((row) => row.fits), resources };
}

/** Whether a launch of this size fits, resource by resource. */
export function previewLaunch(rows: QuotaView["resources"], size: Size): QuotaPreview {
  return preview(rows, demandOfService(size));
}

/** What is handed out of a physical capacity that is overcommitted by so many percent; the database reckons the same. */
export function limitOfCapacity(physical: number, ratioPercent: number): number {
  return Math.floor((physical * ratioPercent) / 100);
}

/** Bounds of a size typed by hand; both ends are allowed. */
export const SIZE_BOUNDS = {
  cores: [1, 32],
  memoryMiB: [64, 131_072],
  diskGiB: [1, 2_048],
} as const satisfies Record<keyof Size, readonly [number, number]>;

/** What one resource of a carve does to the one who carves. */
export interface CarveRow {
  resource: Resource;
  mode: EnvelopeMode;
  /** The giver's limit. */
  limit: number;
  /** What the giver has used, without what this child takes now. */
  used: number;
  /** What the child takes of it from then on: its whole limit where it is carved, what it uses where it is shared. */
  asked: number;
  /** What the child has used already: it cannot be given less. */
  least: number;
  /** Below zero where the giver has not enough. */
  left: number;
  fits: boolean;
}

export interface CarvePreview {
  allowed: boolean;
  resources: CarveRow[];
}

/**
 * What limits and modes for a child do to the giver's quota. Where a mode is not named it stays, but that a limit makes what was
 * shared the child's own; a child that is not there yet (no rows) is carved.
 */
export function previewCarve(
  giver: QuotaView["resources"],
  child: readonly ChildQuotaRow[],
  carve: { limits: Limits; modes?: Modes | undefined },
): CarvePreview {
  const resources = RESOURCES.flatMap((resource): CarveRow[] => {
    const mode = carve.modes?.[resource];
    const wanted = carve.limits[resource];
    if (mode === undefined && wanted === undefined) return [];
    const row = giver.find((candidate) => candidate.resource === resource);
    const now = child.find((candidate) => candidate.resource === resource);
    const target = mode ?? (now?.mode === "reject" ? "reject" : "carve");
    const least = now?.used ?? 0;
    const present = presentOf(now);
    const asked = target === "share" ? least : target === "reject" ? 0 : (wanted ?? Math.max(present, least));
    const used = Math.max(0, (row?.used ?? 0) - present);
    const left = (row?.limit ?? 0) - used - asked;
    const isMeant = target === "carve" || (wanted ?? 0) === 0;
    const fits = asked >= least && isMeant && left >= 0;
    return [{ resource, mode: target, limit: row?.limit ?? 0, used, asked, least, left, fits }];
  });
  return { allowed: resources.every((row) => row.fits), resources };
}

/** What a child takes of its giver's envelope now: its limit where it is carved, what it uses where it is shared. */
export function presentOf(row: ChildQuotaRow | undefined): number {
  if (!row) return 0;
  return row.mode === "share" ? row.used : row.limit;
}
