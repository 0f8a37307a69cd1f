// One firewall configuration, of the cluster, a node or a guest: its digest, and what its rules may refer to.
import { createHash } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { badParameters, failed } from "../http/failure.ts";
import type { FirewallRule, FirewallState, LabState } from "../state.ts";
import { MACROS } from "./macros.ts";

const ACTIONS = ["ACCEPT", "DROP", "REJECT"];
export const RULE_KEYS = [
  "type",
  "action",
  "enable",
  "iface",
  "source",
  "dest",
  "macro",
  "proto",
  "sport",
  "dport",
  "icmp-type",
  "log",
  "comment",
] as const;

/** The scope's configuration to read; empty where none was ever written, even of a guest that does not exist. */
export function readFirewall(state: LabState, scope: string): FirewallState {
  return state.firewall?.[scope] ?? emptyFirewall();
}

/** The scope's configuration to change. */
export function writableFirewall(state: LabState, scope: string): FirewallState {
  state.firewall ??= {};
  return (state.firewall[scope] ??= emptyFirewall());
}

/** SHA-1 over the configuration; an empty one has that of the empty text, as the real server's missing file. */
export function firewallDigest(config: FirewallState): string {
  const text = JSON.stringify(config);
  return createHash("sha1")
    .update(text === JSON.stringify(emptyFirewall()) ? "" : text)
    .digest("hex");
}

/** Refuses a change that was made from an older look. */
export function refuseStale(digest: string | undefined, current: string): void {
  if (digest !== undefined && digest !== current)
    throw failed("detected modified configuration - file changed by other user? Try again.");
}

/** Refuses a rule that names what does not exist or lacks what it needs. */
export function refuseBadRule(state: LabState, config: FirewallState, rule: FirewallRule): void {
  const errors: Record<string, string> = {};
  const { action = "", type } = rule;
  if (type !== "group" && !ACTIONS.includes(action)) errors["action"] = `unknown action '${action}'`;
  const macro = rule["macro"];
  if (macro !== undefined && !Object.keys(MACROS).some((name) => name.toLowerCase() === macro.toLowerCase()))
    errors["macro"] = `unknown macro '${macro}'`;
  for (const key of ["dport", "sport"] as const)
    if (rule[key] !== undefined && rule["proto"] === undefined)
      errors["proto"] = `missing property - '${key}' requires this property`;
  for (const key of ["source", "dest"] as const) {
    const refusal = addressRefusal(state, config, rule[key] ?? "");
    if (refusal !== null) errors[key] = refusal;
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
}

/** The address behind an alias of this configuration or of the cluster's, or the text itself where it is an address. */
export function resolveAddress(state: LabState, config: FirewallState, text: string): string | null {
  const bare = text.split("/")[0] ?? "";
  if (isIPv4(bare) || isIPv6(bare)) return text;
  const name = text.replace(/^(dc|guest)\//, "").toLowerCase();
  return config.aliases[name]?.cidr ?? readFirewall(state, "cluster").aliases[name]?.cidr ?? null;
}

/** 4 or 6 where the text is an address or a network. */
export function ipVersion(text: string): 4 | 6 | undefined {
  const bare = text.split(/[/,-]/)[0] ?? "";
  return isIPv4(bare) ? 4 : isIPv6(bare) ? 6 : undefined;
}

function addressRefusal(state: LabState, config: FirewallState, text: string): string | null {
  for (const item of text.split(",")) {
    if (item === "") continue;
    if (item.startsWith("+")) {
      const name = item.slice(1).replace(/^(dc|guest)\//, "");
      if (config.ipsets[name] === undefined && readFirewall(state, "cluster").ipsets[name] === undefined)
        return `no such ipset '${name}'`;
    } else if (ipVersion(item) === undefined && resolveAddress(state, config, item) === null)
      return `no such alias '${item}'`;
  }
  return null;
}

function emptyFirewall(): FirewallState {
  return { options: {}, rules: [], ipsets: {}, aliases: {}, groups: {} };
}
