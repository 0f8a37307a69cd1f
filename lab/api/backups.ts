// Backup jobs, their archives' configuration, and retention.
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, integer, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import { backUp, parseArchive, pruned, removeBackup, type BackupOrder } from "../machines/backups.ts";
import { disksOf } from "../machines/drives.ts";

const ROOT_ONLY = ["tmpdir", "dumpdir", "script"];
const NODE_TUNING = ["bwlimit", "ionice", "performance"];
const PRUNE_MS = 300;

export const backupEndpoints: Endpoint[] = [
  { route: "POST /nodes/{node}/vzdump", run: vzdump },
  { route: "GET /nodes/{node}/vzdump/defaults", run: () => ({ mode: "snapshot", remove: 1, storage: "local" }) },
  { route: "GET /nodes/{node}/vzdump/extractconfig", run: extractConfig },
  { route: "GET /nodes/{node}/storage/{storage}/prunebackups", run: planPrune },
  { route: "DELETE /nodes/{node}/storage/{storage}/prunebackups", run: prune },
];

function vzdump(call: Call): string {
  const { lab, node, identity } = call;
  const { state } = lab;
  const { authId } = identity;
  for (const name of ROOT_ONLY)
    if (text(call, name) !== undefined && authId !== "root@pam")
      throw badParameters({ [name]: "Only root may set this option." });
  if (NODE_TUNING.some((name) => text(call, name) !== undefined)) requirePrivileges(state, authId, "/", ["Sys.Modify"]);
  if (flag(call, "stop")) requirePrivileges(state, authId, `/nodes/${node}`, ["Sys.Modify"]);
  const storage = text(call, "storage") ?? "local";
  const rule = text(call, "prune-backups");
  if (rule !== undefined) requirePrivileges(state, authId, `/storage/${storage}`, ["Datastore.Allocate"]);
  if (text(call, "storage") !== undefined)
    requirePrivileges(state, authId, `/storage/${storage}`, ["Datastore.AllocateSpace"]);
  const named = items(call, "vmid").map(Number);
  const pool = text(call, "pool");
  if (named.length === 0 && pool === undefined && !flag(call, "all"))
    throw badParameters({ vmid: "property is missing" });
  if (pool !== undefined && state.pools[pool] === undefined) throw failed(`pool '${pool}' does not exist`);
  const mode = text(call, "mode");
  const order: BackupOrder = {
    node,
    storage,
    mode: mode === "stop" || mode === "suspend" ? mode : "snapshot",
    compress: text(call, "compress") ?? "0",
    notesTemplate: text(call, "notes-template") ?? null,
    protected: flag(call, "protected"),
    prune: rule ?? null,
  };
  let waited = false;
  return lab.tasks.start({
    node,
    type: "vzdump",
    id: named.length === 1 ? String(named[0]) : "",
    authId,
    // The node's queue is joined at once.
    durationMs: 0,
    interruptedStatus: "job errors",
    work: ({ log, signal }) =>
      lab.machines.backupTurns.take(
        node,
        signal,
        () => {
          waited = true;
          log("INFO: trying to get global lock - waiting...");
        },
        async () => {
          if (waited) log("INFO: got global lock");
          log(`INFO: starting new backup job: vzdump${spoken(call, named)}`);
          if (state.storages[storage]?.content.includes("backup") !== true)
            throw failed(
              `could not get storage information for '${storage}': can't use storage '${storage}' for backups - wrong content type`,
            );
          let sound = true;
          for (const vmid of chosen(call, named)) sound = (await backUp(lab, vmid, order, { log, signal })) && sound;
          log(`INFO: Backup job finished ${sound ? "successfully" : "with errors"}`);
          if (!sound) throw failed("job errors");
        },
      ),
  });
}

/** The guests of the job: those named, which the caller must be allowed to back up, or those of the node that the caller may. */
function chosen(call: Call, named: readonly number[]): number[] {
  const { lab, node, identity } = call;
  const { guests, pools } = lab.state;
  if (named.length > 0) {
    for (const vmid of named)
      if (guests[vmid] !== undefined) requirePrivileges(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Backup"]);
    // Guests of other nodes are left out without a word, as on the real server.
    return named.filter((vmid) => guests[vmid] === undefined || guests[vmid].node === node);
  }
  const pool = text(call, "pool");
  const left = new Set(items(call, "exclude").map(Number));
  return (pool === undefined ? Object.keys(guests).map(Number) : (pools[pool]?.vms ?? []))
    .filter((vmid) => guests[vmid]?.node === node && !left.has(vmid))
    .filter((vmid) => holds(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Backup"]))
    .sort((left, right) => left - right);
}

function spoken(call: Call, named: readonly number[]): string {
  const options = Object.entries(call.params)
    .filter(([name]) => name !== "vmid")
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)] as const)
    .map(([name, value]) => ` --${name} ${/[\s{}]/.test(value) ? `'${value}'` : value}`);
  return [...named.map((vmid) => ` ${vmid}`), ...options].join("");
}

function extractConfig(call: Call): string {
  const { lab, identity } = call;
  const volid = required(call, "volume");
  const archive = parseArchive(volid);
  if (archive === null) throw failed(`unable to parse volume ID '${volid}'`);
  requireBackupAccess(call, volid, archive.vmid);
  requirePrivileges(lab.state, identity.authId, `/vms/${archive.vmid}`, ["VM.Backup"]);
  const backup = lab.machines.volumes.require(volid).backup;
  const lines = Object.entries(backup?.config ?? {})
    .filter(([key]) => key !== "description")
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([key, value]) => `${key}: ${value}\n`);
  const about = (backup?.config["description"] ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `#${encodeURIComponent(line).replaceAll("%20", " ")}\n`);
  const maps =
    archive.kind === "lxc"
      ? []
      : disksOf(backup?.config ?? {}).map(
          ([slot, drive]) => `#qmdump#map:${slot}:drive-${slot}:${drive.volid.split(":")[0] ?? ""}:qcow2:\n`,
        );
  return [...about, ...lines, ...maps].join("");
}

/** Refuses whoever may neither manage the storage nor back the archive's guest up. */
export function requireBackupAccess(call: Call, volid: string, vmid: number): void {
  const { lab, identity } = call;
  const path = `/storage/${volid.split(":")[0] ?? ""}`;
  if (holds(lab.state, identity.authId, path, ["Datastore.Allocate"])) return;
  requirePrivileges(lab.state, identity.authId, path, ["Datastore.AllocateSpace"]);
  requirePrivileges(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Backup"]);
}

function planPrune(call: Call): unknown[] {
  const storage = required(call, "storage");
  return pruned(call.lab, storage, ruleOf(call, storage), filterOf(call)).map(({ volid, volume, mark }) => ({
    volid,
    mark,
    ctime: volume.createdAt,
    type: volume.backup?.kind,
    vmid: volume.vmid,
  }));
}

function prune(call: Call): string {
  const { lab, node, identity } = call;
  const storage = required(call, "storage");
  const vmid = integer(call, "vmid");
  if (vmid === undefined) requirePrivileges(lab.state, identity.authId, `/storage/${storage}`, ["Datastore.Allocate"]);
  else requireBackupAccess(call, `${storage}:`, vmid);
  const rule = ruleOf(call, storage);
  return lab.tasks.start({
    node,
    type: "prunebackups",
    id: `${vmid ?? ""}@${storage}`,
    authId: identity.authId,
    durationMs: PRUNE_MS,
    work: ({ log }) => {
      for (const { volid, mark } of pruned(lab, storage, rule, filterOf(call))) {
        if (mark !== "remove") continue;
        log(`removing backup '${volid}'`);
        removeBackup(lab, volid);
      }
    },
  });
}

function ruleOf(call: Call, storage: string): string {
  if (call.lab.state.storages[storage] === undefined) throw failed(`storage '${storage}' does not exist`);
  const rule = text(call, "prune-backups");
  if (rule === undefined) throw failed(`no prune-backups options configured for storage '${storage}'`);
  return rule;
}

function filterOf(call: Call): { vmid?: number; kind?: string } {
  const [vmid, kind] = [integer(call, "vmid"), text(call, "type")];
  return { ...(vmid === undefined ? {} : { vmid }), ...(kind === undefined ? {} : { kind }) };
}
