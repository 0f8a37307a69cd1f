// Networks: the nodes' own interfaces, and software-defined zones, virtual networks and subnets. They are kept, not built.
import { createHash } from "node:crypto";
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { SdnState } from "../state.ts";

const BRIDGE_TYPES = ["bridge", "any_bridge", "any_local_bridge", "include_sdn"];
const READ = ["SDN.Audit", "SDN.Allocate"];

export const networkEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/network", run: listInterfaces },
  { route: "GET /nodes/{node}/network/{iface}", run: showInterface },
  { route: "GET /nodes/{node}/sdn/zones", run: appliedZones },
  { route: "GET /nodes/{node}/sdn/zones/{zone}/content", run: zoneContent },
  {
    route: "GET /cluster/sdn",
    run: () => ["vnets", "zones", "controllers", "ipams", "dns", "fabrics"].map((id) => ({ id })),
  },
  { route: "PUT /cluster/sdn", run: apply },
  { route: "GET /cluster/sdn/controllers", run: () => [] },
  { route: "GET /cluster/sdn/ipams", run: () => [{ ipam: "pve", type: "pve", digest: digestOf("") }] },
  { route: "GET /cluster/sdn/zones", run: listZones },
  { route: "POST /cluster/sdn/zones", run: createZone },
  { route: "GET /cluster/sdn/zones/{zone}", run: (call) => ({ ...zoneRow(call, required(call, "zone")) }) },
  { route: "PUT /cluster/sdn/zones/{zone}", run: updateZone },
  { route: "DELETE /cluster/sdn/zones/{zone}", run: deleteZone },
  { route: "GET /cluster/sdn/vnets", run: listVnets },
  { route: "POST /cluster/sdn/vnets", run: createVnet },
  { route: "GET /cluster/sdn/vnets/{vnet}", run: (call) => vnetRow(call, vnetOf(call, READ)[0]) },
  { route: "PUT /cluster/sdn/vnets/{vnet}", run: updateVnet },
  { route: "DELETE /cluster/sdn/vnets/{vnet}", run: deleteVnet },
  { route: "GET /cluster/sdn/vnets/{vnet}/subnets", run: listSubnets },
  { route: "POST /cluster/sdn/vnets/{vnet}/subnets", run: createSubnet },
  { route: "GET /cluster/sdn/vnets/{vnet}/subnets/{subnet}", run: showSubnet },
  { route: "DELETE /cluster/sdn/vnets/{vnet}/subnets/{subnet}", run: deleteSubnet },
];

type Vnet = SdnState["vnets"][string];

function interfaces({ lab, node }: Call): Record<string, unknown>[] {
  const address = `10.99.0.${lab.state.nodes.indexOf(node) + 1}`;
  return [
    { iface: "eno1", type: "eth", method: "manual", method6: "manual", families: ["inet"], priority: 3 },
    {
      iface: "vmbr0",
      type: "bridge",
      active: 1,
      autostart: 1,
      method: "static",
      method6: "manual",
      address,
      netmask: "24",
      cidr: `${address}/24`,
      bridge_ports: "",
      bridge_stp: "off",
      bridge_fd: "0",
      families: ["inet"],
      priority: 4,
    },
  ];
}

/** Bridges are shown to whoever may see or use them. */
function listInterfaces(call: Call): unknown[] {
  const { lab, identity } = call;
  const type = text(call, "type");
  return interfaces(call).filter((row) => {
    const isBridge = row["type"] === "bridge";
    if (type !== undefined && type !== row["type"] && !(isBridge && BRIDGE_TYPES.includes(type))) return false;
    const path = `/sdn/zones/localnetwork/${String(row["iface"])}`;
    return !isBridge || holds(lab.state, identity.authId, path, ["SDN.Audit", "SDN.Use"], true);
  });
}

function showInterface(call: Call): unknown {
  const found = interfaces(call).find((row) => row["iface"] === required(call, "iface"));
  if (found === undefined) throw badParameters({ iface: "interface does not exist" });
  const { iface: _, ...rest } = found;
  return rest;
}

function appliedZones(call: Call): unknown[] {
  return Object.entries(sdnOf(call).zones)
    .filter(([zone, { isNew }]) => !isNew && mayRead(call, zone))
    .map(([zone]) => ({ zone, status: "available" }));
}

function zoneContent(call: Call): unknown[] {
  return Object.entries(sdnOf(call).vnets)
    .filter(([, vnet]) => vnet.zone === required(call, "zone") && !vnet.isNew)
    .map(([vnet]) => ({ vnet, status: "available" }));
}

function apply(call: Call): string {
  const { lab, identity } = call;
  return lab.tasks.start({
    node: lab.nodes.local,
    type: "reloadnetworkall",
    id: "",
    authId: identity.authId,
    durationMs: 1_000,
    work: () => {
      const { zones, vnets } = sdnOf(call);
      for (const one of [...Object.values(zones), ...Object.values(vnets)]) delete one.isNew;
      lab.store.changed();
    },
  });
}

function listZones(call: Call): unknown[] {
  const type = text(call, "type");
  return Object.entries(sdnOf(call).zones)
    .filter(([zone, { options }]) => mayRead(call, zone) && (type === undefined || options["type"] === type))
    .map(([zone, { isNew }]) =>
      flag(call, "pending")
        ? { ...zoneRow(call, zone), digest: null, pending: {}, ...(isNew === true ? { state: "new" } : {}) }
        : zoneRow(call, zone),
    );
}

function zoneRow(call: Call, zone: string): Record<string, unknown> {
  const { zones } = sdnOf(call);
  const found = zones[zone];
  if (found === undefined) throw failed(`sdn '${zone}' does not exist`);
  return { zone, ...found.options, digest: digestOf(zones) };
}

function createZone(call: Call): null {
  const { zones } = changedSdn(call);
  const zone = required(call, "zone");
  if (zones[zone] !== undefined)
    throw failed(`create sdn zone object failed: sdn zone object ID '${zone}' already defined`);
  const options = Object.entries(call.params).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && !["zone", "lock-token"].includes(entry[0]),
  );
  zones[zone] = { options: Object.fromEntries(options), isNew: true };
  return null;
}

function updateZone(call: Call): null {
  const { zones } = changedSdn(call);
  const found = zones[required(call, "zone")];
  if (found === undefined)
    throw failed(`update sdn zone object failed: sdn '${required(call, "zone")}' does not exist`);
  for (const key of items(call, "delete")) delete found.options[key];
  for (const [key, value] of Object.entries(call.params))
    if (typeof value === "string" && !["zone", "digest", "delete", "lock-token"].includes(key))
      found.options[key] = value;
  return null;
}

function deleteZone(call: Call): null {
  const { zones, vnets } = changedSdn(call);
  const zone = required(call, "zone");
  const user = Object.entries(vnets).find(([, vnet]) => vnet.zone === zone)?.[0];
  const why = `zone ${zone} is used by vnet ${user} at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.`;
  if (user !== undefined) throw failed(`delete sdn zone object failed: ${why}`);
  if (zones[zone] === undefined) throw failed(`delete sdn zone object failed: sdn '${zone}' does not exist`);
  delete zones[zone];
  return null;
}

function listVnets(call: Call): unknown[] {
  return Object.entries(sdnOf(call).vnets)
    .filter(([, vnet]) => mayRead(call, vnet.zone))
    .map(([name, vnet]) => {
      if (!flag(call, "pending")) return vnetRow(call, name);
      const options = { zone: vnet.zone, ...vnet.options };
      return vnet.isNew === true
        ? { vnet: name, type: "vnet", digest: null, state: "new", pending: options }
        : { vnet: name, type: "vnet", digest: null, ...options, pending: {} };
    });
}

function vnetRow(call: Call, name: string): Record<string, unknown> {
  const { vnets } = sdnOf(call);
  const vnet = vnets[name];
  return { vnet: name, type: "vnet", zone: vnet?.zone, ...vnet?.options, digest: digestOf(vnets) };
}

function createVnet(call: Call): null {
  const { zones, vnets } = changedSdn(call);
  const [name, zone] = [required(call, "vnet"), required(call, "zone")];
  if (vnets[name] !== undefined)
    throw failed(`create sdn vnet object failed: sdn vnet object ID '${name}' already defined`);
  if (zones[zone] === undefined)
    throw failed(
      "create sdn vnet object failed: cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326.",
    );
  vnets[name] = { zone, options: vnetOptions(call), subnets: {}, isNew: true };
  return null;
}

function updateVnet(call: Call): null {
  const [name, vnet] = vnetOf(call, ["SDN.Allocate"]);
  const { vnets } = changedSdn(call);
  const options = { ...vnet.options, ...vnetOptions(call) };
  for (const key of items(call, "delete")) delete options[key];
  vnets[name] = { ...vnet, zone: text(call, "zone") ?? vnet.zone, options };
  return null;
}

function vnetOptions(call: Call): Record<string, string> {
  const given = ["alias", "tag", "vlanaware", "isolate-ports"].map((key): [string, string | undefined] => [
    key,
    text(call, key),
  ]);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function deleteVnet(call: Call): null {
  const [name, vnet] = vnetOf(call, ["SDN.Allocate"]);
  if (Object.keys(vnet.subnets).length > 0)
    throw failed(
      "delete sdn vnet object failed: 400 Parameter verification failed.\nvnet: Can't delete vnet if subnets exists",
    );
  delete changedSdn(call).vnets[name];
  return null;
}

function showSubnet(call: Call): unknown {
  const id = required(call, "subnet");
  const found = listSubnets(call).find((row) => row["id"] === id);
  if (found === undefined) throw failed(`sdn '${id}' does not exist`);
  return found;
}

function listSubnets(call: Call): Record<string, unknown>[] {
  const [name, vnet] = vnetOf(call, READ);
  return Object.entries(vnet.subnets).map(([id, subnet]) => ({
    id,
    subnet: id,
    type: "subnet",
    vnet: name,
    zone: vnet.zone,
    cidr: subnet.cidr,
    network: subnet.cidr.split("/")[0],
    mask: subnet.cidr.split("/")[1],
    "dhcp-range": [],
    ...(subnet.gateway === undefined ? {} : { gateway: subnet.gateway }),
    digest: digestOf(vnet.subnets),
  }));
}

function createSubnet(call: Call): null {
  const [, vnet] = vnetOf(call, ["SDN.Allocate"]);
  const cidr = required(call, "subnet");
  const id = `${vnet.zone}-${cidr.replace("/", "-")}`;
  if (vnet.subnets[id] !== undefined)
    throw failed(`create sdn subnet object failed: sdn subnet object ID '${id}' already defined`);
  const gateway = text(call, "gateway");
  vnet.subnets[id] = { cidr, ...(gateway === undefined ? {} : { gateway }) };
  changedSdn(call);
  return null;
}

function deleteSubnet(call: Call): null {
  const [, vnet] = vnetOf(call, ["SDN.Allocate"]);
  const id = required(call, "subnet");
  if (vnet.subnets[id] === undefined) throw failed(`delete sdn subnet object failed: sdn '${id}' does not exist`);
  delete vnet.subnets[id];
  changedSdn(call);
  return null;
}

/** The virtual network of the path; whoever may not see its zone is refused. */
function vnetOf(call: Call, privileges: readonly string[]): [string, Vnet] {
  const name = required(call, "vnet");
  const vnet = sdnOf(call).vnets[name];
  const path = vnet === undefined ? "/sdn/zones" : `/sdn/zones/${vnet.zone}/${name}`;
  requirePrivileges(call.lab.state, call.identity.authId, path, privileges, true);
  if (vnet === undefined) throw failed(`sdn '${name}' does not exist`);
  return [name, vnet];
}

function mayRead({ lab, identity }: Call, zone: string): boolean {
  return holds(lab.state, identity.authId, `/sdn/zones/${zone}`, READ, true);
}

function sdnOf({ lab }: Call): SdnState {
  return (lab.state.sdn ??= { zones: {}, vnets: {} });
}

function changedSdn(call: Call): SdnState {
  call.lab.store.changed();
  return sdnOf(call);
}

function digestOf(content: unknown): string {
  return createHash("sha1")
    .update(content === "" ? "" : JSON.stringify(content))
    .digest("hex");
}
