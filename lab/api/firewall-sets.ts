// Named addresses of a firewall: sets of them, aliases, and the list of what rules can refer to.
import {
  firewallDigest,
  ipVersion,
  readFirewall,
  refuseStale,
  resolveAddress,
  writableFirewall,
} from "../firewall/config.ts";
import { flag, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { FirewallState } from "../state.ts";
import type { Scope } from "./firewall.ts";

type Entry = FirewallState["ipsets"][string]["entries"][number];

/** The endpoints of one scope's sets and aliases. */
export function setEndpoints({ path, key }: Scope): Endpoint[] {
  return [
    { route: `GET ${path}/ipset`, run: (call) => listSets(call, key(call)) },
    { route: `POST ${path}/ipset`, run: (call) => createSet(call, key(call)) },
    { route: `GET ${path}/ipset/{name}`, run: (call) => listEntries(call, key(call)) },
    { route: `POST ${path}/ipset/{name}`, run: (call) => addEntry(call, key(call)) },
    { route: `DELETE ${path}/ipset/{name}`, run: (call) => deleteSet(call, key(call)) },
    { route: `GET ${path}/ipset/{name}/{cidr}`, run: (call) => showEntry(call, key(call)) },
    { route: `PUT ${path}/ipset/{name}/{cidr}`, run: (call) => updateEntry(call, key(call)) },
    { route: `DELETE ${path}/ipset/{name}/{cidr}`, run: (call) => deleteEntry(call, key(call)) },
    { route: `GET ${path}/aliases`, run: (call) => listAliases(call, key(call)) },
    { route: `POST ${path}/aliases`, run: (call) => createAlias(call, key(call)) },
    { route: `GET ${path}/aliases/{name}`, run: (call) => shownAlias(...aliasOf(call, key(call))) },
    { route: `PUT ${path}/aliases/{name}`, run: (call) => updateAlias(call, key(call)) },
    { route: `DELETE ${path}/aliases/{name}`, run: (call) => deleteAlias(call, key(call)) },
    { route: `GET ${path}/refs`, run: (call) => references(call, key(call)) },
  ];
}

function listSets(call: Call, scope: string): unknown[] {
  const config = readFirewall(call.lab.state, scope);
  return Object.entries(config.ipsets).map(([name, set]) => ({
    name,
    digest: firewallDigest(config),
    ...commentOf(set),
  }));
}

function createSet(call: Call, scope: string): null {
  const config = changed(call, scope);
  const [name, rename] = [required(call, "name"), text(call, "rename")];
  const set = rename === undefined ? { entries: [] } : config.ipsets[rename];
  if (set === undefined) throw badParameters({ name: `IPSet '${rename}' does not exist` });
  if (rename !== name && config.ipsets[name] !== undefined)
    throw badParameters({ name: `IPSet '${name}' already exists` });
  if (rename !== undefined) delete config.ipsets[rename];
  config.ipsets[name] = { ...set, ...given(call, "comment") };
  return null;
}

function deleteSet(call: Call, scope: string): null {
  const name = required(call, "name");
  const set = setOf(call, scope);
  if (set.entries.length > 0 && !flag(call, "force")) throw failed(`IPSet '${name}' is not empty`);
  delete changed(call, scope).ipsets[name];
  return null;
}

function setOf(call: Call, scope: string): FirewallState["ipsets"][string] {
  const name = required(call, "name");
  const set = readFirewall(call.lab.state, scope).ipsets[name];
  if (set === undefined) throw failed(`no such IPSet '${name}'`);
  return set;
}

function listEntries(call: Call, scope: string): unknown[] {
  const digest = firewallDigest(readFirewall(call.lab.state, scope));
  return setOf(call, scope).entries.map((entry) => ({ ...entry, digest }));
}

function addEntry(call: Call, scope: string): null {
  const set = setOf(call, scope);
  const cidr = required(call, "cidr");
  if (set.entries.some((entry) => entry.cidr === cidr))
    throw badParameters({ cidr: `address '${cidr}' already exists` });
  const config = changed(call, scope);
  if (resolveAddress(call.lab.state, config, cidr) === null) throw failed(`no such alias '${cidr}'`);
  set.entries.push({ cidr, ...given(call, "comment"), ...(flag(call, "nomatch") ? { nomatch: 1 as const } : {}) });
  return null;
}

function showEntry(call: Call, scope: string): unknown {
  return { ...entryOf(call, scope), digest: firewallDigest(readFirewall(call.lab.state, scope)) };
}

function updateEntry(call: Call, scope: string): null {
  const entry = entryOf(call, scope);
  changed(call, scope);
  Object.assign(entry, given(call, "comment"));
  if (flag(call, "nomatch")) entry.nomatch = 1;
  else delete entry.nomatch;
  return null;
}

function deleteEntry(call: Call, scope: string): null {
  const set = setOf(call, scope);
  const entry = entryOf(call, scope);
  changed(call, scope);
  set.entries = set.entries.filter((one) => one !== entry);
  return null;
}

function entryOf(call: Call, scope: string): Entry {
  const cidr = required(call, "cidr");
  const entry = setOf(call, scope).entries.find((one) => one.cidr === cidr);
  if (entry === undefined) throw badParameters({ cidr: "no such IP/Network" });
  return entry;
}

function listAliases(call: Call, scope: string): unknown[] {
  const config = readFirewall(call.lab.state, scope);
  const digest = firewallDigest(config);
  return Object.entries(config.aliases).map(([name, alias]) => ({ ...shownAlias(name, alias), digest }));
}

function createAlias(call: Call, scope: string): null {
  const config = changed(call, scope);
  const name = required(call, "name").toLowerCase();
  if (config.aliases[name] !== undefined) throw badParameters({ name: `alias '${name}' already exists` });
  config.aliases[name] = { cidr: required(call, "cidr"), ...given(call, "comment") };
  return null;
}

function updateAlias(call: Call, scope: string): null {
  const [name, alias] = aliasOf(call, scope);
  const config = changed(call, scope);
  const renamed = text(call, "rename")?.toLowerCase() ?? name;
  if (renamed !== name && config.aliases[renamed] !== undefined)
    throw badParameters({ name: `alias '${renamed}' already exists` });
  delete config.aliases[name];
  config.aliases[renamed] = { ...alias, cidr: required(call, "cidr"), ...given(call, "comment") };
  return null;
}

function deleteAlias(call: Call, scope: string): null {
  const [name] = aliasOf(call, scope);
  delete changed(call, scope).aliases[name];
  return null;
}

function aliasOf(call: Call, scope: string): [string, FirewallState["aliases"][string]] {
  const name = required(call, "name").toLowerCase();
  const alias = readFirewall(call.lab.state, scope).aliases[name];
  if (alias === undefined) throw badParameters({ name: "no such alias" });
  return [name, alias];
}

function shownAlias(name: string, alias: FirewallState["aliases"][string]): Record<string, unknown> {
  return { name, cidr: alias.cidr, ipversion: ipVersion(alias.cidr) ?? 4, ...commentOf(alias) };
}

/** What a rule of this scope can name: its own sets and aliases, and the cluster's. */
function references(call: Call, scope: string): unknown[] {
  const type = text(call, "type");
  const own = scope === "cluster" ? "dc" : "guest";
  const places = scope === "cluster" ? [["dc", scope] as const] : [["dc", "cluster"] as const, [own, scope] as const];
  return places.flatMap(([place, key]) => {
    const config = readFirewall(call.lab.state, key);
    const sets = Object.entries(config.ipsets).map(([name, set]) => ({
      type: "ipset",
      name,
      scope: place,
      ref: `+${place}/${name}`,
      ...commentOf(set),
    }));
    const aliases = Object.entries(config.aliases).map(([name, alias]) => ({
      type: "alias",
      name,
      scope: place,
      ref: `${place}/${name}`,
      ...commentOf(alias),
    }));
    return [...sets, ...aliases].filter((row) => type === undefined || row.type === type);
  });
}

/** The configuration for a change that is about to be made; refuses one made from an older look. */
function changed(call: Call, scope: string): FirewallState {
  const config = writableFirewall(call.lab.state, scope);
  refuseStale(text(call, "digest"), firewallDigest(config));
  call.lab.store.changed();
  return config;
}

function commentOf({ comment }: { comment?: string }): { comment?: string } {
  return comment === undefined ? {} : { comment };
}

function given(call: Call, name: "comment"): { comment?: string } {
  const value = text(call, name);
  return value === undefined ? {} : { [name]: value };
}
