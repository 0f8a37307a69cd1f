// Rows of the resource lists: guests as the last status round saw them, nodes and storages with their totals.
import type { Lab } from "../lab.ts";
import { NODE_MEMORY_MIB } from "../machines/machines.ts";

const GIB = 1_024 ** 3;
export const STORAGE_BYTES = 500 * GIB;
const NODE_MEMORY_BYTES = NODE_MEMORY_MIB * 1_024 ** 2;
const NODE_CORES = 16;
const BASE_CORES = 0.2;
const BASE_MEMORY_BYTES = 2 * GIB;
const BASE_DISK_BYTES = 12 * GIB;

/** A guest's row, without its pool. A guest that no round has seen yet is `unknown` and has no name. */
export function guestRow(lab: Lab, vmid: number): Record<string, unknown> {
  const guest = lab.state.guests[vmid];
  const sample = lab.status.last(vmid);
  const type = guest?.kind ?? "qemu";
  const row = { id: `${type}/${vmid}`, type, vmid, node: guest?.node };
  const tags = guest?.config["tags"] ?? "";
  const known = { ...row, ...(tags === "" ? {} : { tags }) };
  // Nobody tells how it is with the guests of a node that is gone.
  if (guest === undefined || sample === undefined || !lab.nodes.isOnline(guest.node))
    return { ...known, status: "unknown" };
  const { lock } = guest.config;
  return {
    ...known,
    ...sample,
    // Lists tell the emulator's own word, where a guest's status tells `running`.
    ...(type === "qemu" && lab.status.wasPaused(vmid) ? { status: "paused" } : {}),
    disk: 0,
    memhost: 0,
    template: guest.config["template"] === "1" ? 1 : 0,
    ...(lock === undefined ? {} : { lock }),
  };
}

export function storageRow(
  lab: Lab,
  node: string,
  id: string,
  usage: StorageUsage = storageUsages(lab),
): Record<string, unknown> {
  const storage = lab.state.storages[id];
  const online = lab.nodes.isOnline(node);
  return {
    id: `storage/${node}/${id}`,
    type: "storage",
    storage: id,
    node,
    status: online ? "available" : "unknown",
    plugintype: storage?.type,
    content: storage?.content.join(","),
    shared: storage?.shared ?? 0,
    ...(online ? { disk: usage(node, id), maxdisk: STORAGE_BYTES } : {}),
  };
}

/** A node's row; its figures only where the caller may audit it. */
export function nodeRow(
  lab: Lab,
  node: string,
  audit: boolean,
  usages: NodeUsages = nodeUsages(lab),
): Record<string, unknown> {
  const online = lab.nodes.isOnline(node);
  const row = { id: `node/${node}`, type: "node", node, status: online ? "online" : "offline", level: "" };
  if (!audit || !online) return row;
  const usage = usages(node);
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

export interface NodeUsage {
  cpu: number;
  mem: number;
  maxmem: number;
  maxcpu: number;
  uptime: number;
  rootUsed: number;
  rootTotal: number;
}

/** Tells a node's usage; asking for all nodes costs one look at the guests. */
export type NodeUsages = (node: string) => NodeUsage;

/** Tells the bytes used of a storage as a node sees it. */
export type StorageUsage = (node: string, id: string) => number;

/** What the nodes' guests used when the last status round saw them. */
export function nodeUsages(lab: Lab): NodeUsages {
  const sums = new Map<string, { mem: number; cores: number }>();
  for (const vmid in lab.state.guests) {
    const sample = lab.status.last(Number(vmid));
    const node = lab.state.guests[vmid]?.node;
    if (sample === undefined || node === undefined || sample.status !== "running") continue;
    const sum = sums.get(node) ?? { mem: 0, cores: 0 };
    sum.mem += sample.mem;
    sum.cores += sample.cpu * sample.maxcpu;
    sums.set(node, sum);
  }
  return (node) => {
    const sum = sums.get(node) ?? { mem: 0, cores: 0 };
    return {
      cpu: Math.min(1, (BASE_CORES + sum.cores) / NODE_CORES),
      mem: Math.min(BASE_MEMORY_BYTES + sum.mem, NODE_MEMORY_BYTES),
      maxmem: NODE_MEMORY_BYTES,
      maxcpu: NODE_CORES,
      uptime: Math.floor((Date.now() - lab.bootedAtMs) / 1_000),
      rootUsed: BASE_DISK_BYTES,
      rootTotal: STORAGE_BYTES,
    };
  };
}

export function nodeUsage(lab: Lab, node: string): NodeUsage {
  return nodeUsages(lab)(node);
}

/** Bytes used of the storages; thin volumes count a tenth of their size. What is shared is the same on every node. */
export function storageUsages(lab: Lab): StorageUsage {
  const sums = new Map<string, number>();
  const key = (node: string, id: string): string => (lab.state.storages[id]?.shared === 1 ? id : `${node}/${id}`);
  for (const volid in lab.state.volumes) {
    const volume = lab.state.volumes[volid];
    if (volume === undefined) continue;
    const place = key(volume.node, volume.storage);
    sums.set(place, (sums.get(place) ?? 0) + Math.floor(volume.sizeBytes / 10));
  }
  return (node, id) =>
    lab.faults.isFull(id)
      ? STORAGE_BYTES
      : Math.min((id === "local" ? BASE_DISK_BYTES : GIB) + (sums.get(key(node, id)) ?? 0), STORAGE_BYTES);
}

export function storageUsage(lab: Lab, node: string, id: string): { total: number; used: number } {
  return { total: STORAGE_BYTES, used: storageUsages(lab)(node, id) };
}
