// Snapshots of guests: taken, rolled back to, dropped, each while the guest carries a lock that says so.
import { failed } from "../http/failure.ts";
import { nowSeconds } from "../clock.ts";
import type { Lab } from "../lab.ts";
import type { GuestState, SnapshotState } from "../state.ts";
import type { TaskContext } from "../tasks.ts";
import { disksOf, type Drive } from "./drives.ts";
import { applyPending, kindOf, refuseLocked, type GuestKind } from "./machines.ts";
import { hasAgent } from "./spec.ts";

/** Which guest, and the name of the snapshot. */
export interface SnapshotOrder {
  kind: GuestKind;
  node: string;
  vmid: number;
  name: string;
}

const MIB = 1_024 ** 2;
/** Simulated time that writing the memory takes, and that the rest does. */
const MEMORY_MS = 1_000;
const DISKS_MS = 300;
/** Members of a configuration that belong to the present and not to a snapshot of it. */
const PRESENT_ONLY = /^(lock|description|unused\d+|snapstate)$/;

/** Keeps the guest's options and disks, with `memory` what it is doing as well, under a name. */
export async function takeSnapshot(
  lab: Lab,
  order: SnapshotOrder & { description: string; memory: boolean },
  context: TaskContext,
): Promise<void> {
  const { vmid, name } = order;
  const { guest, snapshot } = await lab.machines.withLock(vmid, context.log, async () => prepared(lab, order));
  try {
    const machine = lab.machines.running(vmid);
    const memory = order.memory && machine !== undefined;
    if (memory) {
      snapshot.vmstate = await memoryVolume(lab, guest, order);
      context.log(`saving VM state and RAM using storage '${snapshot.vmstate.split(":")[0] ?? ""}'`);
      await lab.clock.pause(MEMORY_MS, context.signal);
      const mib = (lab.machines.volumes.get(snapshot.vmstate)?.sizeBytes ?? 0) / MIB;
      context.log(`completed saving the VM state in 1s, saved ${mib.toFixed(2)} MiB`);
    }
    const thaw = machine === undefined || memory ? null : await frozen(lab, vmid, guest, context.log);
    try {
      for (const [slot, drive] of disksOf(guest.config)) context.log(`snapshotting 'drive-${slot}' (${drive.volid})`);
      await lab.clock.pause(DISKS_MS, context.signal);
      if (machine === undefined) await onFiles(lab, guest.config, (file) => lab.runtime.snapshotDisk(file, name));
      else await machine.takeSnapshot(name, memory);
    } finally {
      await thaw?.();
    }
    if (machine !== undefined && kindOf(guest) === "qemu") context.log("internal qemu snapshot");
    delete snapshot.config["snapstate"];
    guest.config["parent"] = name;
  } catch (error) {
    delete guest.snapshots?.[name];
    if (snapshot.vmstate !== undefined) await lab.machines.volumes.remove(snapshot.vmstate);
    throw error;
  } finally {
    delete guest.config["lock"];
    lab.machines.changed();
  }
}

/** Takes the guest back: its disks and options, and what it was doing where the memory was kept; otherwise it is off, then. */
export async function rollBack(
  lab: Lab,
  order: SnapshotOrder & { start: boolean },
  context: TaskContext,
): Promise<void> {
  const { kind, node, vmid, name } = order;
  await lab.machines.withLock(vmid, context.log, async () => {
    const guest = lab.machines.require(node, vmid, kind);
    const snapshot = existing(guest, name);
    refuseLocked(guest);
    guest.config["lock"] = "rollback";
    try {
      await lab.machines.kill(vmid);
      await lab.clock.pause(DISKS_MS, context.signal);
      await onFiles(lab, snapshot.config, (file) => lab.runtime.rollbackDisk(file, name));
      restoreOptions(guest, snapshot, name);
    } finally {
      delete guest.config["lock"];
      lab.machines.changed();
    }
    if (snapshot.vmstate !== undefined) {
      await lab.machines.powerOn(node, vmid, context.log, { kind, resumeFrom: name });
      context.log("netdev net0: using 'host_mtu=1500' for migration compat");
    } else if (order.start) await lab.machines.powerOn(node, vmid, context.log, { kind });
  });
}

/** Forgets a snapshot; those taken after it get its parent. */
export async function dropSnapshot(
  lab: Lab,
  order: SnapshotOrder & { force: boolean },
  context: TaskContext,
): Promise<void> {
  const { kind, node, vmid, name } = order;
  existing(lab.machines.require(node, vmid, kind), name);
  await lab.machines.withLock(vmid, context.log, async () => {
    const guest = lab.machines.require(node, vmid, kind);
    const snapshot = existing(guest, name);
    refuseLocked(guest);
    guest.config["lock"] = "snapshot-delete";
    try {
      await lab.clock.pause(DISKS_MS, context.signal);
      await dropFromDisks(lab, vmid, guest, snapshot, name).catch((error: unknown) => {
        if (!order.force) throw error;
      });
      if (snapshot.vmstate !== undefined) await lab.machines.volumes.remove(snapshot.vmstate);
      delete guest.snapshots?.[name];
      for (const config of [guest.config, ...Object.values(guest.snapshots ?? {}).map((one) => one.config)]) {
        if (config["parent"] !== name) continue;
        if (snapshot.config["parent"] === undefined) delete config["parent"];
        else config["parent"] = snapshot.config["parent"];
      }
    } finally {
      delete guest.config["lock"];
      lab.machines.changed();
    }
  });
}

/** The named snapshot, or the server's refusal. */
export function existing(guest: GuestState, name: string): SnapshotState {
  const snapshot = guest.snapshots?.[name];
  if (snapshot === undefined) throw failed(`snapshot '${name}' does not exist`);
  return snapshot;
}

/** Flushes and holds the guest's file systems while its disks are copied; returns what lets go of them, null where there is no agent. */
export async function frozen(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  log: (line: string) => void,
): Promise<(() => Promise<void>) | null> {
  const machine = lab.machines.running(vmid);
  if (machine === undefined || !(guest.kind === "lxc" || hasAgent(guest.config)) || lab.machines.isPaused(vmid))
    return null;
  try {
    await machine.agentCommand("guest-fsfreeze-freeze");
  } catch {
    log("skipping guest filesystem freeze - agent configured but not running?");
    return null;
  }
  return async () => {
    await machine.agentCommand("guest-fsfreeze-thaw").catch(() => {});
  };
}

function prepared(
  lab: Lab,
  order: SnapshotOrder & { description: string },
): { guest: GuestState; snapshot: SnapshotState } {
  const guest = lab.machines.require(order.node, order.vmid, order.kind);
  if (guest.config["template"] === "1") throw failed("you can't take a snapshot if it's a template");
  refuseLocked(guest);
  guest.snapshots ??= {};
  if (guest.snapshots[order.name] !== undefined) throw failed(`snapshot name '${order.name}' already used`);
  if (disksOf(guest.config).some(([, drive]) => lab.machines.volumes.get(drive.volid)?.format === "subvol"))
    throw failed("snapshot feature is not available");
  const config = Object.fromEntries(Object.entries(guest.config).filter(([key]) => !PRESENT_ONLY.test(key)));
  const snapshot: SnapshotState = {
    takenAt: nowSeconds(),
    description: order.description,
    config: { ...config, snapstate: "prepare" },
  };
  guest.snapshots[order.name] = snapshot;
  guest.config["lock"] = "snapshot";
  lab.machines.changed();
  return { guest, snapshot };
}

async function memoryVolume(lab: Lab, guest: GuestState, order: SnapshotOrder): Promise<string> {
  const first = disksOf(guest.config)[0]?.[1];
  const storage = guest.config["vmstatestorage"] ?? first?.volid.split(":")[0];
  if (storage === undefined) throw failed("no storage found for the VM state");
  const counters = await lab.machines.running(order.vmid)?.counters();
  const place = { storage, node: guest.node, vmid: order.vmid, sizeBytes: counters?.memoryBytes ?? 0 };
  return lab.machines.volumes.allocateMemory(place, order.name);
}

/** The present keeps its own description and detached disks; disks that are newer than the snapshot become detached ones. */
function restoreOptions(guest: GuestState, snapshot: SnapshotState, name: string): void {
  const kept = Object.entries(guest.config).filter(([key]) => /^(description|unused\d+)$/.test(key));
  const known = new Set(volumesOf(snapshot.config));
  const newer = disksOf(guest.config)
    .map(([, drive]) => drive.volid)
    .filter((volid) => !known.has(volid));
  applyPending(guest);
  guest.config = { ...snapshot.config, ...Object.fromEntries(kept), parent: name };
  for (const volid of newer) {
    let index = 0;
    while (guest.config[`unused${index}`] !== undefined) index += 1;
    guest.config[`unused${index}`] = volid;
  }
}

async function dropFromDisks(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  snapshot: SnapshotState,
  name: string,
): Promise<void> {
  const machine = lab.machines.running(vmid);
  const attached = new Map(disksOf(guest.config).map(([slot, drive]) => [drive.volid, slot]));
  const isOn = ([, drive]: [string, Drive]): boolean => machine !== undefined && attached.has(drive.volid);
  const disks = disksOf(snapshot.config);
  const slots = disks.filter(isOn).map(([, drive]) => attached.get(drive.volid) ?? "");
  if (slots.length > 0) await machine?.dropSnapshot(name, slots);
  for (const [, drive] of disks.filter((disk) => !isOn(disk))) {
    const file = lab.machines.volumes.file(drive.volid);
    if (file !== null) await lab.runtime.dropDiskSnapshot(file, name);
  }
}

async function onFiles(lab: Lab, config: Record<string, string>, work: (file: string) => Promise<void>): Promise<void> {
  for (const volid of volumesOf(config)) {
    const file = lab.machines.volumes.file(volid);
    if (file !== null) await work(file);
  }
}

function volumesOf(config: Record<string, string>): string[] {
  return disksOf(config).map(([, drive]) => drive.volid);
}
