// Firewalls of cluster, nodes and guests: options, rules and security groups. They are kept, not enforced.
import { CONTRACTS, propertyOf } from "../contract/table.ts";
import {
  RULE_KEYS,
  firewallDigest,
  ipVersion,
  readFirewall,
  refuseBadRule,
  refuseStale,
  writableFirewall,
} from "../firewall/config.ts";
import { MACROS } from "../firewall/macros.ts";
import { Listing, integer, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { FirewallRule } from "../state.ts";
import { setEndpoints } from "./firewall-sets.ts";

/** Where a firewall hangs in the API, the name its configuration is kept under, and what its index lists. */
export interface Scope {
  path: string;
  key: (call: Call) => string;
  parts: string[];
}

const GUEST_PARTS = ["rules", "aliases", "ipset", "refs", "options"];
const guest = (call: Call): string => `guest/${required(call, "vmid")}`;
const SCOPES: readonly Scope[] = [
  {
    path: "/cluster/firewall",
    key: () => "cluster",
    parts: ["rules", "options", "groups", "ipset", "aliases", "refs", "macros"],
  },
  { path: "/nodes/{node}/firewall", key: (call) => `node/${call.node}`, parts: ["rules", "options", "log"] },
  { path: "/nodes/{node}/qemu/{vmid}/firewall", key: guest, parts: GUEST_PARTS },
  { path: "/nodes/{node}/lxc/{vmid}/firewall", key: guest, parts: GUEST_PARTS },
];

export const firewallEndpoints: Endpoint[] = [
  ...SCOPES.flatMap((scope) => [...scopeEndpoints(scope), ...setEndpoints(scope)]),
  {
    route: "GET /cluster/firewall/macros",
    run: () => Object.entries(MACROS).map(([macro, descr]) => ({ macro, descr })),
  },
  { route: "GET /cluster/firewall/groups", run: listGroups },
  { route: "POST /cluster/firewall/groups", run: createGroup },
  { route: "DELETE /cluster/firewall/groups/{group}", run: deleteGroup },
  ...ruleEndpoints("/cluster/firewall/groups/{group}", () => "cluster", groupRules),
].filter((endpoint) => CONTRACTS[endpoint.route] !== undefined);

function scopeEndpoints(scope: Scope): Endpoint[] {
  const { path, key } = scope;
  return [
    { route: `GET ${path}`, run: () => scope.parts.map((name) => ({ name })) },
    { route: `GET ${path}/options`, run: (call) => showOptions(call, path, key(call)) },
    { route: `PUT ${path}/options`, run: (call) => updateOptions(call, key(call)) },
    { route: `GET ${path}/log`, run: () => new Listing([{ n: 1, t: MISSING_LOG }], 1) },
    ...ruleEndpoints(`${path}/rules`, key, (call) => writableFirewall(call.lab.state, key(call)).rules),
  ];
}

/** What the log shows where no firewall has ever logged. */
const MISSING_LOG = "unable to open file - No such file or directory";

function ruleEndpoints(path: string, key: (call: Call) => string, rulesOf: (call: Call) => FirewallRule[]): Endpoint[] {
  const digest = (call: Call): string => firewallDigest(readFirewall(call.lab.state, key(call)));
  return [
    {
      route: `GET ${path}`,
      run: (call) =>
        readRules(call, key, rulesOf).map((rule, pos) => ({ ...shownRule(rule), pos, digest: digest(call) })),
    },
    { route: `POST ${path}`, run: (call) => createRule(call, key(call), rulesOf(call)) },
    {
      route: `GET ${path}/{pos}`,
      run: (call) => ({
        ...shownRule(ruleAt(call, readRules(call, key, rulesOf))),
        pos: required(call, "pos"),
        digest: digest(call),
      }),
    },
    { route: `PUT ${path}/{pos}`, run: (call) => updateRule(call, key(call), rulesOf(call)) },
    { route: `DELETE ${path}/{pos}`, run: (call) => deleteRule(call, key(call), rulesOf(call)) },
  ];
}

/** Reading must not make a configuration that was never written. */
function readRules(call: Call, key: (call: Call) => string, rulesOf: (call: Call) => FirewallRule[]): FirewallRule[] {
  return call.lab.state.firewall?.[key(call)] === undefined ? [] : rulesOf(call);
}

function showOptions(call: Call, path: string, scope: string): unknown {
  const config = readFirewall(call.lab.state, scope);
  const known = CONTRACTS[`PUT ${path}/options`]?.parameters ?? {};
  const shown = Object.entries(config.options).map(([name, value]) => {
    const type = propertyOf(known, name)?.type;
    return [name, type === "boolean" || type === "integer" ? Number(value) : value];
  });
  return { ...Object.fromEntries(shown), digest: firewallDigest(config) };
}

function updateOptions(call: Call, scope: string): null {
  const config = writableFirewall(call.lab.state, scope);
  refuseStale(text(call, "digest"), firewallDigest(config));
  for (const name of items(call, "delete")) delete config.options[name];
  for (const [name, value] of Object.entries(call.params)) {
    if (["node", "vmid", "digest", "delete"].includes(name) || typeof value !== "string") continue;
    config.options[name] = value;
  }
  call.lab.store.changed();
  return null;
}

/** A new rule always goes first, whatever position the request names. */
function createRule(call: Call, scope: string, rules: FirewallRule[]): null {
  const { state, store } = call.lab;
  const config = writableFirewall(state, scope);
  refuseStale(text(call, "digest"), firewallDigest(config));
  const rule: FirewallRule = { enable: "0", ...givenKeys(call) };
  refuseBadRule(state, config, rule);
  rules.unshift(rule);
  store.changed();
  return null;
}

function updateRule(call: Call, scope: string, rules: FirewallRule[]): null {
  const { state, store } = call.lab;
  const config = writableFirewall(state, scope);
  refuseStale(text(call, "digest"), firewallDigest(config));
  const rule = ruleAt(call, rules);
  const moveTo = integer(call, "moveto");
  const pos = rules.indexOf(rule);
  if (moveTo !== undefined) {
    rules.splice(pos, 1);
    rules.splice(moveTo > pos ? moveTo - 1 : moveTo, 0, rule);
  } else {
    const changed: FirewallRule = { ...rule, ...givenKeys(call) };
    for (const name of items(call, "delete")) if (name !== "type" && name !== "action") delete changed[name];
    refuseBadRule(state, config, changed);
    rules[pos] = changed;
  }
  store.changed();
  return null;
}

function deleteRule(call: Call, scope: string, rules: FirewallRule[]): null {
  const config = writableFirewall(call.lab.state, scope);
  refuseStale(text(call, "digest"), firewallDigest(config));
  rules.splice(rules.indexOf(ruleAt(call, rules)), 1);
  call.lab.store.changed();
  return null;
}

function ruleAt(call: Call, rules: FirewallRule[]): FirewallRule {
  const pos = Number(required(call, "pos"));
  const rule = rules[pos];
  if (rule === undefined) throw failed(`no rule at position ${pos}`);
  return rule;
}

function shownRule(rule: FirewallRule): Record<string, unknown> {
  const version = ipVersion(rule["source"] ?? "") ?? ipVersion(rule["dest"] ?? "");
  return { ...rule, enable: Number(rule["enable"] ?? 0), ...(version === undefined ? {} : { ipversion: version }) };
}

function givenKeys(call: Call): FirewallRule {
  const rule: FirewallRule = {};
  for (const key of RULE_KEYS) {
    const value = text(call, key);
    if (value !== undefined) rule[key] = value;
  }
  return rule;
}

function listGroups(call: Call): unknown[] {
  const config = readFirewall(call.lab.state, "cluster");
  return Object.entries(config.groups).map(([group, { comment }]) => ({
    group,
    digest: firewallDigest(config),
    ...(comment === undefined ? {} : { comment }),
  }));
}

function createGroup(call: Call): null {
  const config = writableFirewall(call.lab.state, "cluster");
  const [group, rename, comment] = [required(call, "group"), text(call, "rename"), text(call, "comment")];
  if (rename !== undefined) {
    const old = config.groups[rename];
    if (old === undefined) throw badParameters({ rename: `Security group '${rename}' does not exist` });
    if (rename !== group) delete config.groups[rename];
    config.groups[group] = { ...old, ...(comment === undefined ? {} : { comment }) };
  } else {
    if (config.groups[group] !== undefined) throw badParameters({ group: `Security group '${group}' already exists` });
    config.groups[group] = { rules: [], ...(comment === undefined ? {} : { comment }) };
  }
  call.lab.store.changed();
  return null;
}

function deleteGroup(call: Call): null {
  const config = writableFirewall(call.lab.state, "cluster");
  const group = required(call, "group");
  if (groupRules(call).length > 0) throw failed(`Security group '${group}' is not empty`);
  delete config.groups[group];
  call.lab.store.changed();
  return null;
}

function groupRules(call: Call): FirewallRule[] {
  const group = required(call, "group");
  const found = readFirewall(call.lab.state, "cluster").groups[group];
  if (found === undefined) throw failed(`no such security group '${group}'`);
  return found.rules;
}
