// Containers where they differ from virtual machines: the archives that they are made from, and how one is made.
import { z } from "zod";
import { pvePath, pveRequest, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { guestConfig } from "./guests.ts";
import type { GuestAt, GuestConfig, NewGuest } from "./guests.ts";

const Storages = z.array(z.object({ storage: z.string() }));
const Volumes = z.array(z.object({ volid: z.string().regex(/^[^:/]+:vztmpl\/[^/]+$/) }));

/** Volume ids of the archives on a node that the token may see. */
export async function containerArchives(access: PveAccess, node: string): Promise<string[]> {
  const storages = await pveRequest(
    access,
    "GET",
    pvePath`/nodes/${node}/storage`,
    { content: "vztmpl", enabled: 1 },
    Storages,
  );
  const found: string[] = [];
  for (const { storage } of storages) {
    const path = pvePath`/nodes/${node}/storage/${storage}/content`;
    const volumes = await pveRequest(access, "GET", path, { content: "vztmpl" }, Volumes);
    found.push(...volumes.map((volume) => volume.volid));
  }
  return found;
}

/** What a container is made with; everything else of its configuration is constant. */
export interface ContainerSettings {
  /** Volume id of the archive. */
  archive: string;
  /** Where its root is made, and how large. */
  storage: string;
  diskGiB: number;
  cores: number;
  memoryMiB: number;
  /** From {@link cardLike}. */
  card: string;
  /** Whether it may hold containers itself. */
  nesting: boolean;
  /** Root's. */
  password: string | null;
  /** One OpenSSH public key a line. */
  sshKeys: string;
}

/**
 * POST /nodes/{node}/lxc: always unprivileged, no feature but nesting, memory without swap, so that what is charged is what it
 * gets. It joins its pool, and can be seen by a pool's token, only when the task has ended. Answers the task's id.
 */
export function createContainer(
  access: PveAccess,
  node: string,
  guest: NewGuest,
  settings: ContainerSettings,
): Promise<string> {
  const { vmid, name, pool, description } = guest;
  return pveRequest(
    access,
    "POST",
    pvePath`/nodes/${node}/lxc`,
    {
      vmid,
      hostname: name,
      pool,
      description,
      ostemplate: settings.archive,
      rootfs: `${settings.storage}:${settings.diskGiB}`,
      cores: settings.cores,
      memory: settings.memoryMiB,
      swap: 0,
      net0: settings.card,
      unprivileged: 1,
      features: settings.nesting ? "nesting=1" : undefined,
      password: settings.password ?? undefined,
      "ssh-public-keys": settings.sshKeys === "" ? undefined : `${settings.sshKeys}\n`,
    },
    Upid,
  );
}

/** Whether the configuration is that of an unprivileged container without features that nobody asked for. */
export function isConfined(config: GuestConfig, nesting: boolean): boolean {
  const features = typeof config.features === "string" ? config.features : "";
  return Number(config.unprivileged ?? 0) === 1 && (features === "" || (nesting && features === "nesting=1"));
}

/**
 * A container's first network card: on the bridge and VLAN of a virtual machine's, with the firewall on and its address from
 * DHCP. Whoever launches has no say in it.
 */
export async function cardLike(access: PveAccess, machine: GuestAt | null): Promise<string> {
  const config = machine === null ? null : await guestConfig(access, machine);
  const parts = typeof config?.net0 === "string" ? config.net0.split(",") : [];
  const bridge = parts.find((part) => /^bridge=[A-Za-z0-9._-]+$/.test(part)) ?? "bridge=vmbr0";
  const tag = parts.filter((part) => /^tag=\d+$/.test(part));
  return ["name=eth0", bridge, ...tag, "firewall=1", "ip=dhcp"].join(",");
}
