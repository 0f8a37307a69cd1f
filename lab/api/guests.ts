// Virtual machines as objects: listed, made, cloned, grown, turned into templates, deleted.
import { randomUUID } from "node:crypto";
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { nowSeconds } from "../clock.ts";
import { flag, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { Failure, badParameters, failed, forbidden } from "../http/failure.ts";
import { cloneGuest, type CloneOrder } from "../machines/clone.ts";
import { applyChange, readChange } from "../machines/configure.ts";
import { drivesOf, formatDrive, formatSize, isCdrom, parseDrive, parseSize } from "../machines/drives.ts";
import { refuseLocked } from "../machines/machines.ts";
import { requireBridge } from "../machines/options.ts";
import type { GuestState } from "../state.ts";
import { restoreMachine } from "./restore.ts";
import { liveStatus } from "./status.ts";

const CREATE_MS = 500;
const TEMPLATE_MS = 500;
const RESIZE_MS = 300;
const DESTROY_MS = 700;
const INDEX = [
  "config",
  "pending",
  "status",
  "unlink",
  "vncproxy",
  "termproxy",
  "resize",
  "clone",
  "template",
  "agent",
];

export const guestEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/qemu", run: listGuests },
  { route: "POST /nodes/{node}/qemu", run: createGuest },
  { route: "GET /nodes/{node}/qemu/{vmid}", run: () => INDEX.map((subdir) => ({ subdir })) },
  { route: "DELETE /nodes/{node}/qemu/{vmid}", run: deleteGuest },
  { route: "POST /nodes/{node}/qemu/{vmid}/clone", run: clone },
  { route: "POST /nodes/{node}/qemu/{vmid}/template", run: toTemplate },
  { route: "PUT /nodes/{node}/qemu/{vmid}/resize", run: resize },
];

async function listGuests(call: Call): Promise<unknown[]> {
  const { lab, node, identity } = call;
  const vmids = Object.entries(lab.state.guests)
    .filter(
      ([vmid, guest]) =>
        guest.node === node && guest.kind !== "lxc" && holds(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Audit"]),
    )
    .map(([vmid]) => Number(vmid));
  return Promise.all(vmids.map((vmid) => liveStatus(lab, vmid, flag(call, "full") ? "full" : "list")));
}

function createGuest(call: Call): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const pool = text(call, "pool");
  if (text(call, "archive") !== undefined) return restoreMachine(call);
  const poolPath = pool === undefined ? null : `/pool/${pool}`;
  const allowed =
    (poolPath !== null && holds(lab.state, identity.authId, poolPath, ["VM.Allocate"])) ||
    holds(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Allocate"]);
  if (!allowed) throw forbidden();
  refuseMissingPool(call, pool);
  requirePowerOn(call, pool);
  const change = readChange(lab, identity.authId, `/vms/${vmid}`, call.params, null, poolPath);
  const existing = lab.state.guests[vmid];
  if (existing !== undefined)
    throw failed(`unable to create VM ${vmid} - VM ${vmid} already exists on node '${existing.node}'`);
  const guest: GuestState = {
    node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: "base",
  };
  lab.state.guests[vmid] = guest;
  lab.store.changed();
  return lab.tasks.start({
    node,
    type: "qmcreate",
    id: String(vmid),
    authId: identity.authId,
    durationMs: CREATE_MS,
    unmake: () => lab.machines.forget(vmid),
    work: async ({ log }) => {
      try {
        await applyChange(lab, vmid, guest, change, log);
        guest.config["smbios1"] ??= `uuid=${randomUUID()}`;
        guest.config["vmgenid"] ??= randomUUID();
        guest.config["meta"] = `creation-qemu=10.2.2,ctime=${nowSeconds()}`;
        delete guest.config["lock"];
        if (pool !== undefined) lab.state.pools[pool]?.vms.push(vmid);
        lab.store.changed();
      } catch (error) {
        for (const [volid] of lab.machines.volumes.ofGuest(vmid)) await lab.machines.volumes.remove(volid);
        lab.machines.forget(vmid);
        throw failed(`unable to create VM ${vmid} - ${error instanceof Error ? error.message.trim() : "failed"}`);
      }
      if (flag(call, "start")) await lab.machines.powerOn(node, vmid, log);
    },
  });
}

function clone(call: Call): string {
  const { lab, node, identity } = call;
  const source = vmidOf(call);
  const newid = Number(required(call, "newid"));
  const [pool, storage, target] = [text(call, "pool"), text(call, "storage"), text(call, "target") ?? node];
  refuseMissingPool(call, pool);
  const guest = lab.state.guests[source];
  if (guest === undefined || guest.node !== node || guest.kind === "lxc")
    throw failed(`unable to find configuration file for VM ${source} on node '${node}'`);
  const full = guest.config["template"] !== "1" || flag(call, "full");
  if (!full)
    for (const name of ["storage", "format"])
      if (text(call, name) !== undefined) throw failed(`parameter '${name}' not allowed for linked clones`);
  if (!lab.state.nodes.includes(target)) throw failed(`no such cluster node '${target}'`);
  if (storage !== undefined && lab.state.storages[storage] === undefined)
    throw failed(`storage '${storage}' does not exist`);
  if (target !== node && !isShared(call, guest, storage))
    throw failed(`can't clone VM to node '${target}' (VM uses local storage)`);
  const snapshot = text(call, "snapname");
  if (snapshot !== undefined && guest.snapshots?.[snapshot] === undefined)
    throw failed(`snapshot '${snapshot}' does not exist`);
  refuseLocked(guest);
  for (const [, drive] of drivesOf(guest.config)) {
    const id = storage ?? lab.machines.volumes.get(drive.volid)?.storage;
    if (id !== undefined && !(isCdrom(drive) && id === "local"))
      requirePrivileges(lab.state, identity.authId, `/storage/${id}`, ["Datastore.AllocateSpace"]);
  }
  for (const [key, value] of Object.entries(guest.config))
    if (/^net\d+$/.test(key)) requireBridge(lab.state, identity.authId, value);
  if (lab.state.guests[newid] !== undefined) throw failed(`unable to create VM ${newid}: config file already exists`);
  const order: CloneOrder = { source, node, target, newid, full };
  for (const key of ["name", "description"] as const) {
    const value = text(call, key);
    if (value !== undefined) order[key] = value;
  }
  if (pool !== undefined) order.pool = pool;
  if (storage !== undefined) order.storage = storage;
  if (snapshot !== undefined) order.snapshot = snapshot;
  return lab.tasks.start({
    node,
    type: "qmclone",
    id: String(source),
    authId: identity.authId,
    durationMs: 0,
    work: (context) => cloneGuest(lab, order, context),
  });
}

/** Whether all nodes reach everything that a clone would be made of and put on. */
function isShared({ lab }: Call, guest: GuestState, storage: string | undefined): boolean {
  const used = drivesOf(guest.config).map(([, drive]) => lab.machines.volumes.get(drive.volid)?.storage);
  return [...used, storage].every((id) => id === undefined || lab.state.storages[id]?.shared === 1);
}

function toTemplate(call: Call): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid);
  refuseLocked(guest);
  if (lab.machines.running(vmid) !== undefined) throw failed(`you can't convert a VM to template if VM is running`);
  if (Object.keys(guest.snapshots ?? {}).length > 0)
    throw failed("unable to create template, because VM contains snapshots");
  return lab.tasks.start({
    node,
    type: "qmtemplate",
    id: String(vmid),
    authId: identity.authId,
    durationMs: TEMPLATE_MS,
    work: () => {
      for (const [slot, drive] of drivesOf(guest.config)) {
        if (isCdrom(drive) || lab.machines.volumes.get(drive.volid) === undefined) continue;
        guest.config[slot] = formatDrive({ ...drive, volid: lab.machines.volumes.toBase(drive.volid) });
      }
      guest.config["template"] = "1";
      lab.store.changed();
    },
  });
}

function resize(call: Call): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const [slot, size] = [required(call, "disk"), required(call, "size")];
  refuseSkipLock(call);
  return lab.tasks.start({
    node,
    type: "resize",
    id: String(vmid),
    authId: identity.authId,
    durationMs: RESIZE_MS,
    work: ({ log }) =>
      lab.machines.withLock(vmid, log, async () => {
        const guest = lab.machines.require(node, vmid);
        refuseLocked(guest);
        const line = guest.config[slot];
        if (line === undefined) throw failed(`disk '${slot}' does not exist`);
        const drive = parseDrive(line);
        if (isCdrom(drive)) throw failed("you can't resize a cdrom");
        const volume = lab.machines.volumes.require(drive.volid);
        requirePrivileges(lab.state, identity.authId, `/storage/${volume.storage}`, ["Datastore.AllocateSpace"]);
        const bytes = size.startsWith("+") ? volume.sizeBytes + parseSize(size) : parseSize(size);
        if (bytes < volume.sizeBytes) throw failed("shrinking disks is not supported");
        if (bytes === volume.sizeBytes) return;
        const running = lab.machines.running(vmid);
        await lab.machines.volumes.grow(drive.volid, bytes, running, slot);
        guest.config[slot] = formatDrive({ ...drive, options: { ...drive.options, size: formatSize(bytes) } });
        lab.store.changed();
        if (running === undefined) log("Image resized.");
      }),
  });
}

function deleteGuest(call: Call): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  refuseSkipLock(call);
  const guest = lab.machines.require(node, vmid);
  if (guest.config["protection"] === "1") throw failed(`can't remove VM ${vmid} - protection mode enabled`);
  const unreferenced = flag(call, "destroy-unreferenced-disks");
  return lab.tasks.start({
    node,
    type: "qmdestroy",
    id: String(vmid),
    authId: identity.authId,
    durationMs: DESTROY_MS,
    work: ({ log }) =>
      lab.machines.withLock(vmid, log, async () => {
        const current = lab.machines.require(node, vmid);
        if (!flag(call, "skiplock")) refuseLocked(current);
        if (lab.machines.running(vmid) !== undefined) throw failed(`VM ${vmid} is running - destroy failed`);
        const { volumes } = lab.machines;
        const referenced = new Set(
          Object.entries(current.config)
            .filter(([key]) => /^(ide|sata|scsi|virtio|unused)\d+$/.test(key))
            .map(([, value]) => parseDrive(value).volid),
        );
        for (const { vmstate } of Object.values(current.snapshots ?? {}))
          if (vmstate !== undefined) referenced.add(vmstate);
        const doomed = volumes
          .ofGuest(vmid)
          .map(([volid]) => volid)
          .filter((volid) => unreferenced || referenced.has(volid));
        for (const volid of doomed)
          if (volumes.childrenOf(volid).length > 0)
            throw failed(`base volume '${volid}' is still in use by linked cloned`);
        for (const volid of doomed) await volumes.remove(volid);
        lab.machines.forget(vmid);
      }),
  });
}

/** `skiplock` is root's alone, and only with a login ticket. */
export function refuseSkipLock(call: Call): void {
  if (flag(call, "skiplock") && (call.identity.authId !== "root@pam" || call.identity.by !== "ticket"))
    throw badParameters({ skiplock: "Only root may use this option." });
}

/** Who has a guest started with its making must be allowed to switch it on. */
export function requirePowerOn(call: Call, pool: string | undefined): void {
  const { state } = call.lab;
  const { authId } = call.identity;
  if (!flag(call, "start")) return;
  if (pool !== undefined && holds(state, authId, `/pool/${pool}`, ["VM.PowerMgmt"])) return;
  requirePrivileges(state, authId, `/vms/${vmidOf(call)}`, ["VM.PowerMgmt"]);
}

/** 403 for a pool that is not there. */
export function refuseMissingPool(call: Call, pool: string | undefined): void {
  if (pool !== undefined && call.lab.state.pools[pool] === undefined)
    throw new Failure(403, `Permission check failed (pool '${pool}' does not exist)\n`);
}
