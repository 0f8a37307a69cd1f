// What is on a cluster beside guests that one knows: numbers in use, pools, users, disks; and how the portal's own are put right.
import { z } from "zod";
import { LooseNumber, Nothing, pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess, PvePath } from "./client.ts";
import { isPveError, PveError } from "./errors.ts";
import type { GuestAt, GuestConfig } from "./guests.ts";
import { diskGiBOf } from "./guests.ts";

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

/** DELETE /pools, which refuses one that is not empty; one that is gone already is fine. */
export async function removeEmptyPool(access: PveAccess, pool: string): Promise<void> {
  await unlessAbsent(pveRequest(access, "DELETE", pvePath`/pools`, { poolid: pool }, Nothing));
}

/** DELETE a user with its tokens and rights; one that is gone already is fine. */
export async function removeUserAccount(access: PveAccess, userId: string): Promise<void> {
  await unlessAbsent(pveRequest(access, "DELETE", pvePath`/access/users/${userId}`, {}, Nothing));
}

const Storages = z.array(z.object({ storage: z.string(), shared: LooseNumber.optional() }));

/** GET /nodes/{node}/storage: those with guests' disks that the token may see. */
export function diskStorages(access: PveAccess, node: string): Promise<z.infer<typeof Storages>> {
  return pveRequest(access, "GET", pvePath`/nodes/${node}/storage`, { content: "images" }, Storages);
}

const Volumes = z.array(z.object({ volid: z.string(), vmid: LooseNumber.optional(), size: LooseNumber.optional() }));
export type VolumeRow = z.infer<typeof Volumes>[number];

/** GET …/content: guests' disks on a storage, of those that the token may see. */
export function diskVolumes(access: PveAccess, node: string, storage: string): Promise<VolumeRow[]> {
  const path = pvePath`/nodes/${node}/storage/${storage}/content`;
  return pveRequest(access, "GET", path, { content: "images" }, Volumes);
}

/** DELETE …/content/{volume}; answers the task's id, or nothing where it was done at once. */
export function removeVolume(access: PveAccess, node: string, storage: string, volid: string): Promise<string> {
  if (!/^[A-Za-z0-9._-]+:[A-Za-z0-9._/-]+$/.test(volid) || volid.includes("..")) {
    throw new PveError("nonsense", 0, "a volume id that cannot be part of a path");
  }
  // The one id that may hold slashes: the server takes all that follows for it.
  const path = `${pvePath`/nodes/${node}/storage/${storage}/content/`}${encodeURIComponent(volid)}` as PvePath;
  return pveRequest(access, "DELETE", path, {}, z.union([Upid, z.null().transform(() => "")]));
}

const Config = z.looseObject({
  description: z.string().optional(),
  digest: z.string().optional(),
  lock: z.string().optional(),
});

/** GET …/config with what is set for the guest's next start; null where there is none that the token may see. */
export async function plannedConfig(access: PveAccess, at: GuestAt): Promise<GuestConfig | null> {
  try {
    return await pveRequest(access, "GET", pvePath`/nodes/${at.node}/qemu/${at.vmid}/config`, {}, Config);
  } catch (error) {
    if (isPveError(error, "forbidden", "absent")) return null;
    throw error;
  }
}

/** POST …/config with cores and memory only; answers the task's id. Applies at the guest's next start where it runs. */
export function setComputing(
  access: PveAccess,
  at: GuestAt,
  size: { cores: number; memoryMiB: number },
  digest: string | undefined,
): Promise<string> {
  const path = pvePath`/nodes/${at.node}/qemu/${at.vmid}/config`;
  const params = { cores: size.cores, memory: size.memoryMiB, sockets: 1, digest };
  return pveRequest(access, "POST", path, params, z.union([Upid, z.null().transform(() => "")]));
}

/** What a guest takes by its configuration: all its disks but CD drives and firmware; what is set for its next start counts. */
export function sizeOf(config: GuestConfig): { cores: number; memoryMiB: number; diskGiB: number } {
  const disks = Object.keys(config).filter(
    (slot) => /^(scsi|virtio|sata|ide)\d+$/.test(slot) && !/(^|,)media=cdrom/.test(String(config[slot])),
  );
  const memory = /^(?:current=)?(\d+)/.exec(String(config.memory ?? "512"))?.[1];
  return {
    cores: Number(config.cores ?? 1) * Number(config.sockets ?? 1),
    memoryMiB: Number(memory ?? 0),
    diskGiB: disks.reduce((sum, slot) => sum + (diskGiBOf(config, slot) ?? 0), 0),
  };
}

async function unlessAbsent(request: Promise<null>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!isPveError(error, "absent")) throw error;
  });
}
