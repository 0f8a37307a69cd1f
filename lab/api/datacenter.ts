// What belongs to the whole datacenter beside its guests: the log, and services that stand still here.
import { holds } from "../access/evaluate.ts";
import { integer, type Call, type Endpoint } from "../http/endpoint.ts";

const DEFAULT_ENTRIES = 50;
const CPU_MODELS = [
  ["EPYC", "AuthenticAMD"],
  ["EPYC-Genoa", "AuthenticAMD"],
  ["EPYC-Milan", "AuthenticAMD"],
  ["EPYC-Rome", "AuthenticAMD"],
  ["Haswell", "GenuineIntel"],
  ["Icelake-Server", "GenuineIntel"],
  ["SapphireRapids", "GenuineIntel"],
  ["Skylake-Server", "GenuineIntel"],
  ["host", "default"],
  ["kvm64", "default"],
  ["max", "default"],
  ["qemu64", "default"],
  ["x86-64-v2", "default"],
  ["x86-64-v2-AES", "default"],
  ["x86-64-v3", "default"],
  ["x86-64-v4", "default"],
] as const;

export const datacenterEndpoints: Endpoint[] = [
  { route: "GET /cluster/log", run: log },
  { route: "GET /cluster/config/nodes", run: configuredNodes },
  { route: "GET /cluster/ha/status/current", run: haStatus },
  { route: "GET /cluster/backup", run: () => [] },
  { route: "GET /cluster/replication", run: () => [] },
  { route: "GET /nodes/{node}/services", run: () => [] },
  {
    route: "GET /nodes/{node}/subscription",
    run: () => ({ status: "notfound", message: "There is no subscription key", serverid: "0".repeat(32) }),
  },
  {
    route: "GET /nodes/{node}/storage/{storage}",
    run: () => ["content", "prunebackups", "rrddata", "status"].map((subdir) => ({ subdir })),
  },
  {
    route: "GET /nodes/{node}/capabilities/qemu/cpu",
    run: () => CPU_MODELS.map(([name, vendor]) => ({ name, vendor, custom: 0 })),
  },
  {
    route: "GET /nodes/{node}/time",
    run: () => {
      const time = Math.floor(Date.now() / 1_000);
      return { timezone: "UTC", time, localtime: time };
    },
  },
  { route: "GET /nodes/{node}/dns", run: () => ({ search: "lab.internal", dns1: "10.99.0.254" }) },
];

/** Without Sys.Syslog everybody sees what they did themselves. */
function log(call: Call): unknown[] {
  const { lab, identity } = call;
  const all = holds(lab.state, identity.authId, "/", ["Sys.Syslog"]);
  return lab.clusterLog.list(integer(call, "max") ?? DEFAULT_ENTRIES, all ? null : identity.authId);
}

function configuredNodes({ lab }: Call): unknown[] {
  const { nodes } = lab.state;
  // A node on its own has no cluster configuration.
  if (nodes.length === 1) return [];
  return nodes.map((name, index) => ({
    name,
    node: name,
    nodeid: String(index + 1),
    quorum_votes: "1",
    ring0_addr: `10.99.0.${index + 1}`,
  }));
}

function haStatus({ lab }: Call): unknown[] {
  const node = lab.nodes.local;
  const quorate = lab.nodes.isQuorate();
  return [
    { id: "quorum", type: "quorum", node, status: quorate ? "OK" : "No quorum on node!", quorate: quorate ? 1 : 0 },
    { id: "fencing", type: "fencing", node, status: "standby (CRM watchdog standby)", "armed-state": "standby" },
  ];
}
