// What is on a cluster beside guests that one knows: numbers in use, pools, users, disks; and how the portal's own are put right.
import { z } from "zod";
import { LooseNumber, Nothing, pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { isPveError } from "./errors.ts";
import { coresOf, diskGiBOf, memoryMiBOf, plannedConfig } from "./guests.ts";
import type { GuestAt, GuestConfig } from "./guests.ts";
import { volumePath } from "./storage.ts";

/**
 * GET /cluster/nextid?vmid=: whether no guest has this number, wherever it is and whoever may see it. The cluster's own list
 * answers, which knows the guests of a node that is off as well.
 */
export async function isNumberFree(access: PveAccess, vmid: number): Promise<boolean> {
  try {
    await pveRequest(access, "GET", pvePath`/cluster/nextid`, { vmid }, LooseNumber);
    return true;
  } catch (error) {
    if (isPveError(error, "exists")) return false;
    throw error;
  }
}

const Pools = z.array(z.object({ poolid: z.string(), comment: z.string().optional() }));
export type PoolRow = z.infer<typeof Pools>[number];

/** GET /pools: those that the token may audit. */
export function listPools(access: PveAccess): Promise<PoolRow[]> {
  return pveRequest(access, "GET", pvePath`/pools`, {}, Pools);
}

const Users = z.array(z.object({ userid: z.string(), comment: z.string().optional() }));
export type UserRow = z.infer<typeof Users>[number];

/** GET /access/users: those that the token may see. */
export function listUsers(access: PveAccess): Promise<UserRow[]> {
  return pveRequest(access, "GET", pvePath`/access/users`, {}, Users);
}

/** PUT /pools: moves a guest from whatever pool it is in to this one. */
export async function moveToPool(access: PveAccess, pool: string, vmid: number): Promise<void> {
  await pveRequest(access, "PUT", pvePath`/pools`, { poolid: pool, vms: vmid, "allow-move": 1 }, Nothing);
}

const Storages = z.array(z.object({ storage: z.string(), shared: LooseNumber.optional() }));

/** GET /nodes/{node}/storage: those with guests' disks that the token may see. */
export function diskStorages(access: PveAccess, node: string): Promise<z.infer<typeof Storages>> {
  return pveRequest(access, "GET", pvePath`/nodes/${node}/storage`, { content: "images" }, Storages);
}

const Volumes = z.array(z.object({ volid: z.string(), vmid: LooseNumber.optional(), size: LooseNumber.optional() }));
export type VolumeRow = z.infer<typeof Volumes>[number];

/** GET …/content: disks of machines and roots of containers on a storage, of those that the token may see. */
export async function diskVolumes(access: PveAccess, node: string, storage: string): Promise<VolumeRow[]> {
  const path = pvePath`/nodes/${node}/storage/${storage}/content`;
  const lists = await Promise.all(
    ["images", "rootdir"].map((content) => pveRequest(access, "GET", path, { content }, Volumes)),
  );
  return lists.flat();
}

/** DELETE …/content/{volume}; answers the task's id, or nothing where it was done at once. */
export function removeVolume(access: PveAccess, node: string, volid: string): Promise<string> {
  const answer = z.union([Upid, z.null().transform(() => "")]);
  return pveRequest(access, "DELETE", volumePath(node, volid), {}, answer);
}

/** A guest's configuration with what is set for its next start; null where there is none that the token may see. */
export async function configIfSeen(access: PveAccess, at: GuestAt): Promise<GuestConfig | null> {
  try {
    return await plannedConfig(access, at);
  } catch (error) {
    if (isPveError(error, "forbidden", "absent")) return null;
    throw error;
  }
}

/** What a guest takes by its configuration: all its disks and mounts but CD drives and firmware; what is set for its next start counts. */
export function sizeOf(config: GuestConfig): { cores: number; memoryMiB: number; diskGiB: number } {
  const disks = Object.keys(config).filter(
    (slot) => /^((scsi|virtio|sata|ide|mp)\d+|rootfs)$/.test(slot) && !/(^|,)media=cdrom/.test(String(config[slot])),
  );
  return {
    cores: coresOf(config) * Number(config.sockets ?? 1),
    memoryMiB: memoryMiBOf(config),
    diskGiB: disks.reduce((sum, slot) => sum + (diskGiBOf(config, slot) ?? 0), 0),
  };
}
