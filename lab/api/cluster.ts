// The cluster: resources, status, free ids, tasks of all nodes.
import { guestPrivileges, holds, poolsOfGuests } from "../access/evaluate.ts";
import { required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters } from "../http/failure.ts";
import { guestRow, nodeRow, nodeUsages, storageRow, storageUsages } from "./rows.ts";

const FIRST_VMID = 100;
const LISTED_TASKS = 25;

export const clusterEndpoints: Endpoint[] = [
  { route: "GET /cluster", run: () => ["resources", "status", "nextid", "tasks", "options"].map((name) => ({ name })) },
  { route: "GET /cluster/resources", run: resources },
  { route: "GET /cluster/status", run: status },
  { route: "GET /cluster/nextid", run: nextId },
  { route: "GET /cluster/options", run: options },
  { route: "GET /cluster/tasks", run: tasks },
];

/** Tags in use count as allowed: nothing restricts them here. */
function options(call: Call): unknown {
  const tags = Object.values(call.lab.state.guests).flatMap(({ config }) => (config["tags"] ?? "").split(";"));
  return {
    keyboard: "en-us",
    mac_prefix: "BC:24:11",
    description: "",
    "allowed-tags": [...new Set(tags)].filter((tag) => tag !== "").sort(),
  };
}

function resources(call: Call): unknown[] {
  const type = text(call, "type");
  const wanted = (kind: string): boolean => type === undefined || type === kind;
  return [
    ...(type === undefined ? poolRows(call) : []),
    ...(wanted("vm") ? guestRows(call) : []),
    ...(wanted("node") ? nodeRows(call) : []),
    ...(wanted("storage") ? storageRows(call) : []),
    ...(type === undefined ? zoneRows(call) : []),
  ];
}

function poolRows(call: Call): unknown[] {
  const { lab, identity } = call;
  return Object.entries(lab.state.pools)
    .filter(([id]) => holds(lab.state, identity.authId, `/pool/${id}`, ["Pool.Audit"]))
    .map(([id, pool]) => {
      const running = pool.vms.map((vmid) => lab.status.last(vmid)).filter((sample) => sample?.status === "running");
      if (running.length === 0) return { id: `/pool/${id}`, type: "pool", pool: id };
      const sum = (pick: (sample: NonNullable<(typeof running)[number]>) => number): number =>
        running.reduce((total, sample) => total + (sample === undefined ? 0 : pick(sample)), 0);
      const maxcpu = sum((sample) => sample.maxcpu);
      return {
        id: `/pool/${id}`,
        type: "pool",
        pool: id,
        maxcpu,
        cpu: sum((sample) => sample.cpu * sample.maxcpu) / maxcpu,
        mem: sum((sample) => sample.mem),
        maxmem: sum((sample) => sample.maxmem),
        uptime: Math.max(...running.map((sample) => sample?.uptime ?? 0)),
      };
    });
}

function guestRows(call: Call): unknown[] {
  const { lab, identity } = call;
  const pools = poolsOfGuests(lab.state);
  const privileges = guestPrivileges(lab.state, identity.authId, pools);
  const audits = new Map<string, boolean>();
  const mayAuditPool = (pool: string): boolean => {
    const known = audits.get(pool) ?? holds(lab.state, identity.authId, `/pool/${pool}`, ["Pool.Audit"]);
    audits.set(pool, known);
    return known;
  };
  return Object.keys(lab.state.guests)
    .map(Number)
    .filter((vmid) => privileges(vmid).has("VM.Audit"))
    .map((vmid) => {
      const pool = pools.get(vmid);
      const row = guestRow(lab, vmid);
      if (pool !== undefined && mayAuditPool(pool)) row["pool"] = pool;
      return row;
    });
}

function nodeRows(call: Call): unknown[] {
  const { lab, identity } = call;
  const usages = nodeUsages(lab);
  return lab.state.nodes.map((node) => ({
    ...nodeRow(lab, node, holds(lab.state, identity.authId, `/nodes/${node}`, ["Sys.Audit"]), usages),
    "cgroup-mode": 1,
  }));
}

function storageRows(call: Call): unknown[] {
  const { lab, identity } = call;
  const usage = storageUsages(lab);
  return Object.keys(lab.state.storages)
    .filter((id) => holds(lab.state, identity.authId, `/storage/${id}`, ["Datastore.Audit"]))
    .flatMap((id) => lab.state.nodes.map((node) => storageRow(lab, node, id, usage)));
}

/** Zones are named for whoever may use or see them; the bridges of the nodes make up one of their own. */
function zoneRows(call: Call): unknown[] {
  const { lab, identity } = call;
  if (!holds(lab.state, identity.authId, "/sdn/zones/localnetwork", ["SDN.Audit"])) return [];
  return lab.state.nodes.map((node) => ({
    id: `network/${node}/zone/localnetwork`,
    type: "network",
    network: "localnetwork",
    "network-type": "zone",
    node,
    status: lab.nodes.isOnline(node) ? "ok" : "unknown",
  }));
}

function status({ lab }: Call): unknown[] {
  const { nodes } = lab.state;
  const rows: unknown[] = nodes.map((name, index) => ({
    id: `node/${name}`,
    type: "node",
    name,
    nodeid: nodes.length > 1 ? index + 1 : 0,
    ip: `10.99.0.${index + 1}`,
    online: lab.nodes.isOnline(name) ? 1 : 0,
    local: index === 0 ? 1 : 0,
    level: "",
  }));
  if (nodes.length > 1)
    rows.unshift({
      id: "cluster",
      type: "cluster",
      name: "lab",
      nodes: nodes.length,
      quorate: lab.nodes.isQuorate() ? 1 : 0,
      version: nodes.length,
    });
  return rows;
}

function nextId(call: Call): string {
  const { guests } = call.lab.state;
  const asked = text(call, "vmid");
  if (asked !== undefined) {
    if (guests[asked] !== undefined) throw badParameters({ vmid: `VM ${asked} already exists` });
    return required(call, "vmid");
  }
  let vmid = FIRST_VMID;
  while (guests[vmid] !== undefined) vmid += 1;
  return String(vmid);
}

function tasks(call: Call): unknown[] {
  const { lab, identity } = call;
  const mayAll = (node: string): boolean => holds(lab.state, identity.authId, `/nodes/${node}`, ["Sys.Audit"]);
  return lab.state.tasks
    .filter((task) => mayAll(task.node) || (identity.by === "ticket" && task.authId === identity.authId))
    .slice(-LISTED_TASKS)
    .toReversed()
    .map((task) => ({
      upid: task.upid,
      node: task.node,
      type: task.type,
      id: task.id,
      user: task.authId,
      starttime: task.startTime,
      ...(task.exitStatus === null ? {} : { endtime: task.endTime, status: task.exitStatus, saved: "1" }),
    }));
}
