// Images for the drives of virtual machines: finding them on a node's storages, and changing what is in a guest's drive.
import { z } from "zod";
import { LooseNumber, pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt } from "./guests.ts";
import type { DriveChange, Options } from "../rules/drives.ts";

const Storages = z.array(z.object({ storage: z.string() }));
const Volumes = z.array(z.object({ volid: z.string(), size: LooseNumber.optional() }));
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._-]*:iso\/[A-Za-z0-9][A-Za-z0-9._+-]*$/;

export interface ImageVolume {
  volid: string;
  sizeBytes: number;
}

/** Images on a node that the token may see; those whose names would not be safe in a configuration are left out. */
export async function imageVolumes(access: PveAccess, node: string): Promise<ImageVolume[]> {
  const params = { content: "iso", enabled: 1 };
  const storages = await pveRequest(access, "GET", pvePath`/nodes/${node}/storage`, params, Storages);
  const found: ImageVolume[] = [];
  for (const { storage } of storages) found.push(...(await imagesOn(access, node, storage)));
  return found;
}

/** Images on one storage of a node. */
export async function imagesOn(access: PveAccess, node: string, storage: string): Promise<ImageVolume[]> {
  const path = pvePath`/nodes/${node}/storage/${storage}/content`;
  const rows = await pveRequest(access, "GET", path, { content: "iso" }, Volumes);
  return rows.filter(({ volid }) => IMAGE.test(volid)).map(({ volid, size = 0 }) => ({ volid, sizeBytes: size }));
}

/** POST …/config of a machine's drive and boot order, refused where the configuration is not the one of that digest. */
export function changeDrive(
  access: PveAccess,
  at: GuestAt,
  { set, drop }: DriveChange,
  digest: string | undefined,
): Promise<string> {
  const params = { ...set, delete: drop.length === 0 ? undefined : drop.join(","), digest };
  return pveRequest(access, "POST", guestPath(at, "config"), params, Upid);
}

const Scalar = z.union([z.string(), z.number()]);
const Pending = z.array(
  z.object({ key: z.string(), value: Scalar.optional(), pending: Scalar.optional(), delete: LooseNumber.optional() }),
);

/** GET …/pending: options as they are now, as they will be, and which of them wait for the next start. */
export async function pendingOptions(
  access: PveAccess,
  at: GuestAt,
): Promise<{ next: Options; waiting: ReadonlySet<string> }> {
  const rows = await pveRequest(access, "GET", guestPath(at, "pending"), {}, Pending);
  const kept = rows.filter((row) => row.delete === undefined);
  return {
    next: Object.fromEntries(kept.map((row) => [row.key, row.pending ?? row.value])),
    waiting: new Set(rows.filter((row) => row.pending !== undefined || row.delete !== undefined).map((row) => row.key)),
  };
}
