// A container's options: who may set which, how values are stored, and which take effect while it is on.
import { requirePrivileges } from "../access/checks.ts";
import { CONTRACTS, propertyOf } from "../contract/table.ts";
import { parsePropertyString, type Params } from "../contract/verify.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import type { GuestState } from "../state.ts";
import { newMac, refuseBadKeys, type Change } from "./configure.ts";
import { MOUNT_SLOT, formatDrive, formatSize, parseDrive } from "./drives.ts";
import { requireBridge } from "./options.ts";

const GIB = 1_024 ** 3;
const OPTIONS = CONTRACTS["PUT /nodes/{node}/lxc/{vmid}/config"]?.parameters ?? {};
const PRIVILEGES: [names: RegExp, privilege: string][] = [
  [/^(rootfs|mp\d+|unused\d+)$/, "VM.Config.Disk"],
  [/^(cores|cpuunits|cpulimit)$/, "VM.Config.CPU"],
  [/^(memory|swap)$/, "VM.Config.Memory"],
  [/^(net\d+|nameserver|searchdomain|hostname)$/, "VM.Config.Network"],
];
const ROOT_ONLY = /^(dev\d+|lock|hookscript|debug|entrypoint|env)$/;
const HOT =
  /^(description|onboot|startup|protection|hostname|hookscript|cores|tags|lock|memory|swap|cpulimit|cpuunits|net\d+|mp\d+|unused\d+)$/;
/** Parameters of the calls that are no options. */
const CONTROL = new Set(
  (
    "node vmid digest delete revert ostemplate password ssh-public-keys storage pool force restore start bwlimit unique " +
    "ignore-unpack-errors ha-managed template"
  ).split(" "),
);

/** Reads a change out of a request and refuses what the caller may not do; nothing is altered. */
export function readContainerChange(
  lab: Lab,
  authId: string,
  path: string,
  params: Params,
  current: GuestState | null,
): Change {
  const set: Record<string, string> = {};
  const drop = list(params["delete"]);
  const revert = list(params["revert"]);
  for (const [key, value] of Object.entries(params)) {
    if (CONTROL.has(key)) continue;
    if (typeof value !== "string") throw failed(`unable to parse value of '${key}'`);
    if (drop.includes(key))
      throw badParameters({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
    set[key] = value;
  }
  for (const key of [...drop, ...revert])
    if (propertyOf(OPTIONS, key) === undefined)
      throw badParameters({ [drop.includes(key) ? "delete" : "revert"]: `unknown option '${key}'` });
  if (drop.includes("rootfs")) throw failed("unable to delete required option 'rootfs'");
  for (const [key, value] of Object.entries(set)) {
    requireContainerOption(lab, authId, path, key, value, current);
    if (/^net\d+$/.test(key)) requireBridge(lab.state, authId, value);
    if (MOUNT_SLOT.test(key)) refuseBadMount(lab, authId, value);
  }
  for (const key of [...drop, ...revert]) requireContainerOption(lab, authId, path, key, null, current);
  const keys = params["ssh-public-keys"];
  if (typeof keys === "string") refuseBadKeys(keys);
  return { set, drop, revert };
}

/** Applies a change, now or, for what a running container does not take, at its next start. */
export async function applyContainerChange(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  change: Change,
  log: (line: string) => void,
): Promise<void> {
  const on = lab.machines.running(vmid) !== undefined;
  const { volumes } = lab.machines;
  for (const key of change.revert) {
    delete guest.pending[key];
    guest.pendingDelete = guest.pendingDelete.filter((name) => name !== key);
  }
  for (const key of change.drop) {
    delete guest.pending[key];
    const value = guest.config[key];
    if (value === undefined) continue;
    if (on && (!HOT.test(key) || MOUNT_SLOT.test(key))) guest.pendingDelete.push(key);
    else {
      delete guest.config[key];
      if (MOUNT_SLOT.test(key)) guest.config[freeUnused(guest)] = parseDrive(value).volid;
      if (/^unused\d+$/.test(key)) await volumes.remove(value);
    }
  }
  for (const [key, value] of Object.entries(change.set)) {
    const stored = await prepared(lab, vmid, guest, key, value, log);
    guest.pendingDelete = guest.pendingDelete.filter((name) => name !== key);
    const isNewMount = MOUNT_SLOT.test(key) && guest.config[key] === undefined;
    if (!on || (HOT.test(key) && (isNewMount || !MOUNT_SLOT.test(key)))) {
      guest.config[key] = stored;
      delete guest.pending[key];
    } else if (guest.config[key] === stored) delete guest.pending[key];
    else guest.pending[key] = stored;
  }
  lab.machines.changed();
}

/** A container's network card as it is stored, with an address of its own. */
export function containerCard(card: string, fresh = false): string {
  const format = OPTIONS["net[n]"]?.format;
  const { values } = parsePropertyString(typeof format === "object" ? format : {}, card);
  const { name = "eth0", bridge, hwaddr, type: _type, ...rest } = values;
  const members = {
    name,
    bridge,
    hwaddr: fresh ? newMac() : (hwaddr?.toUpperCase() ?? newMac()),
    ...rest,
    type: "veth",
  };
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function requireContainerOption(
  lab: Lab,
  authId: string,
  path: string,
  key: string,
  value: string | null,
  current: GuestState | null,
): void {
  if (authId === "root@pam") return;
  if (ROOT_ONLY.test(key)) throw failed(`only root can set '${key}' config`);
  if (key === "startup") return requirePrivileges(lab.state, authId, "/", ["Sys.Modify"]);
  if (key === "unprivileged" && current !== null) throw badParameters({ unprivileged: "can't be changed" });
  if (key === "features") {
    if (value !== null && !/^nesting=[01]$/.test(value))
      throw failed(`changing feature flags (except nesting) is only allowed for root@pam`);
    return requirePrivileges(lab.state, authId, path, ["VM.Allocate"]);
  }
  // Whoever may make a container may give it its first disk; the storage has a check of its own.
  if (current === null && MOUNT_SLOT.test(key)) return;
  const privilege = PRIVILEGES.find(([names]) => names.test(key))?.[1] ?? "VM.Config.Options";
  requirePrivileges(lab.state, authId, path, [privilege]);
}

function refuseBadMount(lab: Lab, authId: string, value: string): void {
  const { volid } = parseDrive(value);
  if (volid.startsWith("/")) {
    if (authId !== "root@pam") throw failed("mount point type bind is only allowed for root@pam");
    return;
  }
  const storage = volid.split(":")[0] ?? "";
  if (authId !== "root@pam") requirePrivileges(lab.state, authId, `/storage/${storage}`, ["Datastore.AllocateSpace"]);
  const known = lab.state.storages[storage];
  if (known === undefined) throw failed(`storage '${storage}' does not exist`);
  if (!known.content.includes("rootdir")) throw failed(`storage '${storage}' does not support container directories`);
  if (!/:\d+(\.\d+)?$/.test(volid)) lab.machines.volumes.require(volid);
}

async function prepared(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  key: string,
  value: string,
  log: (line: string) => void,
): Promise<string> {
  if (/^net\d+$/.test(key)) return containerCard(value);
  if (key === "tags")
    return [...new Set(value.toLowerCase().split(/[,;\s]+/))]
      .filter((tag) => tag !== "")
      .sort()
      .join(";");
  if (!MOUNT_SLOT.test(key)) return value;
  const drive = parseDrive(value);
  const order = /^([a-z][\w.-]*):(\d+(?:\.\d+)?)$/i.exec(drive.volid);
  if (order === null) return formatDrive(drive);
  const sizeBytes = Math.round(Number(order[2]) * GIB);
  const volid = await lab.machines.volumes.allocateRoot({ storage: order[1] ?? "", node: guest.node, vmid, sizeBytes });
  if (sizeBytes > 0) log(`Formatting '${volid}', fmt=raw size=${sizeBytes} preallocation=off`);
  return formatDrive({ volid, options: { ...drive.options, size: sizeBytes === 0 ? "0T" : formatSize(sizeBytes) } });
}

function freeUnused(guest: GuestState): string {
  let index = 0;
  while (guest.config[`unused${index}`] !== undefined) index += 1;
  return `unused${index}`;
}

function list(value: Params[string] | undefined): string[] {
  return typeof value === "string" ? value.split(/[,;\s]+/).filter((item) => item !== "") : [];
}
