// A guest's status as the node itself tells it now, in the list's shape and in full.
import type { Lab } from "../lab.ts";
import { hasAgent } from "../machines/spec.ts";
import { balloonFigures, blockStatistics } from "./device-figures.ts";

const MIB = 1_024 ** 2;
const PRESSURE = ["cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"];
const SUPPORT = {
  "backup-access-api": true,
  "backup-fleecing": true,
  "backup-max-workers": true,
  "pbs-dirty-bitmap": true,
  "pbs-dirty-bitmap-migration": true,
  "pbs-dirty-bitmap-savevm": true,
  "pbs-library-version": "",
  "pbs-masterkey": true,
  "query-bitmap-info": true,
};

/** A container's status as GET /nodes/{node}/lxc lists it. */
export async function containerStatus(lab: Lab, vmid: number): Promise<Record<string, unknown>> {
  const guest = lab.state.guests[vmid];
  const sample = await lab.status.sample(vmid);
  if (guest === undefined || sample === null) return { vmid, status: "stopped", type: "lxc" };
  const { config } = guest;
  const { maxcpu, ...figures } = sample;
  const row: Record<string, unknown> = {
    ...figures,
    vmid,
    type: "lxc",
    cpus: maxcpu,
    disk: 0,
    swap: 0,
    maxswap: Number(config["swap"] ?? 512) * MIB,
  };
  for (const key of ["tags", "lock"]) if (config[key] !== undefined && config[key] !== "") row[key] = config[key];
  if (config["template"] === "1") row["template"] = 1;
  const machine = lab.machines.running(vmid);
  if (machine !== undefined) {
    row["pid"] = machine.pid;
    for (const name of PRESSURE) row[`pressure${name}`] = 0;
  }
  return row;
}

/** `list` as in GET /nodes/{node}/qemu, `full` with the state of the emulator, `current` as in status/current. */
export async function liveStatus(
  lab: Lab,
  vmid: number,
  detail: "list" | "full" | "current",
): Promise<Record<string, unknown>> {
  const guest = lab.state.guests[vmid];
  const sample = await lab.status.sample(vmid);
  if (guest === undefined || sample === null) return { vmid, status: "stopped" };
  const { config } = guest;
  const machine = lab.machines.running(vmid);
  const { maxcpu, diskread, diskwrite, ...figures } = sample;
  const row: Record<string, unknown> = { ...figures, vmid, cpus: maxcpu, disk: 0, memhost: 0 };
  if (config["serial0"] !== undefined) row["serial"] = 1;
  for (const key of ["tags", "lock"]) if (config[key] !== undefined && config[key] !== "") row[key] = config[key];
  if (config["template"] === "1") row["template"] = 1;
  if (machine !== undefined) {
    row["pid"] = machine.pid;
    for (const name of PRESSURE) row[`pressure${name}`] = 0;
  }
  if (detail === "list") return row;
  row["qmpstatus"] = machine === undefined ? "stopped" : lab.machines.isPaused(vmid) ? "paused" : "running";
  if (machine !== undefined) Object.assign(row, { diskread, diskwrite });
  if (detail === "full") return row;
  row["ha"] = { managed: 0 };
  if (hasAgent(config)) row["agent"] = 1;
  if (machine === undefined) return row;
  const tap = `tap${vmid}i0`;
  return Object.assign(row, {
    ...balloonFigures(sample, hasAgent(config) && !lab.machines.isResumed(vmid)),
    "running-machine": "pc-i440fx-10.2+pve0",
    "running-qemu": "10.2.2",
    "proxmox-support": SUPPORT,
    nics: config["net0"] === undefined ? {} : { [tap]: { netin: sample.netin, netout: sample.netout } },
    blockstat: blockStatistics(config, sample),
  });
}
