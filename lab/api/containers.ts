// Containers as objects: listed, made from a template, configured, grown, cloned, deleted.
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed, forbidden, oneLine } from "../http/failure.ts";
import { cloneGuest, type CloneOrder } from "../machines/clone.ts";
import { digestOf, type Change } from "../machines/configure.ts";
import { applyContainerChange, readContainerChange } from "../machines/containers.ts";
import { disksOf, formatDrive, formatSize, parseDrive, parseSize } from "../machines/drives.ts";
import { refuseLocked } from "../machines/machines.ts";
import { requireBridge } from "../machines/options.ts";
import type { GuestState } from "../state.ts";
import { configOf, pendingOf } from "./config.ts";
import { refuseMissingPool, requirePowerOn } from "./guests.ts";
import { restore } from "./restore.ts";
import { containerStatus } from "./status.ts";

const CREATE_MS = 1_500;
const RESIZE_MS = 300;
const DESTROY_MS = 500;
const INDEX = ["config", "status", "vncproxy", "termproxy", "snapshot", "resize", "clone", "firewall", "rrddata"];
const BASE = "/nodes/{node}/lxc";

export const containerEndpoints: Endpoint[] = [
  { route: `GET ${BASE}`, run: list },
  { route: `POST ${BASE}`, run: create },
  { route: `GET ${BASE}/{vmid}`, run: (call) => (requireContainer(call), INDEX.map((subdir) => ({ subdir }))) },
  { route: `DELETE ${BASE}/{vmid}`, run: remove },
  // The index of templates to download: the lab reaches no server that has one.
  { route: "GET /nodes/{node}/aplinfo", run: () => [] },
  { route: `GET ${BASE}/{vmid}/config`, run: (call) => configOf(call, "lxc") },
  { route: `PUT ${BASE}/{vmid}/config`, run: update },
  { route: `GET ${BASE}/{vmid}/pending`, run: (call) => pendingOf(call, "lxc") },
  { route: `PUT ${BASE}/{vmid}/resize`, run: resize },
  { route: `POST ${BASE}/{vmid}/clone`, run: clone },
  { route: `POST ${BASE}/{vmid}/template`, run: toTemplate },
];

/** The container that the path names, or the server's refusal. */
export function requireContainer(call: Call): GuestState {
  return call.lab.machines.require(call.node, vmidOf(call), "lxc");
}

async function list(call: Call): Promise<unknown[]> {
  const { lab, node, identity } = call;
  const vmids = Object.entries(lab.state.guests)
    .filter(([, guest]) => guest.kind === "lxc" && guest.node === node)
    .map(([vmid]) => Number(vmid))
    .filter((vmid) => holds(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Audit"]));
  return Promise.all(vmids.map((vmid) => containerStatus(lab, vmid)));
}

function create(call: Call): string {
  const { lab, node, identity } = call;
  const { state } = lab;
  const { authId } = identity;
  const vmid = vmidOf(call);
  const template = required(call, "ostemplate");
  const pool = text(call, "pool");
  const path = pool === undefined ? `/vms/${vmid}` : `/pool/${pool}`;
  if (flag(call, "restore"))
    return restore(call, "lxc", template, () =>
      // Whether it is privileged may be told anew, though a container is there.
      readContainerChange(lab, authId, path, call.params, null),
    );
  refuseMissingPool(call, pool);
  if (!holds(state, authId, path, ["VM.Allocate"]) && !holds(state, authId, `/vms/${vmid}`, ["VM.Allocate"]))
    throw forbidden();
  requirePowerOn(call, pool);
  if (text(call, "unprivileged") === "0") requirePrivileges(state, authId, "/", ["Sys.Modify"]);
  const existing = state.guests[vmid];
  if (existing !== undefined)
    throw failed(`${existing.kind === "lxc" ? "CT" : "VM"} ${vmid} already exists on node '${existing.node}'`);
  if (!template.includes(":"))
    throw failed("Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.");
  const from = template.split(":")[0] ?? "";
  if (authId !== "root@pam")
    requirePrivileges(state, authId, `/storage/${from}`, ["Datastore.AllocateSpace", "Datastore.Audit"], true);
  if (state.storages[from] === undefined) throw failed(`storage '${from}' does not exist`);
  const rootfs = text(call, "rootfs") ?? `${text(call, "storage") ?? "local"}:4`;
  const params = { ...call.params, rootfs };
  const change = readContainerChange(lab, authId, path, params, null);
  const guest: GuestState = {
    kind: "lxc",
    node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: "base",
  };
  state.guests[vmid] = guest;
  lab.store.changed();
  return lab.tasks.start({
    node,
    type: "vzcreate",
    id: String(vmid),
    authId,
    durationMs: CREATE_MS,
    unmake: () => lab.machines.forget(vmid),
    work: async ({ log }) => {
      try {
        await build(call, guest, change, template, log);
        if (pool !== undefined) state.pools[pool]?.vms.push(vmid);
        lab.store.changed();
      } catch (error) {
        for (const [volid] of lab.machines.volumes.ofGuest(vmid)) await lab.machines.volumes.remove(volid);
        lab.machines.forget(vmid);
        throw failed(`unable to create CT ${vmid} - ${oneLine(error)}`);
      }
      if (flag(call, "start")) await lab.machines.powerOn(node, vmid, log, { kind: "lxc" });
    },
  });
}

async function build(
  call: Call,
  guest: GuestState,
  change: Change,
  template: string,
  log: (line: string) => void,
): Promise<void> {
  const { lab } = call;
  await applyContainerChange(lab, vmidOf(call), guest, change, log);
  const archive = lab.machines.volumes.require(template);
  const folder = lab.state.storages[archive.storage]?.path ?? "";
  log(`extracting archive '${folder}/template/cache/${template.split("/")[1] ?? ""}'`);
  log(`Total bytes read: ${archive.sizeBytes * 2} (${((archive.sizeBytes * 2) / 1_024 ** 2).toFixed(1)}MiB, 131MiB/s)`);
  log("Detected container architecture: amd64");
  const { lock: _lock, ...config } = guest.config;
  guest.config = {
    arch: "amd64",
    hostname: `CT${vmidOf(call)}`,
    memory: "512",
    ostype: "debian",
    swap: "512",
    ...config,
  };
  if (text(call, "unprivileged") === "0") delete guest.config["unprivileged"];
  else guest.config["unprivileged"] = "1";
}

/** Changes at once have nobody to tell of what they do. */
function silent(): void {}

async function update(call: Call): Promise<null> {
  const { lab, identity } = call;
  const vmid = vmidOf(call);
  const guest = requireContainer(call);
  const change = readContainerChange(lab, identity.authId, `/vms/${vmid}`, call.params, guest);
  if (Object.keys(change.set).length + change.drop.length + change.revert.length === 0)
    throw failed("no options specified");
  const digest = text(call, "digest");
  if (digest !== undefined && digest !== digestOf(guest))
    throw failed("checksum mismatch (file change by other user?)");
  await lab.machines.withLock(vmid, silent, async () => {
    refuseLocked(guest);
    await applyContainerChange(lab, vmid, guest, change, silent);
  });
  return null;
}

function resize(call: Call): string {
  const { lab, identity } = call;
  const vmid = vmidOf(call);
  const [slot, size] = [required(call, "disk"), required(call, "size")];
  const guest = requireContainer(call);
  return start(call, "resize", RESIZE_MS, (log) =>
    lab.machines.withLock(vmid, log, async () => {
      refuseLocked(guest);
      const drive = parseDrive(guest.config[slot] ?? "");
      const volume = lab.machines.volumes.get(drive.volid);
      if (volume === undefined) throw failed(`${slot}: no such mount point`);
      requirePrivileges(lab.state, identity.authId, `/storage/${volume.storage}`, ["Datastore.AllocateSpace"]);
      if (volume.format === "subvol") throw failed("can't resize this image format");
      const bytes = size.startsWith("+") ? volume.sizeBytes + parseSize(size) : parseSize(size);
      if (bytes < volume.sizeBytes) throw failed("unable to shrink disk size");
      if (bytes === volume.sizeBytes) return;
      await lab.machines.volumes.grow(drive.volid, bytes, lab.machines.running(vmid), slot);
      guest.config[slot] = formatDrive({ ...drive, options: { ...drive.options, size: formatSize(bytes) } });
      lab.store.changed();
    }),
  );
}

function clone(call: Call): string {
  const { lab, node, identity } = call;
  const source = vmidOf(call);
  const guest = requireContainer(call);
  const newid = Number(required(call, "newid"));
  const [pool, storage, snapshot] = [text(call, "pool"), text(call, "storage"), text(call, "snapname")];
  refuseMissingPool(call, pool);
  refuseLocked(guest);
  const full = guest.config["template"] !== "1" || flag(call, "full");
  if (!full && storage !== undefined) throw failed("parameter 'storage' not allowed for linked clones");
  if (snapshot !== undefined && guest.snapshots?.[snapshot] === undefined)
    throw failed(`snapshot '${snapshot}' does not exist`);
  if (full && snapshot === undefined && lab.machines.running(source) !== undefined)
    throw failed("Cannot do full clones on a running container without snapshots");
  if (text(call, "target") !== undefined && text(call, "target") !== node)
    throw failed(`can't clone CT to node '${required(call, "target")}' (CT uses local storage)`);
  for (const [, drive] of disksOf(guest.config)) {
    const id = storage ?? lab.machines.volumes.get(drive.volid)?.storage ?? "";
    requirePrivileges(lab.state, identity.authId, `/storage/${id}`, ["Datastore.AllocateSpace"]);
    if (lab.state.storages[id] === undefined) throw failed(`storage '${id}' does not exist`);
  }
  for (const [key, value] of Object.entries(guest.config))
    if (/^net\d+$/.test(key)) requireBridge(lab.state, identity.authId, value);
  if (lab.state.guests[newid] !== undefined) throw failed(`CT ${newid} already exists`);
  const name = text(call, "hostname");
  const description = text(call, "description");
  const order: CloneOrder = {
    kind: "lxc",
    source,
    node,
    target: node,
    newid,
    full,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(pool === undefined ? {} : { pool }),
    ...(storage === undefined ? {} : { storage }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
  return start(call, "vzclone", 0, (log, signal) => cloneGuest(lab, order, { log, signal }));
}

function toTemplate(call: Call): null {
  const { lab } = call;
  const guest = requireContainer(call);
  refuseLocked(guest);
  if (Object.keys(guest.snapshots ?? {}).length > 0)
    throw failed("unable to create template, because CT contains snapshots");
  if (guest.config["template"] === "1") throw failed("you can't convert a template to a template");
  if (lab.machines.running(vmidOf(call)) !== undefined)
    throw failed("you can't convert a CT to template if the CT is running");
  for (const [slot, drive] of disksOf(guest.config))
    if (lab.machines.volumes.get(drive.volid) !== undefined)
      guest.config[slot] = formatDrive({ ...drive, volid: lab.machines.volumes.toBase(drive.volid) });
  guest.config["template"] = "1";
  lab.store.changed();
  return null;
}

function remove(call: Call): string {
  const { lab } = call;
  const vmid = vmidOf(call);
  const guest = requireContainer(call);
  if (guest.config["protection"] === "1") throw failed(`can't remove CT ${vmid} - protection mode enabled`);
  const force = flag(call, "force");
  if (lab.machines.running(vmid) !== undefined && !force)
    throw failed(`unable to destroy CT ${vmid} - container is running`);
  return start(call, "vzdestroy", DESTROY_MS, (log) =>
    lab.machines.withLock(vmid, log, async () => {
      if (!force) refuseLocked(guest);
      await lab.machines.kill(vmid);
      const doomed = lab.machines.volumes.ofGuest(vmid).map(([volid]) => volid);
      for (const volid of doomed)
        if (lab.machines.volumes.childrenOf(volid).length > 0)
          throw failed(`base volume '${volid}' is still in use by linked cloned`);
      for (const volid of doomed) await lab.machines.volumes.remove(volid);
      if (flag(call, "purge")) log(`purging CT ${vmid} from related configurations..`);
      lab.machines.forget(vmid);
    }),
  );
}

function start(
  call: Call,
  type: string,
  durationMs: number,
  work: (log: (line: string) => void, signal: AbortSignal) => Promise<void>,
): string {
  const { lab, node, identity } = call;
  return lab.tasks.start({
    node,
    type,
    id: String(vmidOf(call)),
    authId: identity.authId,
    durationMs,
    work: ({ log, signal }) => work(log, signal),
  });
}
