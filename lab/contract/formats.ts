// Named string formats of the API: each tells why a value is refused, in the server's own words, or null where it is well formed.
import { isIPv4, isIPv6 } from "node:net";
import { PRIVILEGES } from "../access/privileges.ts";
import type { Property } from "./table.ts";

type Refusal = string | null;

/** Why `value` is not of the named format, or null. Formats that the lab does not know are taken as they are. */
export function refusalOf(format: string, value: string): Refusal {
  const exact = FORMATS[format];
  if (exact !== undefined) return exact(value);
  if (!format.endsWith("-list")) return null;
  const single = FORMATS[format.slice(0, -"-list".length)];
  if (single === undefined) return null;
  for (const item of value.split(/[,;\s\0]+/)) {
    if (item === "") continue;
    const refusal = single(item);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Members of the property strings that the schema only names. */
export const PROPERTY_STRINGS: Record<string, Record<string, Property>> = {
  "pve-qm-ipconfig": {
    ip: { type: "string", optional: 1, format: "ipv4-config" },
    gw: { type: "string", optional: 1, format: "ipv4", requires: "ip" },
    ip6: { type: "string", optional: 1, format: "ipv6-config" },
    gw6: { type: "string", optional: 1, format: "ipv6", requires: "ip6" },
  },
  "pve-qm-boot": {
    legacy: { type: "string", optional: 1, default_key: 1, pattern: "[acdn]{1,4}" },
    order: { type: "string", optional: 1 },
  },
};

// The real server does not bound the length of a label.
const DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const TAG = /^[a-z0-9_][a-z0-9_\-+.]*$/i;

const FORMATS: Record<string, (value: string) => Refusal> = {
  "pve-vmid": matches(/^[1-9]\d{2,8}$/, "value does not look like a valid VM ID\n"),
  "pve-configid": (value) => (/^[a-z][a-z0-9_-]+$/i.test(value) ? null : `invalid configuration ID '${value}'\n`),
  "pve-storage-content": (value) =>
    /^(images|rootdir|vztmpl|iso|backup|snippets|import|none)$/.test(value)
      ? null
      : `invalid content type '${value}'\n`,
  "pve-node": matches(/^[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?$/, "value does not look like a valid node name\n"),
  "dns-name": matches(new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`), "value does not look like a valid DNS name\n"),
  "pve-storage-id": matches(/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i, "storage ID contains illegal characters\n"),
  "pve-userid": (value) =>
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/.test(value)
      ? null
      : `value '${value}' does not look like a valid user name\n`,
  "pve-tokenid": (value) =>
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+$/.test(value)
      ? null
      : `value '${value}' does not look like a valid token ID\n`,
  "pve-groupid": (value) =>
    /^[A-Za-z0-9.\-_]+$/.test(value) ? null : `group name '${value}' contains invalid characters\n`,
  "pve-roleid": (value) =>
    /^[A-Za-z0-9.\-_]+$/.test(value) ? null : `role name '${value}' contains invalid characters\n`,
  "pve-realm": matches(/^[A-Za-z][A-Za-z0-9.\-_]+$/, "value does not look like a valid realm\n"),
  "pve-priv": (value) => (PRIVILEGES.includes(value) ? null : `invalid privilege '${value}'\n`),
  "pve-poolid": poolRefusal,
  "pve-tag": (value) => (TAG.test(value) ? null : "invalid characters in tag\n"),
  "pve-volume-id": matches(/^[a-z][a-z0-9\-_.]*[a-z0-9]:\S+$/i, "unable to parse volume ID\n"),
  "pve-bridge-id": matches(/^[-_.\w\d]+$/, "invalid bridge ID\n"),
  "pve-iface": matches(/^[a-z][a-z0-9_]{1,20}([:.]\d+)?$/i, "invalid network interface name\n"),
  "mac-addr": matches(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    "value does not look like a valid unicast MAC address\n",
  ),
  "disk-size": matches(/^\d+(\.\d+)?[KMGT]?$/, "value does not look like a valid disk size\n"),
  urlencoded: (value) => (/^[-%a-zA-Z0-9_.!~*'()]*$/.test(value) ? null : `invalid urlencoded string: ${value}\n`),
  email: matches(/^[^\s@]+@[^\s@]+$/, "value does not look like a valid email address\n"),
  "email-opt": (value) =>
    value === "" || /^[^\s@]+@[^\s@]+$/.test(value) ? null : "value does not look like a valid email address\n",
  ipv4: (value) => (isIPv4(value) ? null : "value does not look like a valid IPv4 address\n"),
  ipv6: (value) => (isIPv6(value) ? null : "value does not look like a valid IPv6 address\n"),
  "pve-fw-addr-spec": firewallAddresses,
  IPorCIDR: (value) => (isNetwork(value) ? null : "value does not look like a valid IP address or CIDR network\n"),
  IPorCIDRorAlias: (value) =>
    isNetwork(value) || /^((dc|guest)\/)?[A-Za-z][A-Za-z0-9\-_]+$/.test(value)
      ? null
      : "value does not look like a valid IP address, CIDR network or alias\n",
  CIDR: (value) => (value.includes("/") && isNetwork(value) ? null : "value does not look like a valid CIDR network\n"),
  ip: (value) => (isIPv4(value) || isIPv6(value) ? null : "value does not look like a valid IP address\n"),
  address: (value) =>
    isIPv4(value) || isIPv6(value) || new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`).test(value)
      ? null
      : "value does not look like a valid address\n",
  "ipv4-config": (value) =>
    value === "dhcp" || isCidr(value, isIPv4, 32)
      ? null
      : "value does not look like a valid ipv4 network configuration\n",
  "ipv6-config": (value) =>
    value === "dhcp" || value === "auto" || isCidr(value, isIPv6, 128)
      ? null
      : "value does not look like a valid ipv6 network configuration\n",
};

function matches(pattern: RegExp, refusal: string): (value: string) => Refusal {
  return (value) => (pattern.test(value) ? null : refusal);
}

function poolRefusal(value: string): Refusal {
  if (!/^[A-Za-z0-9.\-_]+(?:\/[A-Za-z0-9.\-_]+)*$/.test(value))
    return `pool name '${value}' contains invalid characters\n`;
  return value.split("/").length > 3 ? `pool name '${value}' nested too deeply (max levels = 3)\n` : null;
}

function isNetwork(value: string): boolean {
  return isIPv4(value) || isIPv6(value) || isCidr(value, isIPv4, 32) || isCidr(value, isIPv6, 128);
}

/** Addresses, networks, ranges, aliases and sets, parted by commas. */
function firewallAddresses(value: string): Refusal {
  for (const item of value.split(",")) {
    if (item === "" || /^\+?((dc|guest)\/)?[A-Za-z][A-Za-z0-9\-_]+$/.test(item)) continue;
    const [from = "", to] = item.includes("/") ? [item] : item.split("-");
    for (const one of to === undefined ? [from] : [from, to]) {
      if (isNetwork(one)) continue;
      const quad = one.split(/[./]/).find((part) => Number(part) > 255);
      const why = quad === undefined ? `Invalid chars in IP ${one}` : `Invalid quad in IP address ${one} - ${quad}`;
      return `invalid IP address: ${why}\n`;
    }
  }
  return null;
}

function isCidr(value: string, isAddress: (text: string) => boolean, maxBits: number): boolean {
  const [address = "", bits = "", ...rest] = value.split("/");
  return rest.length === 0 && isAddress(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= maxBits;
}
