// Restores a guest from a backup, over itself or under a new number.
import { randomUUID } from "node:crypto";
import { requirePrivileges } from "../access/checks.ts";
import { failed } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import type { BackupState, GuestState } from "../state.ts";
import type { TaskContext } from "../tasks.ts";
import { backupFile, archivePath } from "./backups.ts";
import { applyChange, withMac, type Change } from "./configure.ts";
import { applyContainerChange, containerCard } from "./containers.ts";
import { drivesOf, formatDrive, formatSize, isCdrom, isCloudInit, parseDrive } from "./drives.ts";
import { refuseLocked } from "./machines.ts";
import { requireBridge } from "./options.ts";

export interface RestoreOrder {
  node: string;
  vmid: number;
  archive: string;
  authId: string;
  /** Where the disks go; where they came from unless given. */
  storage: string | null;
  pool: string | null;
  /** New network addresses and identities. */
  unique: boolean;
  start: boolean;
  /** Options that take the place of those in the backup. */
  change: Change;
}

const COPY_MS = 1_500;

/** Writes the guest anew. The guest that it goes over must be off; its disks are gone before the new ones are written. */
export async function restoreGuest(lab: Lab, order: RestoreOrder, context: TaskContext): Promise<void> {
  const { vmid } = order;
  const backup = lab.machines.volumes.require(order.archive).backup;
  if (backup === undefined) throw failed(`'${order.archive}' is no backup`);
  const title = `${backup.kind === "lxc" ? "CT" : "VM"} ${vmid}`;
  await lab.machines.withLock(vmid, context.log, async () => {
    try {
      await written(lab, order, backup, title, context);
    } catch (error) {
      context.log(
        `error before or during data restore, some or all disks were not completely restored. ${title} state is NOT cleaned up.`,
      );
      throw error;
    }
  });
  if (order.start) await lab.machines.powerOn(order.node, vmid, context.log, { kind: backup.kind });
}

async function written(
  lab: Lab,
  order: RestoreOrder,
  backup: BackupState,
  title: string,
  context: TaskContext,
): Promise<void> {
  const { machines, state } = lab;
  const { vmid, node } = order;
  const before = state.guests[vmid];
  const isNew = before === undefined || before.config["lock"] === "create";
  if (!isNew) {
    if (machines.running(vmid) !== undefined)
      throw failed(`unable to restore ${title} - ${backup.kind === "lxc" ? "CT" : "vm"} is running`);
    refuseLocked(before);
    if (before.config["protection"] === "1")
      throw failed(`unable to restore ${title} - can't remove ${title} - protection mode enabled`);
  }
  checkRights(lab, order, backup);
  if (!isNew) await removeDisks(lab, vmid);
  const guest: GuestState = {
    ...(backup.kind === "lxc" ? { kind: "lxc" as const } : {}),
    node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: backup.flavour,
  };
  state.guests[vmid] = guest;
  try {
    const verb = backup.kind === "lxc" ? "recovering backed-up configuration from" : "restore vma archive:";
    context.log(`${verb} ${archivePath(lab, order.archive)}`);
    await lab.clock.pause(COPY_MS, context.signal);
    const config = await restoredConfig(lab, order, backup, context);
    guest.config = { ...config, lock: "create" };
    const apply = backup.kind === "lxc" ? applyContainerChange : applyChange;
    await apply(lab, vmid, guest, order.change, context.log);
    delete guest.config["lock"];
    if (backup.kind === "qemu") context.log("rescan volumes...");
    if (order.pool !== null && state.pools[order.pool]?.vms.includes(vmid) === false)
      state.pools[order.pool]?.vms.push(vmid);
    lab.store.changed();
  } catch (error) {
    for (const [volid] of machines.volumes.ofGuest(vmid)) await machines.volumes.remove(volid);
    if (isNew) machines.forget(vmid);
    // The configuration stays as it was, and speaks of disks that are gone.
    else state.guests[vmid] = before;
    throw error;
  }
}

/** What the restored guest would be given must be the caller's to give. */
function checkRights(lab: Lab, order: RestoreOrder, backup: BackupState): void {
  for (const [key, value] of Object.entries(backup.config))
    if (/^net\d+$/.test(key)) requireBridge(lab.state, order.authId, value);
  for (const { slot } of backup.disks)
    requirePrivileges(lab.state, order.authId, `/storage/${targetOf(order, backup, slot)}`, [
      "Datastore.AllocateSpace",
    ]);
}

function targetOf(order: RestoreOrder, backup: BackupState, slot: string): string {
  return order.storage ?? parseDrive(backup.config[slot] ?? "").volid.split(":")[0] ?? "";
}

async function removeDisks(lab: Lab, vmid: number): Promise<void> {
  const { volumes } = lab.machines;
  const doomed = volumes.ofGuest(vmid).map(([volid]) => volid);
  for (const volid of doomed)
    if (volumes.childrenOf(volid).length > 0) throw failed(`base volume '${volid}' is still in use by linked cloned`);
  for (const volid of doomed) await volumes.remove(volid);
}

async function restoredConfig(
  lab: Lab,
  order: RestoreOrder,
  backup: BackupState,
  context: TaskContext,
): Promise<Record<string, string>> {
  const { volumes } = lab.machines;
  const { vmid, node } = order;
  const config: Record<string, string> = { ...backup.config };
  for (const key of Object.keys(config)) if (/^(unused\d+|template)$/.test(key)) delete config[key];
  for (const { slot, sizeBytes } of backup.disks) {
    const drive = parseDrive(config[slot] ?? "");
    const place = { storage: targetOf(order, backup, slot), node, vmid, sizeBytes };
    const file = backupFile(lab, order.archive, slot);
    const volid = await volumes.adopt(file, { ...place, container: backup.kind === "lxc" });
    context.log(`new volume ID is '${volid}'`);
    config[slot] = formatDrive({ volid, options: { ...drive.options, size: formatSize(sizeBytes) } });
  }
  for (const [slot, drive] of drivesOf(config)) {
    if (!isCdrom(drive) || !isCloudInit(drive)) continue;
    const storage = order.storage ?? drive.volid.split(":")[0] ?? "";
    config[slot] = formatDrive({ ...drive, volid: volumes.allocateCloudInit({ storage, node, vmid }) });
  }
  if (config["vmgenid"] !== undefined) config["vmgenid"] = randomUUID();
  if (order.unique) {
    if (config["smbios1"] !== undefined) config["smbios1"] = `uuid=${randomUUID()}`;
    for (const [key, value] of Object.entries(config))
      if (/^net\d+$/.test(key)) config[key] = backup.kind === "lxc" ? containerCard(value, true) : withMac(value);
  }
  return config;
}
