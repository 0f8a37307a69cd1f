// Which service stands behind which number of a cluster: ownership comes from the database, never from names or tags.
import { and, eq, inArray, isNull } from "drizzle-orm";
import { services } from "../db/schema.ts";
import type { Deps } from "../deps.ts";

export interface MappedGuest {
  serviceId: string;
  tenantId: string;
  operationId: string | null;
  address: string | null;
  powerSeenAt: number;
}

/** D1 takes 100 bound parameters a statement; the cluster's id is one. */
const CHUNK = 90;

export async function guestsByVmid(deps: Deps, clusterId: string, vmids: number[]): Promise<Map<number, MappedGuest>> {
  const found = new Map<number, MappedGuest>();
  for (let start = 0; start < vmids.length; start += CHUNK) {
    const rows = await deps.db
      .select({
        vmid: services.vmid,
        serviceId: services.id,
        tenantId: services.tenantId,
        operationId: services.operationId,
        address: services.address,
        powerSeenAt: services.powerSeenAt,
      })
      .from(services)
      .where(
        and(
          eq(services.clusterId, clusterId),
          inArray(services.vmid, vmids.slice(start, start + CHUNK)),
          isNull(services.deletedAt),
        ),
      );
    for (const { vmid, ...guest } of rows) if (vmid !== null) found.set(vmid, guest);
  }
  return found;
}
