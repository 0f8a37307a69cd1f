// Moves a guest to another node: off, with its local disks; or on, while it goes on running.
import { failed } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import type { GuestState } from "../state.ts";
import type { TaskContext } from "../tasks.ts";
import { disksOf, drivesOf, formatDrive, isCdrom, isCloudInit, type Drive } from "./drives.ts";
import { kindOf, refuseLocked } from "./machines.ts";

export interface MigrateOrder {
  vmid: number;
  node: string;
  target: string;
  /** A guest that is on goes on running while it moves. */
  online: boolean;
  /** A container that is on is shut down, moved, and started again. */
  restart: boolean;
  /** Disks on storages of the node itself move along with a running guest. */
  withLocalDisks: boolean;
  /** Where local disks go; their own storage where undefined. */
  storage?: string;
}

export interface LocalDisk {
  slot: string;
  volid: string;
  size: number;
  cdrom: boolean;
  isUnused: boolean;
}

const CONNECT_MS = 500;
const MEMORY_MS = 2_000;
const DISK_MS = 3_000;
const SHUTDOWN_MS = 180_000;

/** Drives of the guest that only its node can reach. */
export function localDisks(lab: Lab, guest: GuestState): LocalDisk[] {
  const slots: [string, Drive][] = kindOf(guest) === "lxc" ? disksOf(guest.config) : drivesOf(guest.config);
  const unused = Object.entries(guest.config)
    .filter(([key]) => /^unused\d+$/.test(key))
    .map(([key, volid]): [string, Drive] => [key, { volid, options: {} }]);
  return [...slots, ...unused].flatMap(([slot, drive]) => {
    const volume = lab.machines.volumes.get(drive.volid);
    if (volume === undefined || lab.state.storages[volume.storage]?.shared === 1) return [];
    const cdrom = isCdrom(drive);
    return [{ slot, volid: drive.volid, size: volume.sizeBytes, cdrom, isUnused: slot.startsWith("unused") }];
  });
}

/** The work of a migration task. */
export async function migrateGuest(lab: Lab, order: MigrateOrder, context: TaskContext): Promise<void> {
  const { vmid, node, target } = order;
  const guest = lab.state.guests[vmid];
  if (guest === undefined || guest.node !== node) throw failed(`no such guest ${vmid} on node '${node}'`);
  refuseLocked(guest);
  const kind = kindOf(guest);
  const name = kind === "lxc" ? "CT" : "VM";
  const log = (line: string): void => context.log(`${timestamp()} ${line}`);
  const startedAtMs = Date.now();
  log(`starting migration of ${name} ${vmid} to node '${target}' (10.99.0.${lab.state.nodes.indexOf(target) + 1})`);
  guest.config["lock"] = "migrate";
  lab.store.changed();
  const startsAgain = kind === "lxc" && lab.machines.running(vmid) !== undefined;
  try {
    await lab.clock.pause(CONNECT_MS, context.signal);
    if (lab.nodes.health(target) !== "up") throw failed("Can't connect to destination address using public key");
    if (startsAgain) {
      log(`shutdown CT ${vmid}`);
      if (!(await lab.machines.shutDown(vmid, SHUTDOWN_MS, context.signal))) throw failed("CT shutdown failed");
    }
    await moveDisks(lab, order, guest, log, context.signal);
    if (lab.machines.running(vmid) !== undefined) {
      log(`starting VM ${vmid} on remote node '${target}'`);
      log(`starting online/live migration on unix:/run/qemu-server/${vmid}.migrate`);
      await lab.clock.pause(MEMORY_MS, context.signal);
      log("migration status: completed");
    }
    guest.node = target;
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    log(`ERROR: migration aborted (duration ${duration(startedAtMs)}): ${why}`);
    throw failed("migration aborted");
  } finally {
    delete guest.config["lock"];
    lab.store.changed();
  }
  if (startsAgain) {
    log(`start container on target node`);
    await lab.machines.powerOn(target, vmid, context.log, { kind });
  }
  log(`migration finished successfully (duration ${duration(startedAtMs)})`);
}

async function moveDisks(
  lab: Lab,
  order: MigrateOrder,
  guest: GuestState,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { volumes } = lab.machines;
  const disks = localDisks(lab, guest);
  const isOn = lab.machines.running(order.vmid) !== undefined;
  for (const disk of disks) {
    const volume = volumes.require(disk.volid);
    const drive: Drive = { volid: disk.volid, options: disk.cdrom ? { media: "cdrom" } : {} };
    if (disk.cdrom && !isCloudInit(drive)) throw failed(`can't migrate local cdrom '${disk.volid}'`);
    if (volume.parent !== undefined)
      throw failed(`can't migrate '${disk.volid}' as it's a clone of '${baseName(volume.parent)}'`);
    if (volumes.childrenOf(disk.volid).length > 0)
      throw failed(`can't migrate '${disk.volid}' as it is the base of linked clones`);
    if (isOn && !disk.cdrom && !order.withLocalDisks)
      throw failed("can't live migrate attached local disks without with-local-disks option");
  }
  for (const disk of disks) {
    log(`copying local disk '${disk.volid}' (${disk.isUnused ? "unused" : "attached"})`);
    if (!disk.cdrom) await lab.clock.pause(DISK_MS, signal);
    const volume = volumes.require(disk.volid);
    const storage = order.storage ?? volume.storage;
    const volid = `${storage}:${disk.volid.slice(disk.volid.indexOf(":") + 1)}`;
    delete lab.state.volumes[disk.volid];
    lab.state.volumes[volid] = { ...volume, storage, node: order.target };
    const line = guest.config[disk.slot] ?? "";
    guest.config[disk.slot] = disk.isUnused ? volid : replaced(line, disk.volid, volid);
  }
}

function replaced(line: string, from: string, to: string): string {
  const drive = drivesOf({ scsi0: line })[0]?.[1];
  return drive !== undefined && drive.volid === from ? formatDrive({ ...drive, volid: to }) : line.replace(from, to);
}

function baseName(volid: string): string {
  return volid.slice(volid.lastIndexOf("/") + 1);
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace("T", " ");
}

function duration(sinceMs: number): string {
  return new Date(Date.now() - sinceMs).toISOString().slice(11, 19);
}
