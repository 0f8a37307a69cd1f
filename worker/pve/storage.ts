// Backups on Proxmox VE: made by vzdump, kept on a storage, restored under a new number.
import { z } from "zod";
import { LooseNumber, Nothing, pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess, PvePath } from "./client.ts";
import { isPveError } from "./errors.ts";
import type { GuestAt, GuestKind, NewGuest } from "./guests.ts";

const Storage = z.object({
  storage: z.string(),
  shared: LooseNumber.optional(),
  active: LooseNumber.optional(),
  enabled: LooseNumber.optional(),
});

/** Storages of a node that take backups and that the token may write to, those that all nodes share first. */
export async function backupStorages(access: PveAccess, node: string): Promise<string[]> {
  const rows = await pveRequest(
    access,
    "GET",
    pvePath`/nodes/${node}/storage`,
    { content: "backup", enabled: 1 },
    z.array(Storage),
  );
  return rows
    .filter((row) => row.active !== 0 && row.enabled !== 0)
    .toSorted((left, right) => (right.shared ?? 0) - (left.shared ?? 0) || left.storage.localeCompare(right.storage))
    .map((row) => row.storage);
}

const Volume = z.object({ volid: z.string(), size: LooseNumber, notes: z.string().optional() });
export type BackupVolume = z.infer<typeof Volume>;

/** GET …/content: the backups of one number that the token may see. */
export function backupVolumes(
  access: PveAccess,
  place: { node: string; storage: string; vmid: number },
): Promise<BackupVolume[]> {
  const path = pvePath`/nodes/${place.node}/storage/${place.storage}/content`;
  return pveRequest(access, "GET", path, { content: "backup", vmid: place.vmid }, z.array(Volume));
}

/**
 * POST /nodes/{node}/vzdump of one guest, which must be on that node. The node makes one backup at a time. `notes` may hold
 * neither braces nor backslashes, which the server would fill in. Answers the task's id.
 */
export function makeBackup(
  access: PveAccess,
  at: GuestAt,
  backup: { storage: string; notes: string; protected: boolean },
): Promise<string> {
  const params = { vmid: at.vmid, storage: backup.storage, mode: "snapshot", compress: "zstd" };
  const about = { "notes-template": backup.notes, protected: backup.protected };
  return pveRequest(access, "POST", pvePath`/nodes/${at.node}/vzdump`, { ...params, ...about }, Upid);
}

const Details = z.object({ size: LooseNumber, notes: z.string().optional(), protected: LooseNumber.optional() });

/** A backup that is kept; null where there is none of that name. */
export async function backupDetails(
  access: PveAccess,
  node: string,
  volid: string,
): Promise<{ notes: string; isProtected: boolean } | null> {
  try {
    const row = await pveRequest(access, "GET", volumePath(node, volid), {}, Details);
    return { notes: row.notes ?? "", isProtected: row.protected === 1 };
  } catch (error) {
    // What is not there has no format: that is how the server says it.
    if (isPveError(error, "absent") || (isPveError(error, "failed") && /no format/.test(error.detail))) return null;
    throw error;
  }
}

/** PUT: protects a backup from deletion, or no longer. */
export async function protectBackup(access: PveAccess, node: string, volid: string, on: boolean): Promise<void> {
  await pveRequest(access, "PUT", volumePath(node, volid), { protected: on }, Nothing);
}

/** DELETE of a backup, which must not be protected; answers the task's id. */
export function removeBackup(access: PveAccess, node: string, volid: string): Promise<string> {
  return pveRequest(access, "DELETE", volumePath(node, volid), {}, Upid);
}

/**
 * POST /nodes/{node}/qemu or …/lxc from a backup, with addresses and identities of its own, or over the guest of that number,
 * which must be off and whose disks go first; answers the task's id. A virtual machine's disks go where they were; of a container
 * the server wants to be told, and `storage` is where.
 */
export function restoreBackup(
  access: PveAccess,
  { kind, node, volid, storage }: { kind: GuestKind; node: string; volid: string; storage: string },
  guest: NewGuest & { cores: number; memoryMiB: number },
  where: "beside" | "over" = "beside",
): Promise<string> {
  const { memoryMiB: memory, ...rest } = guest;
  const how = where === "over" ? { force: 1 } : { unique: 1 };
  if (kind === "container") {
    const { name: hostname, ...others } = rest;
    const source = { ostemplate: volid, restore: 1, ...how, unprivileged: 1, storage };
    return pveRequest(access, "POST", pvePath`/nodes/${node}/lxc`, { ...source, hostname, memory, ...others }, Upid);
  }
  return pveRequest(access, "POST", pvePath`/nodes/${node}/qemu`, { archive: volid, ...how, memory, ...rest }, Upid);
}

/** A volume id's slashes are slashes of the path as well: the server takes all that follows `content/` as one. */
export function volumePath(node: string, volid: string): PvePath {
  const content = pvePath`/nodes/${node}/storage/${volid.split(":")[0] ?? ""}/content`;
  return volid.split("/").reduce<PvePath>((path, part) => `${path}${pvePath`/${part}`}` as PvePath, content);
}
