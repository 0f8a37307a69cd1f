// Makes the NoCloud config disk of a guest: an ISO 9660 volume named `cidata` with what cloud-init would be told.
import { createHash } from "node:crypto";
import { packIso } from "./iso.ts";
import type { CloudInit } from "./runtime.ts";

/**
 * Bytes of the config disk, laid out as Proxmox VE lays its own out (user-data, network-config of version 1, meta-data).
 * Throws where a value cannot stand in a config disk: a user name that no Linux has, control characters.
 */
export function configDisk(cloudInit: CloudInit, mac: string | undefined): Buffer {
  const userData = userDataText(cloudInit);
  const networkConfig = networkConfigText(cloudInit.ipConfig, mac);
  const instance = createHash("sha1").update(userData).update(networkConfig).digest("hex");
  return packIso("cidata", [
    { name: "meta-data", data: `instance-id: ${instance}\n` },
    { name: "user-data", data: userData },
    { name: "network-config", data: networkConfig },
  ]);
}

/** Address and gateway of an `ipconfig0` value; null means DHCP. */
export function staticAddress(
  ipConfig: string | null,
): { address: string; prefix: number; gateway: string | null } | null {
  const members = new Map((ipConfig ?? "").split(",").map((part) => part.split("=", 2) as [string, string]));
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(members.get("ip") ?? "");
  if (!match?.[1] || Number(match[2]) > 32) return null;
  const gateway = members.get("gw") ?? null;
  return { address: match[1], prefix: Number(match[2]), gateway: gateway && /^[\d.]+$/.test(gateway) ? gateway : null };
}

/** The public keys of a configuration, one an entry; Proxmox VE holds them percent-encoded, which is undone where seen. */
export function keyList(sshKeys: string | null): string[] {
  if (!sshKeys) return [];
  const text = !/\s/.test(sshKeys.trim()) && sshKeys.includes("%20") ? decodeURIComponent(sshKeys) : sshKeys;
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function userDataText(cloudInit: CloudInit): string {
  const { hostname, user, password } = cloudInit;
  if (user !== null && !/^[a-z_][a-z0-9_-]{0,31}$/.test(user))
    throw new Error("the config disk's user is no Linux user name");
  const lines = ["#cloud-config", `hostname: ${quoted(hostname)}`, "manage_etc_hosts: true"];
  if (user) lines.push(`user: ${quoted(user)}`);
  if (password) lines.push(`password: ${quoted(password)}`);
  const keys = keyList(cloudInit.sshKeys);
  if (keys.length > 0) lines.push("ssh_authorized_keys:", ...keys.map((key) => `  - ${quoted(key)}`));
  lines.push("chpasswd:", "  expire: False", "users:", "  - default", "");
  return lines.join("\n");
}

/** A double-quoted YAML string; JSON's escapes of the quote and the backslash are the only ones that the guest undoes. */
function quoted(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new Error("the config disk cannot carry control characters");
  return JSON.stringify(value);
}

function networkConfigText(ipConfig: string | null, mac: string | undefined): string {
  const fixed = staticAddress(ipConfig);
  const subnet = fixed
    ? [
        "      - type: static",
        `        address: '${fixed.address}'`,
        `        netmask: '${netmask(fixed.prefix)}'`,
        ...(fixed.gateway ? [`        gateway: '${fixed.gateway}'`] : []),
      ]
    : ["      - type: dhcp4"];
  const card = mac ? [`      mac_address: '${mac.toLowerCase()}'`] : [];
  return [
    "version: 1",
    "config:",
    "    - type: physical",
    "      name: eth0",
    ...card,
    "      subnets:",
    ...subnet,
    "",
  ].join("\n");
}

function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
}
