// Snapshots of guests on Proxmox VE.
import { z } from "zod";
import { LooseNumber, pveRequest, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt, GuestConfig } from "./guests.ts";

const Row = z.object({
  name: z.string(),
  description: z.string().optional(),
  parent: z.string().optional(),
  vmstate: LooseNumber.optional(),
  /** Set while a snapshot is made or removed. */
  snapstate: z.string().optional(),
});
export type SnapshotRow = z.infer<typeof Row>;

/** GET …/snapshot: every snapshot, and `current`, which stands for the present. */
export function listSnapshots(access: PveAccess, at: GuestAt): Promise<SnapshotRow[]> {
  return pveRequest(access, "GET", guestPath(at, "snapshot"), {}, z.array(Row));
}

/** POST …/snapshot; with memory only a running virtual machine's is kept. Answers the task's id. */
export function takeSnapshot(
  access: PveAccess,
  at: GuestAt,
  snapshot: { name: string; description: string; withMemory: boolean },
): Promise<string> {
  const { name, description, withMemory } = snapshot;
  const path = guestPath(at, "snapshot");
  const memory = at.kind === "container" ? {} : { vmstate: withMemory };
  return pveRequest(access, "POST", path, { snapname: name, description, ...memory }, Upid);
}

/** POST …/rollback: the guest as it was, disks and options; off unless its memory was kept or `start`. Answers the task's id. */
export function rollBackTo(access: PveAccess, at: GuestAt, name: string, start: boolean): Promise<string> {
  const path = guestPath(at, "snapshot", name, "rollback");
  return pveRequest(access, "POST", path, { start: start ? 1 : undefined }, Upid);
}

/** DELETE …/snapshot/{name}; answers the task's id. */
export function dropSnapshot(access: PveAccess, at: GuestAt, name: string): Promise<string> {
  return pveRequest(access, "DELETE", guestPath(at, "snapshot", name), {}, Upid);
}

/** GET …/snapshot/{name}/config: the options that a rollback brings back. @throws PveError `absent` */
export function snapshotConfig(access: PveAccess, at: GuestAt, name: string): Promise<GuestConfig> {
  const path = guestPath(at, "snapshot", name, "config");
  return pveRequest(access, "GET", path, {}, z.looseObject({}));
}
