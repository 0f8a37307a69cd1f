// The files of a guest's cloud-init drive, as the server would write them.
import { createHash } from "node:crypto";
import type { GuestState } from "../state.ts";

/** One of the files; `masked` hides the password's hash. */
export function cloudInitFile(
  vmid: number,
  guest: GuestState,
  type: "user" | "network" | "meta",
  masked: boolean,
): string {
  const config = { ...guest.config, ...guest.pending };
  if (type === "network") return networkFile(config);
  if (type === "user") return userFile(vmid, config, masked);
  const id = createHash("sha1")
    .update(userFile(vmid, config, false))
    .update(networkFile(config))
    .digest("hex");
  return `instance-id: ${id}\n`;
}

function userFile(vmid: number, config: Record<string, string>, masked: boolean): string {
  const name = config["name"] ?? `VM${vmid}`;
  const hostname = name.split(".")[0] ?? name;
  const search = config["searchdomain"]?.split(/[\s,;]+/)[0];
  const fqdn = name.includes(".") ? name : search === undefined ? undefined : `${hostname}.${search}`;
  const keys = decodeURIComponent(config["sshkeys"] ?? "")
    .split("\n")
    .filter((key) => key.trim() !== "");
  const lines = ["#cloud-config", `hostname: ${hostname}`, "manage_etc_hosts: true"];
  if (fqdn !== undefined) lines.push(`fqdn: ${fqdn}`);
  if (config["ciuser"] !== undefined) lines.push(`user: ${config["ciuser"]}`);
  if (config["cipassword"] !== undefined) lines.push(`password: ${masked ? "**********" : config["cipassword"]}`);
  if (keys.length > 0) lines.push("ssh_authorized_keys:", ...keys.map((key) => `  - ${key}`));
  lines.push("chpasswd:", "  expire: False");
  if (config["ciuser"] !== "root") lines.push("users:", "  - default");
  lines.push(`package_upgrade: ${config["ciupgrade"] === "0" ? "false" : "true"}`);
  return lines.map((line) => `${line}\n`).join("");
}

function networkFile(config: Record<string, string>): string {
  const lines = ["version: 1", "config:"];
  for (const key of Object.keys(config)
    .filter((name) => /^net\d+$/.test(name))
    .sort()) {
    const index = key.slice(3);
    const mac = /=((?:[0-9A-F]{2}:){5}[0-9A-F]{2})/i.exec(config[key] ?? "")?.[1]?.toLowerCase();
    lines.push(
      "    - type: physical",
      `      name: eth${index}`,
      `      mac_address: '${mac ?? ""}'`,
      "      subnets:",
    );
    lines.push(...subnets(config[`ipconfig${index}`] ?? ""));
  }
  const servers = words(config["nameserver"]);
  const domains = words(config["searchdomain"]);
  if (servers.length + domains.length > 0) {
    lines.push("    - type: nameserver");
    if (servers.length > 0) lines.push("      address:", ...servers.map((server) => `      - '${server}'`));
    if (domains.length > 0) lines.push("      search:", ...domains.map((domain) => `      - '${domain}'`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function subnets(ipConfig: string): string[] {
  const members = new Map(ipConfig.split(",").map((part) => part.split("=", 2) as [string, string]));
  const lines: string[] = [];
  const ip = members.get("ip");
  if (ip === "dhcp") lines.push("      - type: dhcp4");
  else if (ip !== undefined) {
    const [address = "", bits = "0"] = ip.split("/");
    lines.push("      - type: static", `        address: '${address}'`, `        netmask: '${netmask(Number(bits))}'`);
    if (members.has("gw")) lines.push(`        gateway: '${members.get("gw") ?? ""}'`);
  }
  const ip6 = members.get("ip6");
  if (ip6 === "dhcp") lines.push("      - type: dhcp6");
  else if (ip6 === "auto") lines.push("      - type: ipv6_slaac");
  else if (ip6 !== undefined) {
    lines.push("      - type: static6", `        address: '${ip6}'`);
    if (members.has("gw6")) lines.push(`        gateway: '${members.get("gw6") ?? ""}'`);
  }
  return lines;
}

function netmask(bits: number): string {
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join(".");
}

function words(value: string | undefined): string[] {
  return (value ?? "").split(/[\s,;]+/).filter((word) => word !== "");
}
