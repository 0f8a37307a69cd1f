// Guests on Proxmox VE, virtual machines and containers: reading, cloning, configuring, powering and deleting them.
import { z } from "zod";
import { LooseNumber, Nothing, pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess, PvePath } from "./client.ts";

export type GuestKind = "vm" | "container";

/** Where a guest is, and which of the server's two families of requests it takes. */
export interface GuestAt {
  kind: GuestKind;
  node: string;
  vmid: number;
}

/** Path of a guest, and of what is below it: each part becomes one segment. */
export function guestPath(at: GuestAt, ...parts: string[]): PvePath {
  const family = at.kind === "container" ? "lxc" : "qemu";
  const guest = pvePath`/nodes/${at.node}/${family}/${at.vmid}`;
  return parts.reduce<PvePath>((path, part) => `${path}${pvePath`/${part}`}` as PvePath, guest);
}

/** Type of a guest's task in task lists: `qmstart` of a virtual machine is `vzstart` of a container. */
export function taskTypeOf(kind: GuestKind, verb: string): string {
  return `${kind === "container" ? "vz" : "qm"}${verb}`;
}

const Config = z.looseObject({
  description: z.string().optional(),
  digest: z.string().optional(),
  lock: z.string().optional(),
});
export type GuestConfig = z.infer<typeof Config>;

/** GET …/config: current values, VM.Audit. */
export function guestConfig(access: PveAccess, at: GuestAt): Promise<GuestConfig> {
  return pveRequest(access, "GET", guestPath(at, "config"), { current: 1 }, Config);
}

const Current = z.object({
  status: z.enum(["running", "stopped"]).or(z.string()),
  qmpstatus: z.string().optional(),
  lock: z.string().optional(),
});

/** GET …/status/current: the authoritative power state. */
export async function guestPower(access: PveAccess, at: GuestAt): Promise<"running" | "stopped" | "paused"> {
  const current = await pveRequest(access, "GET", guestPath(at, "status", "current"), {}, Current);
  if (current.status !== "running") return "stopped";
  return current.qmpstatus === "paused" ? "paused" : "running";
}

const Uptime = z.object({ uptime: LooseNumber.optional() });

/** GET …/status/current: for how many seconds a guest has been on since it was last switched on; 0 while it is off. */
export async function guestUptimeSeconds(access: PveAccess, at: GuestAt): Promise<number> {
  return (await pveRequest(access, "GET", guestPath(at, "status", "current"), {}, Uptime)).uptime ?? 0;
}

/** GET …/config: values as they will be after the next start, VM.Audit. */
export function plannedConfig(access: PveAccess, at: GuestAt): Promise<GuestConfig> {
  return pveRequest(access, "GET", guestPath(at, "config"), {}, Config);
}

const Scalar = z.union([z.string(), z.number()]);
const Pending = z.array(z.object({ key: z.string(), value: Scalar.optional(), pending: Scalar.optional() }));

/** A guest's name; what a virtual machine calls its name is a container's host name. */
export function nameOf(config: GuestConfig): string | undefined {
  const name = config.hostname ?? config.name;
  return typeof name === "string" ? name : undefined;
}

/** What a guest has of cores and memory, and what it gets at its next start. */
export interface PendingSize {
  cores: { now: number; next: number };
  memoryMiB: { now: number; next: number };
  diskGiB: number | null;
}

/** GET …/pending, as far as it concerns the size; `next` equals `now` where nothing is pending. */
export async function pendingSize(access: PveAccess, at: GuestAt): Promise<PendingSize> {
  const rows = await pveRequest(access, "GET", guestPath(at, "pending"), {}, Pending);
  const now = Object.fromEntries(rows.map((row) => [row.key, row.value ?? row.pending])) as GuestConfig;
  const next = Object.fromEntries(rows.map((row) => [row.key, row.pending ?? row.value])) as GuestConfig;
  const slot = bootDiskOf(next);
  return {
    cores: { now: coresOf(now), next: coresOf(next) },
    memoryMiB: { now: memoryMiBOf(now), next: memoryMiBOf(next) },
    diskGiB: slot === null ? null : diskGiBOf(next, slot),
  };
}

/** Cores of a configuration; the server takes one where none are written. */
export function coresOf(config: GuestConfig): number {
  return Number(config.cores ?? 1);
}

/** Memory of a configuration, which may be written as `current=512`; the server takes 512 MiB where none is. */
export function memoryMiBOf(config: GuestConfig): number {
  return Number(String(config.memory ?? 512).replace(/^current=/, ""));
}

/**
 * POST …/clone into a pool: of a template linked where the storage can, of any other guest in full. Answers the task's id, which
 * carries the number of what is copied, not the new one. The new guest joins the pool, and can be seen by a pool's token,
 * only when the task has ended.
 */
export function cloneGuest(access: PveAccess, source: GuestAt, clone: NewGuest & { full?: boolean }): Promise<string> {
  const { vmid, name, pool, description, full } = clone;
  const called = source.kind === "container" ? { hostname: name } : { name };
  return pveRequest(
    access,
    "POST",
    guestPath(source, "clone"),
    { newid: vmid, ...called, pool, description, full },
    Upid,
  );
}

/** What a guest is called and belongs to from its first moment on. */
export interface NewGuest {
  vmid: number;
  name: string;
  pool: string;
  description: string;
}

/** What a launch sets on a fresh clone of a virtual machine; nothing else of its configuration is ever written. */
export interface GuestSettings {
  name: string;
  description: string;
  cores: number;
  memoryMiB: number;
  user: string;
  password: string | null;
  /** One OpenSSH public key a line. */
  sshKeys: string;
  /** `net0` as it was before, where the clone takes the place of a guest. */
  card?: string | undefined;
}

/** POST …/config (asynchronous, so that no proxy in between cuts it off); answers the task's id. */
export function configureGuest(access: PveAccess, at: GuestAt, settings: GuestSettings): Promise<string> {
  return pveRequest(
    access,
    "POST",
    guestPath(at, "config"),
    {
      name: settings.name,
      description: settings.description,
      cores: settings.cores,
      sockets: 1,
      memory: settings.memoryMiB,
      ciuser: settings.user,
      cipassword: settings.password ?? undefined,
      // Percent-encoded inside the value, as the server's validator demands; the form encodes it once more.
      sshkeys: settings.sshKeys === "" ? undefined : encodeURIComponent(`${settings.sshKeys}\n`),
      ipconfig0: "ip=dhcp",
      net0: settings.card,
    },
    Upid,
  );
}

/** What may be changed of a guest that is there. */
export interface GuestChanges {
  name?: string;
  description?: string;
  cores?: number;
  memoryMiB?: number;
}

/**
 * POST …/config of a few values, refused where the configuration is not the one of that digest; answers the task's id. A
 * container's are written by PUT and done when that is answered: null. Those of them that cannot be changed while it is on
 * wait for its next start, as a virtual machine's do.
 */
export async function changeGuest(
  access: PveAccess,
  at: GuestAt,
  changes: GuestChanges,
  digest?: string,
): Promise<string | null> {
  const { memoryMiB: memory, ...rest } = changes;
  if (at.kind === "container") {
    const { name: hostname, ...others } = rest;
    return pveRequest(access, "PUT", guestPath(at, "config"), { ...others, hostname, memory, digest }, Nothing);
  }
  const path = guestPath(at, "config");
  // What a template or somebody else has set of sockets would multiply the cores.
  const sockets = changes.cores === undefined ? undefined : 1;
  return pveRequest(access, "POST", path, { ...rest, sockets, memory, digest }, Upid);
}

/** Size of one disk in GiB, rounded up, from a configuration value such as `local-lvm:…,size=2G`; null where there is none. */
export function diskGiBOf(config: GuestConfig, slot: string): number | null {
  const value = config[slot];
  const match = typeof value === "string" ? /(?:^|,)size=(\d+(?:\.\d+)?)([KMGT])?/.exec(value) : null;
  if (!match) return null;
  const bytes = Number(match[1]) * UNIT_BYTES[(match[2] ?? "") as keyof typeof UNIT_BYTES];
  return Math.ceil(bytes / UNIT_BYTES.G);
}

const UNIT_BYTES = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

const DISK_SLOT = /^((scsi|virtio|sata|ide)\d+|rootfs)$/;

/** The slot that a guest boots from: a container's root, first disk of `boot: order=…`, else the usual first slots. */
export function bootDiskOf(config: GuestConfig): string | null {
  const order = typeof config.boot === "string" ? /order=([^,]+)/.exec(config.boot)?.[1]?.split(";") : undefined;
  const candidates = [...(order ?? []), "scsi0", "virtio0", "sata0", "ide0", "rootfs"];
  return candidates.find((slot) => DISK_SLOT.test(slot) && diskGiBOf(config, slot) !== null) ?? null;
}

/** PUT …/resize to an absolute size, so that doing it twice is harmless; answers the task's id. */
export function resizeDisk(access: PveAccess, at: GuestAt, slot: string, sizeGiB: number): Promise<string> {
  const path = guestPath(at, "resize");
  return pveRequest(access, "PUT", path, { disk: slot, size: `${sizeGiB}G` }, Upid);
}

export type PowerVerb = "start" | "shutdown" | "stop" | "reboot" | "reset" | "suspend" | "resume";

/** How long a guest may take to follow, in seconds, and whether the plug is pulled where it has not (of a shutdown only). */
export interface PowerPatience {
  seconds?: number;
  force?: boolean;
}

/** POST …/status/{verb}; answers the task's id. Containers know neither reset, nor suspend and resume that could be relied on. */
export function powerGuest(
  access: PveAccess,
  at: GuestAt,
  verb: PowerVerb,
  { seconds, force }: PowerPatience = {},
): Promise<string> {
  const params =
    verb === "stop"
      ? { "overrule-shutdown": 1 }
      : { timeout: seconds, forceStop: verb === "shutdown" && force === true ? 1 : undefined };
  return pveRequest(access, "POST", guestPath(at, "status", verb), params, Upid);
}

/** DELETE the guest with its disks, jobs and access rules; it must be stopped. Answers the task's id. */
export function deleteGuest(access: PveAccess, at: GuestAt): Promise<string> {
  const path = guestPath(at);
  return pveRequest(access, "DELETE", path, { purge: 1, "destroy-unreferenced-disks": 1 }, Upid);
}

const Link = z.object({
  name: z.string(),
  "ip-addresses": z.array(z.object({ "ip-address": z.string() })).optional(),
  /** Containers of older servers: address with the length of its prefix. */
  inet: z.string().optional(),
  inet6: z.string().optional(),
});
const AgentLinks = z.object({ result: z.array(Link) });
const ContainerLinks = z.array(Link).nullable();

/**
 * First address of a guest: IPv4 before IPv6, neither loopback nor link-local; null while it has none. Of a virtual machine
 * its own agent tells, and what a guest says is not to be trusted: only what looks like an address is taken.
 * @throws PveError `failed` while the agent is not up.
 */
export async function guestAddress(access: PveAccess, at: GuestAt): Promise<string | null> {
  const addresses = (await linksOf(access, at))
    .filter((link) => link.name !== "lo")
    .flatMap((link) => [...(link["ip-addresses"] ?? []).map((row) => row["ip-address"]), link.inet, link.inet6])
    .flatMap((text) => text?.split("/")[0] ?? []);
  const v4 = addresses.find((text) => /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && !/^(127|169\.254)\./.test(text));
  const v6 = addresses.find((text) => /^[0-9a-f:]{3,39}$/i.test(text) && !/^(fe[89ab]|::1$)/i.test(text));
  return v4 ?? v6 ?? null;
}

async function linksOf(access: PveAccess, at: GuestAt): Promise<z.infer<typeof Link>[]> {
  if (at.kind === "container")
    return (await pveRequest(access, "GET", guestPath(at, "interfaces"), {}, ContainerLinks)) ?? [];
  return (await pveRequest(access, "GET", guestPath(at, "agent", "network-get-interfaces"), {}, AgentLinks)).result;
}

const GuestRow = z.object({
  vmid: LooseNumber,
  node: z.string(),
  type: z.string(),
  status: z.string().optional(),
  name: z.string().optional(),
  pool: z.string().optional(),
  template: LooseNumber.optional(),
  cpu: LooseNumber.optional(),
  maxcpu: LooseNumber.optional(),
  mem: LooseNumber.optional(),
  maxmem: LooseNumber.optional(),
  maxdisk: LooseNumber.optional(),
  uptime: LooseNumber.optional(),
});
export type GuestRow = z.infer<typeof GuestRow>;

/** Which kind of guest a row of the cluster's list is. */
export function kindOfRow(row: Pick<GuestRow, "type">): GuestKind {
  return row.type === "lxc" ? "container" : "vm";
}

/** GET /cluster/resources?type=vm: every guest that the token may see, as of the last round of pvestatd (10 s). */
export function clusterGuests(access: PveAccess): Promise<GuestRow[]> {
  return pveRequest(access, "GET", pvePath`/cluster/resources`, { type: "vm" }, z.array(GuestRow));
}
