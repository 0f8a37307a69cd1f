// Puts a guest to sleep with its memory on disk, and wakes it from there.
import type { Lab } from "../lab.ts";
import { failed } from "../http/failure.ts";
import type { GuestState } from "../state.ts";
import { disksOf } from "./drives.ts";

/** Name of the snapshot on the disks that the memory lies in; no user can name one so. */
const SLEEP = "suspend-to-disk";

/** Saves what the guest is doing and ends it; it carries a lock until it is woken. The caller holds the guest's lock. */
export async function hibernate(lab: Lab, vmid: number, guest: GuestState, log: (line: string) => void): Promise<void> {
  const machine = lab.machines.running(vmid);
  if (machine === undefined) throw failed(`VM ${vmid} not running`);
  const storage = guest.config["vmstatestorage"] ?? disksOf(guest.config)[0]?.[1].volid.split(":")[0];
  if (storage === undefined) throw failed("no storage found for the VM state");
  const { memoryBytes } = await machine.counters();
  const place = { storage, node: guest.node, vmid, sizeBytes: memoryBytes };
  const volid = lab.machines.volumes.allocateMemory(place, `suspend-${new Date().toISOString().slice(0, 10)}`);
  try {
    // Nothing may change on the disks between the saving and the end.
    await machine.pause();
    await machine.takeSnapshot(SLEEP, true);
  } catch (error) {
    await lab.machines.volumes.remove(volid);
    await machine.resume().catch(() => {});
    throw error;
  }
  Object.assign(guest.config, { lock: "suspended", vmstate: volid });
  lab.machines.changed();
  log("State saved, quitting");
  await lab.machines.kill(vmid);
}

/** Whether the guest's memory lies on disk. */
export function isAsleep(guest: GuestState): boolean {
  return guest.config["lock"] === "suspended" && guest.config["vmstate"] !== undefined;
}

/** Goes on where the guest was put to sleep. The caller holds the guest's lock. */
export async function wake(lab: Lab, vmid: number, guest: GuestState, log: (line: string) => void): Promise<void> {
  const volid = guest.config["vmstate"] ?? "";
  await lab.machines.powerOn(guest.node, vmid, log, { resumeFrom: SLEEP });
  log("Resuming suspended VM");
  log("netdev net0: using 'host_mtu=1500' for migration compat");
  log(`activating and using '${volid}' as vmstate`);
  await lab.machines.running(vmid)?.dropSnapshot(
    SLEEP,
    disksOf(guest.config).map(([slot]) => slot),
  );
  await lab.machines.volumes.remove(volid);
  delete guest.config["lock"];
  delete guest.config["vmstate"];
  lab.machines.changed();
  log("Resumed VM, removing state");
}
