// What one run of the reconciler lays side by side: the cluster's own list, the services that should be on it, the tenants' pools.
import { and, eq, inArray, isNull } from "drizzle-orm";
import { findings, identities, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { ownPrivileges } from "../../pve/access.ts";
import type { PveAccess } from "../../pve/client.ts";
import { clusterGuests } from "../../pve/guests.ts";
import type { GuestRow } from "../../pve/guests.ts";
import type { FindingKind } from "../../rules/views.ts";
import type { Skipped } from "../../rules/views-findings.ts";
import { provisionerOf } from "../clusters.ts";
import type { ClusterRow } from "../clusters.ts";
import type { ServiceRow } from "../services/services.ts";

/** Something that does not agree, before it is a row. */
export interface Found {
  kind: FindingKind;
  subject: string;
  tenantId: string | null;
  serviceId: string | null;
  details: Record<string, string | number>;
}

/** What a check has found, and of which earlier findings it could have told whether they still hold. */
export interface Checked {
  found: Found[];
  sees: (kind: FindingKind, subject: string) => boolean;
}

export interface Survey {
  cluster: ClusterRow;
  access: PveAccess;
  guests: GuestRow[];
  services: ServiceRow[];
  /** Tenant's id → its pool on this cluster. */
  pools: Map<string, string>;
  /** Services whose size was found wrong before and is looked at again. */
  doubted: Set<string>;
  skipped: Skipped[];
}

/**
 * The list is asked for before the database is read, so that a guest that is made in between belongs to a service whose
 * operation is still seen. Null where the token cannot see what it should: nothing is concluded from a list with holes.
 */
export async function surveyOf(deps: Deps, cluster: ClusterRow): Promise<Survey | null> {
  const access = await provisionerOf(deps, cluster);
  const rights = await ownPrivileges(access, `/pool/${cluster.pool}`);
  if (!rights.has("VM.Audit") || !rights.has("Pool.Audit")) return null;
  const guests = await clusterGuests(access);
  const [live, identityRows, doubted] = await Promise.all([
    deps.db
      .select()
      .from(services)
      .where(and(eq(services.clusterId, cluster.id), isNull(services.deletedAt))),
    deps.db.select().from(identities).where(eq(identities.clusterId, cluster.id)),
    deps.db
      .select({ serviceId: findings.serviceId })
      .from(findings)
      .where(and(eq(findings.kind, "size_differs"), isNull(findings.closedAt))),
  ]);
  return {
    cluster,
    access,
    guests,
    services: live,
    pools: new Map(identityRows.map((row) => [row.tenantId, row.pool])),
    doubted: new Set(doubted.flatMap((row) => row.serviceId ?? [])),
    skipped: [],
  };
}

/** Whether nothing is under way with a service, so that its guest should be just as its row says. */
export function isSettled(service: ServiceRow): boolean {
  return service.state === "ready" && service.operationId === null && service.vmid !== null;
}

/** The service as it is now, if it is still what it was when the list was compared with it; null otherwise. */
export async function unchanged(deps: Deps, service: ServiceRow): Promise<ServiceRow | null> {
  const [now] = await deps.db.select().from(services).where(eq(services.id, service.id));
  const isSame =
    now !== undefined &&
    isSettled(now) &&
    (["vmid", "cores", "memoryMiB", "diskGiB"] as const).every((column) => now[column] === service[column]);
  return isSame ? now : null;
}

/** Services of a cluster by their numbers, those included that were deleted: numbers never come back. */
export async function servicesByNumber(
  deps: Deps,
  clusterId: string,
  vmids: number[],
): Promise<Map<number, ServiceRow>> {
  const found = new Map<number, ServiceRow>();
  for (let start = 0; start < vmids.length; start += CHUNK) {
    const rows = await deps.db
      .select()
      .from(services)
      .where(and(eq(services.clusterId, clusterId), inArray(services.vmid, vmids.slice(start, start + CHUNK))));
    for (const row of rows) if (row.vmid !== null) found.set(row.vmid, row);
  }
  return found;
}

/** D1 takes 100 bound parameters a statement. */
const CHUNK = 90;

/** Whether a guest's description carries the mark of a service. */
export function carriesMark(description: string | undefined, serviceId: string): boolean {
  return description?.split(/\s+/).includes(`nubemox:${serviceId}`) ?? false;
}

/** The tenant whose pool has this name: its last part is the tenant's slug. */
export function tenantOfPool(pool: string | undefined): string | null {
  const slug = pool?.split("/").at(-1) ?? "";
  return slug.startsWith("t-") ? slug.replace("t-", "ten_") : null;
}
