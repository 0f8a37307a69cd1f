// Nodes: their list, status, and tasks.
import { holds, userOf } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { Listing, flag, integer, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters } from "../http/failure.ts";
import type { TaskState } from "../state.ts";
import { parseUpid } from "../upid.ts";
import { VERSION } from "./login.ts";
import { nodeRow, nodeUsage, nodeUsages } from "./rows.ts";

const DEFAULT_LIMIT = 50;

export const nodeEndpoints: Endpoint[] = [
  {
    route: "GET /nodes",
    run: ({ lab, identity }) => {
      const usages = nodeUsages(lab);
      return lab.state.nodes.map((node) => ({
        ...nodeRow(lab, node, holds(lab.state, identity.authId, `/nodes/${node}`, ["Sys.Audit"]), usages),
        ssl_fingerprint: lab.certificates.fingerprint,
      }));
    },
  },
  {
    route: "GET /nodes/{node}",
    run: () => ["qemu", "status", "storage", "tasks", "version"].map((name) => ({ name })),
  },
  { route: "GET /nodes/{node}/version", run: () => VERSION },
  { route: "GET /nodes/{node}/status", run: nodeStatus },
  { route: "GET /nodes/{node}/tasks", run: listTasks },
  {
    route: "GET /nodes/{node}/tasks/{upid}",
    run: (call) => (visibleTask(call), [{ name: "log" }, { name: "status" }]),
  },
  { route: "GET /nodes/{node}/tasks/{upid}/status", run: (call) => taskStatus(visibleTask(call)) },
  { route: "GET /nodes/{node}/tasks/{upid}/log", run: taskLog },
  { route: "DELETE /nodes/{node}/tasks/{upid}", run: stopTask },
];

function nodeStatus({ lab, node }: Call): unknown {
  const usage = nodeUsage(lab, node);
  return {
    uptime: usage.uptime,
    cpu: usage.cpu,
    wait: 0,
    idle: 0,
    loadavg: ["0.42", "0.36", "0.30"],
    ksm: { shared: 0 },
    "boot-info": { mode: "legacy-bios" },
    pveversion: `pve-manager/${VERSION.version}/${VERSION.repoid}`,
    kversion: "Linux 6.17.2-1-pve #1 SMP PREEMPT_DYNAMIC",
    "current-kernel": {
      sysname: "Linux",
      release: "6.17.2-1-pve",
      version: "#1 SMP PREEMPT_DYNAMIC",
      machine: "x86_64",
    },
    cpuinfo: {
      model: "AMD EPYC",
      vendor: "AuthenticAMD",
      family: "26",
      cpus: usage.maxcpu,
      cores: usage.maxcpu,
      sockets: 1,
      mhz: "2596.094",
      user_hz: 100,
      flags: "fpu",
      hvm: "1",
    },
    memory: {
      total: usage.maxmem,
      used: usage.mem,
      free: usage.maxmem - usage.mem,
      available: usage.maxmem - usage.mem,
    },
    swap: { total: 0, used: 0, free: 0 },
    rootfs: {
      total: usage.rootTotal,
      used: usage.rootUsed,
      free: usage.rootTotal - usage.rootUsed,
      avail: usage.rootTotal - usage.rootUsed,
    },
  };
}

function listTasks(call: Call): Listing | unknown[] {
  const { lab, node, identity } = call;
  const all = holds(lab.state, identity.authId, `/nodes/${node}`, ["Sys.Audit"]);
  const types = text(call, "typefilter");
  const user = text(call, "userfilter");
  const [since, until, vmid] = [integer(call, "since"), integer(call, "until"), text(call, "vmid")];
  const source = text(call, "source") ?? "archive";
  const statuses = text(call, "statusfilter")?.split(",");
  const kept = lab.state.tasks.filter((task) => {
    if (task.node !== node || !(all || isOwn(task, identity.authId))) return false;
    if (source !== "all" && (task.exitStatus === null) !== (source === "active")) return false;
    if (vmid !== undefined && task.id !== vmid) return false;
    if (types !== undefined && task.type !== types) return false;
    if (user !== undefined && !task.authId.includes(user)) return false;
    if (flag(call, "errors") && (task.exitStatus === null || task.exitStatus === "OK")) return false;
    if (statuses !== undefined && !statuses.includes(statusClass(task))) return false;
    return (since === undefined || task.startTime >= since) && (until === undefined || task.startTime <= until);
  });
  const start = integer(call, "start") ?? 0;
  const rows = kept.toReversed().slice(start, start + (integer(call, "limit") ?? DEFAULT_LIMIT));
  // Of those that run, none tells how many there are.
  return source === "active" ? rows.map(taskRow) : new Listing(rows.map(taskRow), kept.length);
}

function statusClass(task: TaskState): string {
  if (task.exitStatus === "OK") return "ok";
  return task.exitStatus?.startsWith("WARNINGS") === true
    ? "warning"
    : task.exitStatus === "unexpected status"
      ? "unknown"
      : "error";
}

function taskRow(task: TaskState): Record<string, unknown> {
  const row = {
    ...identityOf(task),
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.startTime,
    type: task.type,
    id: task.id,
  };
  return task.exitStatus === null ? row : { ...row, endtime: task.endTime, status: task.exitStatus };
}

function taskStatus(task: TaskState): Record<string, unknown> {
  const { endtime: _endtime, status: _status, ...row } = taskRow(task);
  return task.exitStatus === null
    ? { ...row, status: "running" }
    : { ...row, status: "stopped", exitstatus: task.exitStatus };
}

function taskLog(call: Call): Listing {
  const { log } = visibleTask(call);
  const start = integer(call, "start") ?? 0;
  const lines = log
    .map((line, index) => ({ n: index + 1, t: line }))
    .slice(start, start + (integer(call, "limit") ?? DEFAULT_LIMIT));
  return new Listing(lines, log.length);
}

function stopTask(call: Call): null {
  const { lab, identity, node } = call;
  const task = namedTask(call);
  if (!isOwn(task, identity.authId)) requirePrivileges(lab.state, identity.authId, `/nodes/${node}`, ["Sys.Modify"]);
  lab.tasks.stop(task.upid);
  return null;
}

function namedTask(call: Call): TaskState {
  const upid = required(call, "upid");
  if (parseUpid(upid) === null) throw badParameters({ upid: "unable to parse worker upid" });
  const task = call.lab.tasks.find(upid);
  if (task === undefined) throw badParameters({ upid: "no such task" });
  return task;
}

function visibleTask(call: Call): TaskState {
  const task = namedTask(call);
  if (!isOwn(task, call.identity.authId))
    requirePrivileges(call.lab.state, call.identity.authId, `/nodes/${task.node}`, ["Sys.Audit"]);
  return task;
}

/** A token sees its own tasks; a user sees those of all own tokens, too. */
function isOwn(task: TaskState, authId: string): boolean {
  return task.authId === authId || (userOf(authId) === authId && userOf(task.authId) === authId);
}

function identityOf(task: TaskState): Record<string, string> {
  const user = userOf(task.authId);
  return user === task.authId ? { user } : { user, tokenid: task.authId.slice(user.length + 1) };
}
