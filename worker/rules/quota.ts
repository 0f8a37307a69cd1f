// Arithmetic of the quota: what a launch takes and whether it fits; the server and the launch form share it.
import type { QuotaPreview, QuotaView, Resource } from "./views.ts";

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

/** Compares a demand with the envelopes' rows; a resource without a row has a limit of zero. */
export function preview(rows: QuotaView["resources"], demands: readonly Demand[]): QuotaPreview {
  const resources = demands.map(({ resource, amount }) => {
    const row = rows.find((candidate) => candidate.resource === resource);
    const limit = row?.limit ?? 0;
    const used = row?.used ?? 0;
    const left = Math.max(0, limit - used);
    return { resource, limit, used, asked: amount, left, fits: amount <= left };
  });
  return { allowed: resources.every((row) => row.fits), resources };
}

/** Whether a launch of this size fits, resource by resource. */
export function previewLaunch(rows: QuotaView["resources"], size: Size): QuotaPreview {
  return preview(rows, demandOfService(size));
}

/** Bounds of a size typed by hand; both ends are allowed. */
export const SIZE_BOUNDS = {
  cores: [1, 32],
  memoryMiB: [64, 131_072],
  diskGiB: [1, 2_048],
} as const satisfies Record<keyof Size, readonly [number, number]>;
