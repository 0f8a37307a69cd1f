// Rows of the resource lists: guests as the last status round saw them, nodes and storages with their totals.
import type { Lab } from "../lab.ts";
import { NODE_MEMORY_MIB } from "../machines/machines.ts";

const GIB = 1_024 ** 3;
const STORAGE_BYTES = 500 * GIB;
const NODE_MEMORY_BYTES = NODE_MEMORY_MIB * 1_024 ** 2;
const NODE_CORES = 16;
const BASE_MEMORY_BYTES = 2 * GIB;
const BASE_DISK_BYTES = 12 * GIB;

/** A guest's row, without its pool. A guest that no round has seen yet is `unknown` and has no name. */
export function guestRow(lab: Lab, vmid: number): Record<string, unknown> {
  const guest = lab.state.guests[vmid];
  const sample = lab.status.last(vmid);
  const row = { id: `qemu/${vmid}`, type: "qemu", vmid, node: guest?.node };
  if (guest === undefined || sample === undefined) return { ...row, status: "unknown" };
  const { tags, lock } = guest.config;
  return {
    ...row,
    ...sample,
    disk: 0,
    memhost: 0,
    template: guest.config["template"] === "1" ? 1 : 0,
    ...(tags === undefined || tags === "" ? {} : { tags }),
    ...(lock === undefined ? {} : { lock }),
  };
}

export function storageRow(lab: Lab, node: string, id: string): Record<string, unknown> {
  const storage = lab.state.storages[id];
  const { total, used } = storageUsage(lab, node, id);
  return {
    id: `storage/${node}/${id}`,
    type: "storage",
    storage: id,
    node,
    status: "available",
    plugintype: storage?.type,
    content: storage?.content.join(","),
    shared: storage?.shared ?? 0,
    disk: used,
    maxdisk: total,
  };
}

/** A node's row; its figures only where the caller may audit it. */
export function nodeRow(lab: Lab, node: string, audit: boolean): Record<string, unknown> {
  const row = { id: `node/${node}`, type: "node", node, status: "online", level: "" };
  if (!audit) return row;
  const usage = nodeUsage(lab, node);
  return {
    ...row,
    cpu: usage.cpu,
    maxcpu: NODE_CORES,
    mem: usage.mem,
    maxmem: NODE_MEMORY_BYTES,
    disk: BASE_DISK_BYTES,
    maxdisk: STORAGE_BYTES,
    uptime: usage.uptime,
  };
}

export function nodeUsage(
  lab: Lab,
  node: string,
): { cpu: number; mem: number; maxmem: number; maxcpu: number; uptime: number; rootUsed: number; rootTotal: number } {
  let [mem, cores] = [BASE_MEMORY_BYTES, 0.2];
  for (const [vmid, guest] of Object.entries(lab.state.guests)) {
    const sample = guest.node === node ? lab.status.last(Number(vmid)) : undefined;
    if (sample === undefined || sample.status !== "running") continue;
    mem += sample.mem;
    cores += sample.cpu * sample.maxcpu;
  }
  return {
    cpu: Math.min(1, cores / NODE_CORES),
    mem: Math.min(mem, NODE_MEMORY_BYTES),
    maxmem: NODE_MEMORY_BYTES,
    maxcpu: NODE_CORES,
    uptime: Math.floor((Date.now() - lab.bootedAtMs) / 1_000),
    rootUsed: BASE_DISK_BYTES,
    rootTotal: STORAGE_BYTES,
  };
}

/** Bytes of a storage on a node; thin volumes count a tenth of their size. */
export function storageUsage(lab: Lab, node: string, id: string): { total: number; used: number } {
  let used = id === "local" ? BASE_DISK_BYTES : GIB;
  for (const volume of Object.values(lab.state.volumes))
    if (volume.storage === id && volume.node === node) used += Math.floor(volume.sizeBytes / 10);
  return { total: STORAGE_BYTES, used: Math.min(used, STORAGE_BYTES) };
}
