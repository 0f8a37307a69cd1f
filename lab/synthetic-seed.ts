// Fills a fresh state with guests on paper: spread over all nodes and over tenants' pools.
import { newMac } from "./machines/configure.ts";
import type { LabState } from "./state.ts";
import { SYNTHETIC_FLAVOUR } from "./synthetic-guests.ts";

/** So many nodes suit so many guests, where the caller does not say how many. */
export const SYNTHETIC_NODES = 20;
const POOLS = 500;
const FIRST_VMID = 100_000;
const GIB = 1_024 ** 3;
/** Every tenth guest is off. */
const OFF_EVERY = 10;

/** Adds `count` guests in up to 500 pools below the portal's. */
export function addSyntheticGuests(state: LabState, count: number): void {
  const pools = Math.min(POOLS, count);
  for (let index = 0; index < pools; index += 1)
    state.pools[poolOf(index)] = { comment: `tenant ${index}`, vms: [], storage: [] };
  for (let index = 0; index < count; index += 1) {
    const vmid = FIRST_VMID + index;
    const node = state.nodes[index % state.nodes.length] ?? "pve1";
    addGuest(state, vmid, node);
    state.pools[poolOf(index % pools)]?.vms.push(vmid);
  }
}

function poolOf(index: number): string {
  return `nubemox/s${String(index).padStart(3, "0")}`;
}

function addGuest(state: LabState, vmid: number, node: string): void {
  const disk = `local-lvm:${vmid}/vm-${vmid}-disk-0.qcow2`;
  const gib = 8 + (vmid % 5) * 8;
  state.volumes[disk] = {
    storage: "local-lvm",
    vmid,
    node,
    sizeBytes: gib * GIB,
    format: "qcow2",
    content: "images",
    createdAt: state.createdAt,
  };
  state.guests[vmid] = {
    node,
    config: {
      boot: "order=scsi0",
      cores: String(1 + (vmid % 4)),
      memory: String(512 * (1 + (vmid % 8))),
      name: `s${vmid}`,
      net0: `virtio=${newMac()},bridge=vmbr0`,
      onboot: "1",
      ostype: "l26",
      scsi0: `${disk},size=${gib}G`,
      tags: vmid % 3 === 0 ? "synthetic;web" : "synthetic",
    },
    pending: {},
    pendingDelete: [],
    poweredOn: vmid % OFF_EVERY !== 0,
    flavour: SYNTHETIC_FLAVOUR,
  };
}
