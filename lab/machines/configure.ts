// Changes a guest's configuration: checks who may set what, prepares values, and applies them now or at the next power-on.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { hashPassword } from "../access/crypt.ts";
import { requirePrivileges } from "../access/checks.ts";
import { CONTRACTS, propertyOf } from "../contract/table.ts";
import { parsePropertyString, type Params } from "../contract/verify.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import type { GuestState } from "../state.ts";
import { DRIVE_SLOT, drivesOf, formatDrive, formatSize, isCdrom, parseDrive } from "./drives.ts";
import { guestSpec } from "./spec.ts";
import { CONTROL_PARAMETERS, isHot, requireBridge, requireOption } from "./options.ts";

const GIB = 1_024 ** 3;
const OPTION_PROPERTIES = CONTRACTS["PUT /nodes/{node}/qemu/{vmid}/config"]?.parameters ?? {};

/** One checked change: options to set and options to drop. */
export interface Change {
  set: Record<string, string>;
  drop: string[];
  revert: string[];
}

/**
 * Reads a change out of a request and refuses what the caller may not do on `path`; nothing is altered. A right held on
 * `poolPath` counts as well: a guest that is being made belongs to no pool yet.
 */
export function readChange(
  lab: Lab,
  authId: string,
  path: string,
  params: Params,
  current: GuestState | null,
  poolPath: string | null = null,
): Change {
  const set: Record<string, string> = {};
  const drop = list(params["delete"]);
  const revert = list(params["revert"]);
  for (const [key, value] of Object.entries(params)) {
    if (CONTROL_PARAMETERS.has(key)) continue;
    if (value === null) throw failed(`unable to parse value of '${key}' - got undefined value`);
    if (drop.includes(key))
      throw badParameters({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
    set[key] = Array.isArray(value) ? value.join(";") : value;
  }
  for (const key of [...drop, ...revert]) {
    if (CONTROL_PARAMETERS.has(key) || propertyOf(OPTION_PROPERTIES, key) === undefined)
      throw badParameters({ [drop.includes(key) ? "delete" : "revert"]: `unknown option '${key}'` });
  }
  if (set["sshkeys"] !== undefined) refuseBadKeys(decodeURIComponent(set["sshkeys"]));
  for (const [key, value] of Object.entries(set)) {
    if (key === "hookscript") throw badParameters({ hookscript: `script '${value}' does not exist\n` });
    if (poolPath === null || !allows(lab, authId, poolPath, key, value))
      requireOption(lab.state, authId, path, key, value);
    if (/^net\d+$/.test(key)) requireBridge(lab.state, authId, value);
    if (DRIVE_SLOT.test(key)) refuseBadDrive(lab, authId, value, current);
  }
  for (const key of [...drop, ...revert]) requireOption(lab.state, authId, path, key, current?.config[key] ?? null);
  refuseBadBoot(set, current);
  return { set, drop, revert };
}

/** Applies a change. Allocates volumes it asks for, so it may take a while. */
export async function applyChange(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  change: Change,
  log: (line: string) => void,
): Promise<void> {
  const on = lab.machines.running(vmid) !== undefined;
  for (const key of change.revert) {
    delete guest.pending[key];
    guest.pendingDelete = guest.pendingDelete.filter((name) => name !== key);
  }
  for (const key of change.drop) await drop(lab, guest, key, on);
  for (const [key, value] of Object.entries(change.set)) {
    const stored = await prepared(lab, vmid, guest, key, value, log);
    guest.pendingDelete = guest.pendingDelete.filter((name) => name !== key);
    if (!on || (isHot(key) && !(isUnplugged(key) && guest.config[key] === undefined))) {
      guest.config[key] = stored;
      delete guest.pending[key];
    } else if (guest.config[key] === stored) delete guest.pending[key];
    else guest.pending[key] = stored;
  }
  const touched = [...Object.keys(change.set), ...change.drop].some((key) => DRIVE_SLOT.test(key));
  // A disk that the guest does not let go of stays in it until the power goes.
  if (touched)
    await lab.machines
      .running(vmid)
      ?.setDisks(guestSpec(vmid, guest, lab.machines.volumes).disks)
      .catch((error: unknown) => log(`hotplug problem - ${error instanceof Error ? error.message : String(error)}`));
  lab.machines.changed();
}

/** SHA-1 over the configuration, as the API hands it out to guard against changes in between. */
export function digestOf(guest: GuestState): string {
  const lines = Object.entries({
    ...guest.config,
    ...Object.fromEntries(Object.entries(guest.pending).map(([key, value]) => [`pending ${key}`, value])),
  });
  return createHash("sha1")
    .update(JSON.stringify([lines.sort(), guest.pendingDelete]))
    .digest("hex");
}

/** A MAC address of the cluster's prefix. */
export function newMac(): string {
  return [
    "BC",
    "24",
    "11",
    ...[...randomBytes(3)].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")),
  ].join(":");
}

/** A network card with a MAC address of its own. */
export function withMac(card: string, mac: string = newMac()): string {
  const property = OPTION_PROPERTIES["net[n]"]?.format;
  const { values } = parsePropertyString(typeof property === "object" ? property : {}, card);
  const { model = "virtio", macaddr: _, ...rest } = values;
  return [`${model}=${mac}`, ...Object.entries(rest).map(([key, value]) => `${key}=${value}`)].join(",");
}

function allows(lab: Lab, authId: string, path: string, key: string, value: string): boolean {
  try {
    requireOption(lab.state, authId, path, key, value);
    return true;
  } catch {
    return false;
  }
}

async function prepared(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  key: string,
  value: string,
  log: (line: string) => void,
): Promise<string> {
  if (DRIVE_SLOT.test(key)) return preparedDrive(lab, vmid, guest, key, value, log);
  if (/^net\d+$/.test(key)) {
    const given = /=((?:[0-9a-f]{2}:){5}[0-9a-f]{2})/i.exec(value)?.[1]?.toUpperCase();
    return withMac(value, given);
  }
  switch (key) {
    case "cipassword":
      return /^\$\d\$/.test(value) ? value : hashPassword(value);
    case "tags":
      return [
        ...new Set(
          value
            .toLowerCase()
            .split(/[,;\s]+/)
            .filter((tag) => tag !== ""),
        ),
      ]
        .sort()
        .join(";");
    case "vmgenid":
      return value === "1" ? randomUUID() : value;
    default:
      return value;
  }
}

async function preparedDrive(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  slot: string,
  value: string,
  log: (line: string) => void,
): Promise<string> {
  const drive = parseDrive(value);
  const order = /^([a-z][\w.-]*):(cloudinit|\d+(?:\.\d+)?)$/i.exec(drive.volid);
  if (order === null) return formatDrive({ ...drive, options: { ...drive.options, ...sizeOf(lab, drive.volid) } });
  const [, storage = "", what = ""] = order;
  if (what === "cloudinit") {
    const volid = lab.machines.volumes.allocateCloudInit({ storage, node: guest.node, vmid });
    return `${volid},media=cdrom,size=4M`;
  }
  const sizeBytes = Math.round(Number(what) * GIB);
  const volid = await lab.machines.volumes.allocate({ storage, node: guest.node, vmid, sizeBytes });
  const { format: _, ...options } = drive.options;
  const line = formatDrive({ volid, options: { ...options, size: formatSize(sizeBytes) } });
  log(`${slot}: successfully created disk '${line}'`);
  return line;
}

/** Drives of these buses come and go with the power; what is in them may change at any time. */
function isUnplugged(key: string): boolean {
  return /^(ide|sata)\d+$/.test(key);
}

async function drop(lab: Lab, guest: GuestState, key: string, on: boolean): Promise<void> {
  delete guest.pending[key];
  const value = guest.config[key];
  if (value === undefined) return;
  if (on && (!isHot(key) || isUnplugged(key))) {
    if (!guest.pendingDelete.includes(key)) guest.pendingDelete.push(key);
    return;
  }
  delete guest.config[key];
  const { volumes } = lab.machines;
  if (/^unused\d+$/.test(key)) return volumes.remove(value);
  if (!DRIVE_SLOT.test(key)) return;
  const drive = parseDrive(value);
  if (isCdrom(drive)) {
    if (volumes.get(drive.volid)?.content === "images") await volumes.remove(drive.volid);
    return;
  }
  // A disk that is taken out is kept and still takes space.
  let index = 0;
  while (guest.config[`unused${index}`] !== undefined) index += 1;
  guest.config[`unused${index}`] = drive.volid;
}

function refuseBadDrive(lab: Lab, authId: string, value: string, current: GuestState | null): void {
  const drive = parseDrive(value);
  if (drive.volid === "none" || drive.volid === "cdrom") return;
  const colon = drive.volid.indexOf(":");
  if (colon < 0) throw failed(`unable to parse volume ID '${drive.volid}'`);
  const [storage, name] = [drive.volid.slice(0, colon), drive.volid.slice(colon + 1)];
  const known = current !== null && drivesOf(current.config).some(([, attached]) => attached.volid === drive.volid);
  const isOrder = /^\d+(\.\d+)?$/.test(name) || name === "cloudinit";
  if (isOrder) requirePrivileges(lab.state, authId, `/storage/${storage}`, ["Datastore.AllocateSpace"]);
  else if (!known)
    requirePrivileges(lab.state, authId, `/storage/${storage}`, ["Datastore.AllocateSpace", "Datastore.Audit"], true);
  if (lab.state.storages[storage] === undefined) throw failed(`storage '${storage}' does not exist`);
  if (isOrder || known) return;
  if (!name.includes("/")) throw failed(`unable to parse directory volume name '${name}'`);
  lab.machines.volumes.require(drive.volid);
}

function refuseBadBoot(set: Record<string, string>, current: GuestState | null): void {
  const order = /^order=(.*)$/.exec(set["boot"] ?? "")?.[1];
  for (const device of order?.split(";") ?? []) {
    if (device !== "" && set[device] === undefined && current?.config[device] === undefined)
      throw failed(`invalid bootorder: device '${device}' does not exist'`);
  }
}

/** Refuses what are no public keys of SSH, one a line. */
export function refuseBadKeys(keys: string): void {
  for (const line of keys.split("\n")) {
    if (line.trim() === "") continue;
    const [, type = "", blob = ""] =
      /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) ([A-Za-z0-9+/]+=*)(?: .*)?$/.exec(line.trim()) ?? [];
    const bytes = Buffer.from(blob, "base64");
    const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
    if (type === "" || bytes.subarray(4, 4 + length).toString("latin1") !== type)
      throw failed("SSH public key validation error");
  }
}

function sizeOf(lab: Lab, volid: string): Record<string, string> {
  const volume = lab.machines.volumes.get(volid);
  return volume === undefined ? {} : { size: formatSize(volume.sizeBytes) };
}

function list(value: Params[string] | undefined): string[] {
  return typeof value === "string" ? value.split(/[,;\s]+/).filter((item) => item !== "") : [];
}
