// Clones a guest: linked copies of a template's disks or full copies, with identities of its own.
import { randomUUID } from "node:crypto";
import { failed, oneLine } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import { nowSeconds } from "../clock.ts";
import type { GuestState } from "../state.ts";
import type { TaskContext } from "../tasks.ts";
import { withMac } from "./configure.ts";
import { containerCard } from "./containers.ts";
import { disksOf, drivesOf, formatDrive, formatSize, isCdrom, isCloudInit, type Drive } from "./drives.ts";

export interface CloneOrder {
  /** A virtual machine unless given. */
  kind?: "lxc";
  source: number;
  node: string;
  target: string;
  newid: number;
  full: boolean;
  name?: string;
  description?: string;
  pool?: string;
  storage?: string;
  /** Snapshot whose state is copied, in place of the present one. */
  snapshot?: string;
}

/** Simulated time that the copying takes. */
const LINKED_MS = 1_500;
const FULL_MS = 3_000;

/** Makes the clone; it joins its pool at the very end, so that until then a pool's rights do not reach it. */
export async function cloneGuest(lab: Lab, order: CloneOrder, context: TaskContext): Promise<void> {
  const { machines, state } = lab;
  const source = machines.require(order.node, order.source, order.kind);
  if (state.guests[order.newid] !== undefined)
    throw failed(`unable to create VM ${order.newid}: config file already exists`);
  const title = order.kind === "lxc" ? "CT" : "VM";
  const guest: GuestState = {
    ...(order.kind === "lxc" ? { kind: order.kind } : {}),
    node: order.target,
    config: { lock: "clone" },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: source.flavour,
  };
  state.guests[order.newid] = guest;
  machines.changed();
  try {
    context.log(`creating a clone of ${title} ${order.source} with ID ${order.newid}`);
    await lab.clock.pause(order.full ? FULL_MS : LINKED_MS, context.signal);
    const config = await clonedConfig(lab, order, source, context);
    guest.config = config;
    if (order.pool !== undefined) {
      const pool = state.pools[order.pool];
      if (pool === undefined) throw failed(`pool '${order.pool}' does not exist`);
      pool.vms.push(order.newid);
    }
    machines.changed();
  } catch (error) {
    for (const [volid] of machines.volumes.ofGuest(order.newid)) await machines.volumes.remove(volid);
    machines.forget(order.newid);
    throw failed(`clone failed: ${oneLine(error)}`);
  }
}

async function clonedConfig(
  lab: Lab,
  order: CloneOrder,
  source: GuestState,
  context: TaskContext,
): Promise<Record<string, string>> {
  const {
    template: _template,
    lock: _lock,
    parent: _parent,
    ...config
  } = order.snapshot === undefined ? source.config : (source.snapshots?.[order.snapshot]?.config ?? {});
  for (const [key, value] of Object.entries(config)) {
    if (/^net\d+$/.test(key)) config[key] = order.kind === "lxc" ? containerCard(value, true) : withMac(value);
    if (/^unused\d+$/.test(key)) delete config[key];
  }
  if (order.description !== undefined) config["description"] = order.description;
  if (order.kind === "lxc") {
    config["hostname"] = order.name ?? `CT${order.newid}`;
    for (const [slot, drive] of disksOf(config)) config[slot] = await clonedDrive(lab, order, slot, drive, context);
    return config;
  }
  config["smbios1"] = `uuid=${randomUUID()}`;
  config["vmgenid"] = randomUUID();
  config["meta"] = `creation-qemu=10.2.2,ctime=${nowSeconds()}`;
  config["name"] = order.name ?? `Copy-of-VM-${source.config["name"] ?? order.source}`;
  for (const [slot, drive] of drivesOf(config)) config[slot] = await clonedDrive(lab, order, slot, drive, context);
  return config;
}

async function clonedDrive(
  lab: Lab,
  order: CloneOrder,
  slot: string,
  drive: Drive,
  context: TaskContext,
): Promise<string> {
  const { volumes } = lab.machines;
  if (isCloudInit(drive)) {
    const storage = order.storage ?? volumes.get(drive.volid)?.storage ?? "local-lvm";
    context.log(`create full clone of drive ${slot} (${drive.volid})`);
    return formatDrive({
      ...drive,
      volid: volumes.allocateCloudInit({ storage, node: order.target, vmid: order.newid }),
    });
  }
  if (isCdrom(drive)) return formatDrive(drive);
  context.log(`create ${order.full ? "full" : "linked"} clone of drive ${slot} (${drive.volid})`);
  const volid = order.full
    ? await volumes.fullClone(drive.volid, order.newid, order.target, {
        storage: order.storage,
        snapshot: order.snapshot,
      })
    : await volumes.linkedClone(drive.volid, order.newid, order.target);
  const size = formatSize(volumes.require(volid).sizeBytes);
  if (order.full) context.log(`transferred ${size} of ${size} (100.00%)`);
  return formatDrive({ volid, options: { ...drive.options, size } });
}
