// Backups of guests: what vzdump does with one guest, and the archives that it leaves.
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure, failed, oneLine } from "../http/failure.ts";
import { nowSeconds } from "../clock.ts";
import type { Lab } from "../lab.ts";
import type { BackupFormat, BackupState, GuestState, VolumeState } from "../state.ts";
import type { TaskContext } from "../tasks.ts";
import { disksOf, formatSize } from "./drives.ts";
import { kindOf, refuseLocked, type GuestKind } from "./machines.ts";
import { marksOf } from "./prune.ts";
import { frozen } from "./snapshots.ts";
import { hasAgent } from "./spec.ts";

export interface BackupOrder {
  node: string;
  storage: string;
  mode: "snapshot" | "suspend" | "stop";
  compress: string;
  notesTemplate: string | null;
  protected: boolean;
  /** Retention rule to apply afterwards. */
  prune: string | null;
}

const GIB = 1_024 ** 3;
/** Simulated time that reading the disks takes. */
const COPY_MS = 1_500;
/** Real milliseconds that a guest is given to shut down for a backup with mode `stop`. */
const STOP_TIMEOUT_MS = 600_000;
const SUFFIX: Record<string, "" | ".zst" | ".gz" | ".lzo"> = { zstd: ".zst", gzip: ".gz", lzo: ".lzo", 1: ".lzo" };

/** Backs one guest up, telling it all in the task's log; false where that failed. */
export async function backUp(lab: Lab, vmid: number, order: BackupOrder, context: TaskContext): Promise<boolean> {
  const say = (line: string): void => context.log(`INFO: ${line}`);
  const startedAtMs = Date.now();
  const guest = lab.state.guests[vmid];
  try {
    if (guest === undefined || guest.node !== order.node) throw failed(`unable to find VM '${vmid}'`);
    const kind = kindOf(guest);
    say(`Starting Backup of VM ${vmid} (${kind})`);
    say(`Backup started at ${stamp(startedAtMs)}`);
    await locked(lab, vmid, guest, context, () => archived(lab, vmid, guest, order, context));
    say(`Finished Backup of VM ${vmid} (${duration(Date.now() - startedAtMs)})`);
    say(`Backup finished at ${stamp(Date.now())}`);
    return true;
  } catch (error) {
    const reason = context.signal.aborted ? "interrupted by signal" : oneLine(error);
    context.log(`ERROR: Backup of VM ${vmid} failed - ${reason}`);
    say(`Failed at ${stamp(Date.now())}`);
    if (context.signal.aborted) say("Backup job finished with errors");
    context.signal.throwIfAborted();
    return false;
  }
}

/** Removes a backup with its data; refuses a protected one. */
export function removeBackup(lab: Lab, volid: string): void {
  const volume = lab.machines.volumes.get(volid);
  if (volume?.backup?.protected === true)
    throw failed(`cannot remove protected volume '${nameOf(volid)}' on '${volume.storage}'`);
  delete lab.state.volumes[volid];
  lab.store.changed();
  rmSync(dataFolder(lab, volid), { recursive: true, force: true });
}

/** Backups of a storage that a retention rule applies to, each with what becomes of it. */
export function pruned(
  lab: Lab,
  storage: string,
  rule: string,
  only: { vmid?: number; kind?: string } = {},
): { volid: string; volume: VolumeState; mark: string }[] {
  const groups = new Map<string, [string, VolumeState][]>();
  for (const [volid, volume] of Object.entries(lab.state.volumes)) {
    const { backup } = volume;
    if (volume.storage !== storage || backup === undefined) continue;
    if (only.vmid !== undefined && volume.vmid !== only.vmid) continue;
    if (only.kind !== undefined && backup.kind !== only.kind) continue;
    const group = `${backup.kind}/${volume.vmid}`;
    groups.set(group, [...(groups.get(group) ?? []), [volid, volume]]);
  }
  return [...groups.values()].flatMap((group) => {
    const marks = marksOf(
      rule,
      group.map(([volid, volume]) => ({
        volid,
        createdAt: volume.createdAt,
        protected: volume.backup?.protected === true,
      })),
    );
    return group.map(([volid, volume]) => ({ volid, volume, mark: marks.get(volid) ?? "keep" }));
  });
}

/** File of a backup's disk. */
export function backupFile(lab: Lab, volid: string, slot: string): string {
  return join(dataFolder(lab, volid), slot);
}

/** Where the real server would keep the archive. */
export function archivePath(lab: Lab, volid: string): string {
  const storage = lab.state.storages[volid.split(":")[0] ?? ""];
  return `${storage?.path ?? ""}/${nameOf(volid).replace(/^backup\//, "dump/")}`;
}

/** What a volume id of a backup tells by itself: kind and number of its guest. */
export function parseArchive(volid: string): { kind: GuestKind; vmid: number } | null {
  const match = /:backup\/vzdump-(qemu|lxc)-(\d+)-[\d_-]+\.(?:vma|tar)(?:\.\w+)?$/.exec(volid);
  return match === null ? null : { kind: match[1] === "lxc" ? "lxc" : "qemu", vmid: Number(match[2]) };
}

async function locked(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  context: TaskContext,
  work: () => Promise<void>,
): Promise<void> {
  await lab.machines.withLock(vmid, context.log, async () => {
    refuseLocked(guest);
    guest.config["lock"] = "backup";
    lab.machines.changed();
  });
  try {
    await work();
  } finally {
    delete guest.config["lock"];
    lab.machines.changed();
  }
}

async function archived(
  lab: Lab,
  vmid: number,
  guest: GuestState,
  order: BackupOrder,
  context: TaskContext,
): Promise<void> {
  const say = (line: string): void => context.log(`INFO: ${line}`);
  const kind = kindOf(guest);
  const wasOn = lab.machines.running(vmid) !== undefined;
  const mode = wasOn ? order.mode : "stop";
  const disks = disksOf(guest.config);
  say(`status = ${wasOn ? "running" : "stopped"}`);
  const sayMode = (): void => context.log(`INFO: backup mode: ${mode}\nINFO: ionice priority: 7`);
  if (mode !== "snapshot") sayMode();
  say(`${kind === "lxc" ? "CT" : "VM"} Name: ${guest.config["hostname"] ?? guest.config["name"] ?? ""}`);
  for (const [slot, drive] of disks) say(includes(lab, kind, slot, drive.volid));
  if (mode === "snapshot") sayMode();
  if (wasOn && mode === "stop") {
    say("stopping virtual guest");
    if (!(await lab.machines.shutDown(vmid, STOP_TIMEOUT_MS, context.signal)))
      throw failed(`command 'qm shutdown ${vmid} --skiplock --keepActive --timeout 600' failed: exit code 255`);
  }
  if (mode === "suspend") {
    say("suspending guest");
    await lab.machines.pause(vmid);
  }
  const { volid, createdAt } = freshArchive(lab, vmid, kind, order);
  say(`creating vzdump archive '${archivePath(lab, volid)}'`);
  try {
    if (lab.machines.volumes.isFull(order.storage)) throw failed("job failed with err -28 - No space left on device");
    await copied(lab, vmid, guest, volid, context);
  } catch (error) {
    rmSync(dataFolder(lab, volid), { recursive: true, force: true });
    throw error;
  } finally {
    if (mode === "suspend") await lab.machines.resume(vmid);
    if (wasOn && mode === "stop" && lab.machines.running(vmid) === undefined)
      await lab.machines.powerOn(guest.node, vmid, context.log, { kind });
  }
  const { lock: _lock, parent: _parent, ...config } = guest.config;
  const backup: BackupState = {
    kind,
    config,
    flavour: guest.flavour,
    protected: order.protected,
    disks: disks.map(([slot, drive]) => ({
      slot,
      sizeBytes: lab.machines.volumes.get(drive.volid)?.sizeBytes ?? 0,
      file: slot,
    })),
  };
  const sizeBytes = sum(backup.disks.map(({ slot }) => fileSize(backupFile(lab, volid, slot))));
  say(`archive file size: ${Math.max(1, Math.round(sizeBytes / 1_024))}KB`);
  if (order.notesTemplate !== null) {
    say("adding notes to backup");
    backup.notes = notesOf(order.notesTemplate, vmid, guest, order.node);
  }
  if (order.protected) say("marking backup as protected");
  lab.machines.volumes.register(volid, {
    storage: order.storage,
    vmid,
    node: order.node,
    sizeBytes,
    format: volid.slice(volid.lastIndexOf(kind === "lxc" ? ".tar" : ".vma") + 1) as BackupFormat,
    content: "backup",
    createdAt,
    backup,
  });
  if (order.prune !== null) {
    const doomed = pruned(lab, order.storage, order.prune, { vmid, kind }).filter(({ mark }) => mark === "remove");
    say(`prune older backups with retention: ${order.prune.replaceAll(",", ", ")}`);
    for (const old of doomed) {
      say(`removing backup '${old.volid}'`);
      removeBackup(lab, old.volid);
    }
    say(`pruned ${doomed.length} backup(s) not covered by keep-retention policy`);
  }
}

async function copied(lab: Lab, vmid: number, guest: GuestState, volid: string, context: TaskContext): Promise<void> {
  const say = (line: string): void => context.log(`INFO: ${line}`);
  const disks = disksOf(guest.config);
  const total = sum(disks.map(([, drive]) => lab.machines.volumes.get(drive.volid)?.sizeBytes ?? 0));
  mkdirSync(dataFolder(lab, volid), { recursive: true });
  const machine = lab.machines.running(vmid);
  const isQemu = guest.kind !== "lxc";
  if (machine === undefined && isQemu) say("starting kvm to execute backup task");
  if (machine !== undefined && isQemu && !hasAgent(guest.config))
    say("skipping guest filesystem freeze - disabled in VM options");
  const thaw =
    machine === undefined
      ? null
      : await frozen(lab, vmid, guest, () =>
          say(`skipping guest-agent 'fs-freeze', agent configured but not running?`),
        );
  if (thaw !== null && isQemu) say("issuing guest-agent 'fs-freeze' command");
  try {
    if (isQemu) say("starting backup via QMP command");
    for (const [slot, drive] of disks) {
      const source = lab.machines.volumes.file(drive.volid);
      const target = backupFile(lab, volid, slot);
      if (source === null) continue;
      if (machine === undefined) await lab.runtime.copyDisk(source, target);
      else await machine.backupDisk(slot, target);
    }
  } finally {
    await thaw?.();
    if (thaw !== null && isQemu) say("issuing guest-agent 'fs-thaw' command");
  }
  if (machine !== undefined && isQemu) say("resuming VM again");
  await lab.clock.pause(COPY_MS, context.signal);
  const gib = (total / GIB).toFixed(1);
  say(`100% (${gib} GiB of ${gib} GiB) in 2s, read: 512.0 MiB/s, write: 0 B/s`);
  say(`transferred ${(total / GIB).toFixed(2)} GiB in 2 seconds (512.0 MiB/s)`);
  if (machine === undefined && isQemu) say("stopping kvm after backup task");
}

function includes(lab: Lab, kind: GuestKind, slot: string, volid: string): string {
  const size = formatSize(lab.machines.volumes.get(volid)?.sizeBytes ?? 0);
  return kind === "lxc" ? `including mount point ${slot} ('/') in backup` : `include disk '${slot}' '${volid}' ${size}`;
}

/** A name of this second; a second archive within it takes the next second's, so that no two are the same. */
function freshArchive(
  lab: Lab,
  vmid: number,
  kind: GuestKind,
  order: BackupOrder,
): { volid: string; createdAt: number } {
  const suffix = `${kind === "lxc" ? "tar" : "vma"}${SUFFIX[order.compress] ?? ""}`;
  for (let createdAt = nowSeconds(); ; createdAt += 1) {
    const when = stamp(createdAt * 1_000)
      .replaceAll("-", "_")
      .replace(" ", "-")
      .replaceAll(":", "_");
    const start = `${order.storage}:backup/vzdump-${kind}-${vmid}-${when}.`;
    if (!Object.keys(lab.state.volumes).some((volid) => volid.startsWith(start)))
      return { volid: `${start}${suffix}`, createdAt };
  }
}

function notesOf(template: string, vmid: number, guest: GuestState, node: string): string {
  const values: Record<string, string> = {
    cluster: "lab",
    guestname: guest.config["hostname"] ?? guest.config["name"] ?? "",
    node,
    vmid: String(vmid),
  };
  return template
    .replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
    .replaceAll(/\\(n|\\)/g, (_, escaped: string) => (escaped === "n" ? "\n" : "\\"));
}

function dataFolder(lab: Lab, volid: string): string {
  if (parseArchive(volid) === null)
    throw new Failure(500, `unable to parse directory volume name '${nameOf(volid)}'\n`);
  const [storage = "", name = ""] = volid.split(":");
  return join(lab.stateDir, "backups", storage, name.replace(/^backup\//, ""));
}

function nameOf(volid: string): string {
  return volid.slice(volid.indexOf(":") + 1);
}

function stamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

function duration(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function fileSize(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
