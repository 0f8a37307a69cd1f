// What the runtime must know to power a guest on, read out of the guest's configuration.
import type { CloudInit, GuestDisk, GuestSpec } from "../guests/runtime.ts";
import type { GuestState } from "../state.ts";
import { disksOf, drivesOf, isCdrom, isCloudInit } from "./drives.ts";
import type { Volumes } from "./volumes.ts";

const DEFAULT_MEMORY_MIB = 512;
/** Cores of a container whose configuration bounds them not; a host's, in truth. */
const UNBOUND_CORES = 2;

/** The machine that a virtual machine's or a container's configuration describes. */
export function guestSpec(vmid: number, guest: GuestState, volumes: Volumes): GuestSpec {
  return guest.kind === "lxc" ? containerSpec(vmid, guest, volumes) : machineSpec(vmid, guest, volumes);
}

export function memoryMiB(config: Record<string, string>): number {
  return Number((config["memory"] ?? String(DEFAULT_MEMORY_MIB)).replace(/^current=/, ""));
}

/** Cores of a guest of either kind. */
export function coresOf(guest: GuestState): number {
  const { config } = guest;
  if (guest.kind === "lxc") return Number(config["cores"] ?? UNBOUND_CORES);
  return Number(config["cores"] ?? 1) * Number(config["sockets"] ?? 1);
}

export function hasAgent(config: Record<string, string>): boolean {
  return /^(enabled=)?1(,|$)/.test(config["agent"] ?? "");
}

function machineSpec(vmid: number, guest: GuestState, volumes: Volumes): GuestSpec {
  const { config } = guest;
  const drives = drivesOf(config);
  const name = config["name"] ?? `VM${vmid}`;
  const disks = drives.flatMap(([slot, drive]): GuestDisk[] => {
    const file = isCloudInit(drive) ? null : volumes.file(drive.volid);
    if (file === null) return [];
    return [isCdrom(drive) ? { slot, file, readOnly: true } : { slot, file }];
  });
  return {
    vmid,
    node: guest.node,
    name,
    cores: coresOf(guest),
    memoryMiB: memoryMiB(config),
    // Writable ones first: the guest keeps its files on the first disk.
    disks: disks.sort((left, right) => Number(left.readOnly ?? false) - Number(right.readOnly ?? false)),
    macs: macsOf(config),
    cloudInit: drives.some(([, drive]) => isCloudInit(drive)) ? cloudInit(name, config) : null,
    agent: hasAgent(config),
    flavour: /^flavour:\s*([a-z]+)/m.exec(config["description"] ?? "")?.[1] ?? guest.flavour,
  };
}

function cloudInit(name: string, config: Record<string, string>): CloudInit {
  const keys = config["sshkeys"];
  return {
    hostname: name.split(".")[0] ?? name,
    user: config["ciuser"] ?? null,
    password: config["cipassword"] ?? null,
    sshKeys: keys === undefined ? null : decodeURIComponent(keys),
    ipConfig: config["ipconfig0"] ?? null,
  };
}

/** A container's runtime tells its name and addresses from outside; here the config disk and the agent stand in for it. */
function containerSpec(vmid: number, guest: GuestState, volumes: Volumes): GuestSpec {
  const { config } = guest;
  const name = config["hostname"] ?? `CT${vmid}`;
  const address = /(?:^|,)ip=([^,]+)/.exec(config["net0"] ?? "")?.[1];
  const gateway = /(?:^|,)gw=([^,]+)/.exec(config["net0"] ?? "")?.[1];
  return {
    vmid,
    node: guest.node,
    name,
    cores: coresOf(guest),
    memoryMiB: memoryMiB(config),
    disks: disksOf(config)
      .flatMap(([slot, drive]): GuestDisk[] => {
        const file = volumes.file(drive.volid);
        return file === null ? [] : [{ slot, file }];
      })
      .sort((left, right) => Number(right.slot === "rootfs") - Number(left.slot === "rootfs")),
    macs: macsOf(config),
    cloudInit: {
      hostname: name.split(".")[0] ?? name,
      user: null,
      password: null,
      sshKeys: null,
      ipConfig: address === undefined ? null : `ip=${address}${gateway === undefined ? "" : `,gw=${gateway}`}`,
    },
    agent: true,
    flavour: guest.flavour,
    container: true,
  };
}

function macsOf(config: Record<string, string>): string[] {
  return Object.keys(config)
    .filter((key) => /^net\d+$/.test(key))
    .sort((left, right) => Number(left.slice(3)) - Number(right.slice(3)))
    .map((key) => /=((?:[0-9A-F]{2}:){5}[0-9A-F]{2})/i.exec(config[key] ?? "")?.[1] ?? "")
    .filter((mac) => mac !== "");
}
