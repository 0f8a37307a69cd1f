// Storages and what lies on them.
import { createHash } from "node:crypto";
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, integer, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed, forbidden } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import { archivePath, parseArchive, removeBackup } from "../machines/backups.ts";
import type { BackupState, StorageState, VolumeState } from "../state.ts";
import { requireBackupAccess } from "./backups.ts";
import { storageUsage } from "./rows.ts";

const SPACE = ["Datastore.Audit", "Datastore.AllocateSpace"];
const DELETE_MS = 300;
const BLOCK_BYTES = 4_096;

export const storageEndpoints: Endpoint[] = [
  { route: "GET /storage", run: listDefinitions },
  { route: "GET /storage/{storage}", run: (call) => definition(call.lab, required(call, "storage")) },
  { route: "GET /nodes/{node}/storage", run: listOfNode },
  { route: "GET /nodes/{node}/storage/{storage}/status", run: storageStatus },
  { route: "GET /nodes/{node}/storage/{storage}/content", run: listContent },
  { route: "GET /nodes/{node}/storage/{storage}/content/{volume}", run: showVolume },
  { route: "PUT /nodes/{node}/storage/{storage}/content/{volume}", run: updateVolume },
  { route: "DELETE /nodes/{node}/storage/{storage}/content/{volume}", run: deleteVolume },
];

function listDefinitions(call: Call): unknown[] {
  const { lab, identity } = call;
  const type = text(call, "type");
  return Object.entries(lab.state.storages)
    .filter(
      ([id, storage]) =>
        (type === undefined || storage.type === type) &&
        holds(lab.state, identity.authId, `/storage/${id}`, SPACE, true),
    )
    .map(([id]) => definition(lab, id));
}

function definition(lab: Lab, id: string): unknown {
  const storage = lab.state.storages[id];
  if (storage === undefined) throw failed(`storage '${id}' does not exist`);
  const digest = createHash("sha1").update(JSON.stringify(lab.state.storages)).digest("hex");
  const place =
    storage.type === "nfs"
      ? { server: "10.99.0.250", export: "/srv/shared", shared: 1, path: storage.path }
      : { path: storage.path };
  return { storage: id, type: storage.type, ...place, content: storage.content.join(","), digest };
}

function listOfNode(call: Call): unknown[] {
  const { lab, identity, node } = call;
  const [content, only] = [text(call, "content"), text(call, "storage")];
  return Object.entries(lab.state.storages)
    .filter(
      ([id, storage]) =>
        (only === undefined || id === only) &&
        (content === undefined || content.split(",").some((kind) => storage.content.includes(kind))),
    )
    .filter(([id]) => holds(lab.state, identity.authId, `/storage/${id}`, SPACE, true))
    .map(([id, storage]) => {
      const { total, used } = storageUsage(lab, node, id);
      return { storage: id, ...figures(storage, total, used), used_fraction: used / total };
    });
}

function storageStatus(call: Call): unknown {
  const id = required(call, "storage");
  const storage = call.lab.state.storages[id];
  if (storage === undefined) throw badParameters({ storage: "No such storage." });
  const { total, used } = storageUsage(call.lab, call.node, id);
  return figures(storage, total, used);
}

function figures(storage: StorageState, total: number, used: number): Record<string, unknown> {
  return {
    type: storage.type,
    content: storage.content.join(","),
    active: 1,
    enabled: 1,
    shared: storage.shared,
    total,
    used,
    avail: total - used,
  };
}

function listContent(call: Call): unknown[] {
  const { lab, node } = call;
  const id = required(call, "storage");
  if (lab.state.storages[id] === undefined) throw badParameters({ storage: "No such storage." });
  const [content, vmid] = [text(call, "content"), integer(call, "vmid")];
  return Object.entries(lab.state.volumes)
    .filter(([, volume]) => volume.storage === id && (lab.state.storages[id]?.shared === 1 || isOnNode(volume, node)))
    .filter(
      ([, volume]) =>
        (content === undefined || volume.content === content) && (vmid === undefined || volume.vmid === vmid),
    )
    .filter(([, volume]) => maySee(call, volume))
    .map(([volid, volume]) => ({
      volid,
      content: volume.content,
      format: volume.format,
      size: volume.sizeBytes,
      ctime: volume.createdAt,
      ...(volume.backup === undefined ? {} : backupFigures(volume.vmid, volume.backup)),
      ...(volume.content === "images" || volume.content === "rootdir"
        ? { vmid: volume.vmid, parent: parentOf(volume), used: Math.floor(volume.sizeBytes / 10) }
        : {}),
    }));
}

/** Images and templates are the same on every node's own storage. */
function isOnNode(volume: VolumeState, node: string): boolean {
  return volume.node === node || volume.content === "iso" || volume.content === "vztmpl";
}

function backupFigures(vmid: number, backup: BackupState): Record<string, unknown> {
  return {
    vmid,
    subtype: backup.kind,
    ...(backup.notes === undefined ? {} : { notes: backup.notes }),
    ...(backup.protected ? { protected: 1 } : {}),
  };
}

function maySee(call: Call, volume: VolumeState): boolean {
  const { state } = call.lab;
  const { authId } = call.identity;
  const path = `/storage/${volume.storage}`;
  if (holds(state, authId, path, ["Datastore.Allocate"])) return true;
  if (volume.content === "backup")
    return (
      holds(state, authId, path, ["Datastore.AllocateSpace"]) &&
      holds(state, authId, `/vms/${volume.vmid}`, ["VM.Backup"])
    );
  if (volume.content === "iso" || volume.content === "vztmpl") return holds(state, authId, path, SPACE, true);
  return (
    holds(state, authId, path, ["Datastore.Audit"]) && holds(state, authId, `/vms/${volume.vmid}`, ["VM.Config.Disk"])
  );
}

function parentOf(volume: VolumeState): string | null {
  return volume.parent === undefined ? null : `../${volume.parent.slice(volume.parent.indexOf(":") + 1)}`;
}

function showVolume(call: Call): unknown {
  const { lab } = call;
  const volid = volumeId(call);
  const archive = parseArchive(volid);
  if (archive !== null) requireBackupAccess(call, volid, archive.vmid);
  const volume = lab.machines.volumes.get(volid);
  if (volume?.backup !== undefined)
    return {
      path: archivePath(lab, volid),
      format: "raw",
      size: volume.sizeBytes,
      used: Math.ceil(volume.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES,
      protected: volume.backup.protected ? 1 : 0,
      ...(volume.backup.notes === undefined ? {} : { notes: volume.backup.notes }),
    };
  if (volume === undefined) throw failed(`volume_size_info on '${volid}' failed - no format`);
  if (!maySee(call, volume)) throw forbidden();
  return {
    path: lab.machines.volumes.file(volid) ?? volid,
    format: volume.format,
    size: volume.sizeBytes,
    used: Math.floor(volume.sizeBytes / 10),
  };
}

function updateVolume(call: Call): null {
  const { lab } = call;
  const volid = volumeId(call);
  const archive = parseArchive(volid);
  if (archive === null) throw failed(`volume notes are not supported for '${volid}'`);
  requireBackupAccess(call, volid, archive.vmid);
  const backup = lab.machines.volumes.get(volid)?.backup;
  if (backup === undefined) throw failed(`volume '${volid}' does not exist`);
  const notes = text(call, "notes");
  if (notes === "") delete backup.notes;
  else if (notes !== undefined) backup.notes = notes;
  if (text(call, "protected") !== undefined) backup.protected = flag(call, "protected");
  lab.store.changed();
  return null;
}

function deleteVolume(call: Call): string {
  const { lab, identity, node } = call;
  const volid = volumeId(call);
  const id = required(call, "storage");
  const volume = lab.machines.volumes.get(volid);
  const archive = parseArchive(volid);
  if (archive !== null) requireBackupAccess(call, volid, archive.vmid);
  else requirePrivileges(lab.state, identity.authId, `/storage/${id}`, ["Datastore.Allocate"]);
  return lab.tasks.start({
    node,
    type: "imgdel",
    id: `${archive?.vmid ?? volume?.vmid ?? ""}@${id}`,
    authId: identity.authId,
    durationMs: DELETE_MS,
    work: async ({ log }) => {
      if (archive !== null && lab.machines.volumes.get(volid) === undefined)
        log(`disk image '${archivePath(lab, volid)}' does not exist`);
      if (archive !== null) {
        removeBackup(lab, volid);
        log(`Removed volume '${volid}'`);
        return;
      }
      if (lab.machines.volumes.childrenOf(volid).length > 0)
        throw failed(`base volume '${volid}' is still in use by linked cloned`);
      if (lab.machines.volumes.get(volid) !== undefined) await lab.machines.volumes.remove(volid);
    },
  });
}

function volumeId(call: Call): string {
  const volume = required(call, "volume");
  if (!volume.includes("/")) throw failed(`unable to parse directory volume name '${volume}'`);
  return volume.includes(":") ? volume : `${required(call, "storage")}:${volume}`;
}
