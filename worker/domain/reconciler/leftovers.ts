// What outlived its owner: disks of guests that are gone, pools and users of tenants that are deleted.
import { inArray } from "drizzle-orm";
import { tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { ownPrivileges } from "../../pve/access.ts";
import { isPveError } from "../../pve/errors.ts";
import { diskStorages, diskVolumes, isNumberFree, listPools, listUsers } from "../../pve/inventory.ts";
import type { VolumeRow } from "../../pve/inventory.ts";
import { servicesByNumber } from "./survey.ts";
import type { Checked, Found, Survey } from "./survey.ts";

/** Storages that one run lists; a listing may be slow. */
const STORAGES_PER_RUN = 20;

/**
 * Disks with the number of a service whose guest is gone. Proxmox VE shows the disks of a guest that is no more only to those
 * who may allocate on the storage itself, which the portal's token needs for nothing else: where it may not, that is said.
 */
export async function checkDisks(deps: Deps, survey: Survey): Promise<Checked> {
  const { access, cluster } = survey;
  const nodes = cluster.nodes.filter((node) => node.online).map((node) => node.name);
  const seen = new Map<string, { node: string; storage: string; volume: VolumeRow }>();
  const mayList = new Map<string, boolean>();
  let listed = 0;
  for (const node of nodes) {
    const storages = await diskStorages(access, node).catch(() => null);
    if (storages === null) survey.skipped.push("disks");
    for (const { storage } of storages ?? []) {
      const rights =
        mayList.get(storage) ?? (await ownPrivileges(access, `/storage/${storage}`)).has("Datastore.Allocate");
      mayList.set(storage, rights);
      if (!rights || (listed += 1) > STORAGES_PER_RUN) {
        survey.skipped.push("disks");
        continue;
      }
      for (const volume of await diskVolumes(access, node, storage)) seen.set(volume.volid, { node, storage, volume });
    }
  }
  const guests = new Set(survey.guests.map((row) => row.vmid));
  const rows = [...seen.values()].filter(({ volume }) => volume.vmid !== undefined && !guests.has(volume.vmid));
  const owners = await servicesByNumber(deps, cluster.id, [
    ...new Set(rows.flatMap(({ volume }) => volume.vmid ?? [])),
  ]);
  const found: Found[] = [];
  for (const { node, storage, volume } of rows) {
    const vmid = volume.vmid ?? 0;
    const owner = owners.get(vmid);
    // Numbers never come back: a disk with the number of a service that has ended is that service's. Others are nobody's business.
    if (!owner || owner.operationId !== null || !["failed", "deleted"].includes(owner.state)) continue;
    if (!(await isNumberFree(access, vmid))) continue;
    found.push({
      kind: "disk_orphaned",
      subject: volume.volid,
      tenantId: owner.tenantId,
      serviceId: owner.id,
      details: { vmid, node, storage, gib: Math.ceil((volume.size ?? 0) / 2 ** 30), ours: 1 },
    });
  }
  return { found, sees: (kind) => kind === "disk_orphaned" && !survey.skipped.includes("disks") };
}

/** Pools and users with the mark of a tenant that is deleted, or that this portal does not know. */
export async function checkPools(deps: Deps, survey: Survey): Promise<Checked> {
  const root = `${survey.cluster.pool}/`;
  const [pools, users] = await Promise.all([
    listPools(survey.access),
    listUsers(survey.access).catch((error: unknown) => {
      if (isPveError(error, "forbidden")) return [];
      throw error;
    }),
  ]);
  const marked = [
    ...pools
      .filter((row) => row.poolid.startsWith(root))
      .map((row) => ({
        subject: `pool:${row.poolid}`,
        name: row.poolid.split("/").at(-1) ?? "",
        comment: row.comment,
      })),
    ...users.map((row) => ({
      subject: `user:${row.userid}`,
      name: row.userid.replace(/@pve$/, ""),
      comment: row.comment,
    })),
  ].flatMap(({ comment, ...row }) => {
    const tenantId = /^nubemox:(ten_[a-z0-9]+)$/.exec(comment ?? "")?.[1];
    return tenantId === undefined ? [] : [{ ...row, tenantId }];
  });
  const known = await tenantsBy(deps, [...new Set(marked.map((row) => row.tenantId))]);
  const found = marked.flatMap((row): Found[] => {
    const tenant = known.get(row.tenantId);
    if (tenant !== undefined && tenant.status !== "deleted") return [];
    // Of a tenant that this portal never had, another portal may know more.
    const ours = tenant !== undefined && tenant.slug === row.name ? 1 : 0;
    return [
      {
        kind: "pool_leftover",
        subject: row.subject,
        tenantId: tenant === undefined ? null : row.tenantId,
        serviceId: null,
        details: { what: row.subject.split(":")[0] ?? "", name: row.name, mark: row.tenantId, ours },
      },
    ];
  });
  return { found, sees: (kind) => kind === "pool_leftover" };
}

async function tenantsBy(deps: Deps, ids: string[]): Promise<Map<string, { status: string; slug: string }>> {
  const found = new Map<string, { status: string; slug: string }>();
  for (let start = 0; start < ids.length; start += 90) {
    const rows = await deps.db
      .select({ id: tenants.id, status: tenants.status, slug: tenants.slug })
      .from(tenants)
      .where(inArray(tenants.id, ids.slice(start, start + 90)));
    for (const { id, ...row } of rows) found.set(id, row);
  }
  return found;
}
