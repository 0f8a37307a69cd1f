// Stage directions per recording: what happened on the real server outside of the recorded steps.
import { Recorder } from "../measurements/recorder.ts";
import type { LabState } from "../state.ts";
import { addTinyTemplate } from "./fixtures.ts";
import type { Scene } from "./scene.ts";

/** A call by root or another identity, waited for where it starts a task, however that ends. */
export type AsRoot = (
  method: string,
  path: string,
  params?: Record<string, string | number>,
  identity?: string,
) => Promise<void>;

export interface Direction {
  /** Guests that were made before the first step, cloned from a template. */
  guests?: GuestDirection[];
  /** Work done before the step of that number. */
  before?: Record<number, (scene: Scene, asRoot: AsRoot) => Promise<void> | void>;
  /** Steps before which the lists were refreshed by the node's ten-second round. */
  rounds?: number[];
  /** Headers in place of the identity's, for wrong credentials. */
  headers?: Record<number, (applied: (text: string) => string) => Record<string, string>>;
  /** Steps that show a defect of the recorded server and not of Proxmox VE, with the reason. */
  aside?: Record<number, string>;
}

interface GuestDirection {
  vmid: number;
  name: string;
  template: 9000 | 9001;
  full?: 1;
  pool?: string;
  config?: Record<string, string | number>;
  started?: true;
}

const BOOT_TRIES = 80;
const CLEAN_UP_MS = 1_000;
const DRIVERS_UP_MS = 3_500;
const MEASURED_BEFORE_MS = 5 * 60_000;
const NO_LXC = "that server had no LXC runtime";
const cookie = (text: string): Record<string, string> => ({ Cookie: `PVEAuthCookie=${encodeURIComponent(text)}` });
const authorization = (text: string): Record<string, string> => ({ Authorization: text });

export const DIRECTIONS: Record<string, Direction> = {
  "01-auth": {
    headers: {
      12: (applied) => authorization(`PVEAuthCookie=${encodeURIComponent(applied("{{ticket:root}}"))}`),
      13: (applied) => cookie(applied("{{ticket:root}}")),
      14: (applied) => ({ ...cookie(applied("{{ticket:root}}")), CSRFPreventionToken: "6B00DF22:wrong" }),
      17: (applied) => cookie(`${applied("{{ticket:root}}").slice(0, -8)}AAAAAAA=`),
      24: () => authorization("PVEAPIToken=root@pam!ci"),
      25: () => authorization("PVEAPIToken=root@pam!ci=11111111-1111-4111-8111-111111111111"),
      26: () => authorization("PVEAPIToken=root@pam!none=11111111-1111-4111-8111-111111111111"),
      27: () => authorization("Bearer 11111111-1111-4111-8111-111111111111"),
      30: (applied) => authorization(`PVEAPIToken=au@pve!exp=${applied("{{secret:expired}}")}`),
    },
  },
  "02-tenant-onboarding": {
    before: { 1: ({ running }) => withoutFinder(running.lab.state) },
    aside: { 93: "that server's processes refresh their lists apart, and this one had just done so" },
  },
  "03-launch-vm": { before: { 20: speed(1), 25: speed(10), 81: booted(301) }, rounds: [95] },
  "04-power": {
    guests: [{ vmid: 401, name: "pow", template: 9001, pool: "tenantA" }],
    before: {
      1: ({ deaf }) => void deaf.add(201),
      22: booted(401),
      36: booted(401),
      39: booted(401),
      60: startedAtOnce(201),
      79: startedAtOnce(401),
    },
  },
  "05-resize-config": {
    guests: [{ vmid: 501, name: "conf", template: 9000, pool: "tenantA" }],
    before: { 101: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/501/status/stop") },
  },
  "06-snapshots": {
    guests: [{ vmid: 601, name: "snap", template: 9001, full: 1, pool: "tenantA" }],
    before: { 37: speed(1), 41: locked(601), 42: speed(10), 46: speed(1), 50: cleanedUp },
    aside: { 39: "the lock came a moment later on that server" },
  },
  "07-backups": {
    guests: [{ vmid: 711, name: "bak", template: 9000, pool: "tenantA" }],
    before: {
      1: ({ deaf }) => void deaf.add(711),
      6: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/711/status/start"),
      89: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/711/status/stop"),
    },
  },
  "08-console": {
    guests: [{ vmid: 801, name: "con", template: 9000, pool: "tenantA", started: true }],
    before: {
      25: () => wait(8_000),
      27: () => wait(12_000),
      39: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/801/status/stop"),
    },
  },
  "10-lists-metrics": {
    guests: [
      {
        vmid: 301,
        name: "web1.example.com",
        template: 9001,
        pool: "tenantA",
        config: {
          tags: "prod;web",
          description: "line 1",
        },
      },
    ],
    before: { 1: livelyDay },
    rounds: [1],
    aside: {
      96: "that server's metrics were never collected",
      97: "that server's metrics were never collected",
      102: "that server had no systemd",
    },
  },
  "11-errors": {
    guests: [
      { vmid: 301, name: "web1", template: 9001, pool: "tenantA", config: { tags: "prod;web" } },
      { vmid: 1101, name: "lck", template: 9000, pool: "tenantA" },
    ],
    before: {
      36: deleted(1103),
      39: deleted(1103),
      44: deleted(1103),
      49: ({ running }) => {
        const guest = running.lab.state.guests["1101"];
        if (guest !== undefined) guest.config["lock"] = "backup";
      },
    },
    rounds: [74],
  },
  "12-firewall-network": { guests: [{ vmid: 1201, name: "fw", template: 9000, pool: "tenantA" }] },
  "13-lxc": {
    guests: [{ vmid: 301, name: "web1", template: 9001, pool: "tenantA" }],
    before: {
      59: ({ running }) => addTinyTemplate(running.lab.state),
      84: (_scene, asRoot) => asRoot("PUT", "/nodes/pve1/lxc/1302/config", { tags: "a" }),
      85: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/lxc/1302/status/stop"),
      88: (_scene, asRoot) => asRoot("DELETE", "/nodes/pve1/lxc/1301"),
    },
    aside: {
      20: NO_LXC,
      21: NO_LXC,
      38: `${NO_LXC} (no loop devices)`,
      39: `${NO_LXC} (no loop devices)`,
      56: `${NO_LXC} (no loop devices)`,
      57: `${NO_LXC} (no loop devices)`,
      61: `${NO_LXC} (no loop devices)`,
      62: `${NO_LXC} (no loop devices)`,
      72: NO_LXC,
      75: NO_LXC,
      76: NO_LXC,
      77: `${NO_LXC}: the container that the step before started`,
      79: `${NO_LXC} (root file system in a plain directory)`,
      80: `${NO_LXC} (root file system in a plain directory)`,
      82: `${NO_LXC} (root file system in a plain directory)`,
      83: `${NO_LXC} (root file system in a plain directory)`,
    },
  },
};

/** Waits until the system of a guest that was powered on answers, its drivers included. */
function booted(vmid: number): (scene: Scene) => Promise<void> {
  return async ({ running }) => {
    for (let tries = 0; tries < BOOT_TRIES; tries += 1) {
      const machine = running.lab.machines.running(vmid);
      const answers = machine?.agentCommand("guest-ping").then(
        () => true,
        () => false,
      );
      if ((await answers) === true && Date.now() - (machine?.startedAtMs ?? 0) > DRIVERS_UP_MS) return;
      await wait(100);
    }
  };
}

/** What the steps that follow observe takes its time. */
function speed(times: number): (scene: Scene) => void {
  return ({ running }) => running.lab.clock.setSpeed(times);
}

/** Waits until the node's clean-up after a machine holds the lock of the guest that was started again, and hurries on. */
async function cleanedUp({ running }: Scene): Promise<void> {
  await wait(CLEAN_UP_MS);
  running.lab.clock.setSpeed(10);
}

function locked(vmid: number): (scene: Scene) => Promise<void> {
  return async ({ running }) => {
    for (let tries = 0; tries < BOOT_TRIES; tries += 1) {
      if (running.lab.state.guests[vmid]?.config["lock"] !== undefined) return;
      await wait(10);
    }
  };
}

function deleted(vmid: number): (scene: Scene, asRoot: AsRoot) => Promise<void> {
  return async (_scene, asRoot) => {
    await asRoot("POST", `/nodes/pve1/qemu/${vmid}/status/stop`);
    await asRoot("DELETE", `/nodes/pve1/qemu/${vmid}`);
  };
}

/** Unplugged and powered on again before the node has cleaned up, as a slow server's answers made it happen. */
function startedAtOnce(vmid: number): (scene: Scene) => Promise<void> {
  return async ({ running }) => {
    const { machines, clock } = running.lab;
    if (machines.running(vmid) === undefined) await machines.powerOn("pve1", vmid, () => {});
    await machines.kill(vmid);
    await machines.powerOn("pve1", vmid, () => {});
    await clock.pause(1_000);
  };
}

/** The lists were read after a day's work: tasks of all users, well and badly ended, a backup, measurements. */
async function livelyDay({ running }: Scene, asRoot: AsRoot): Promise<void> {
  const vm = "/nodes/pve1/qemu";
  await asRoot("POST", "/nodes/pve1/lxc/301/status/start");
  for (const identity of ["root-token", "provisioner-token"]) {
    for (let turn = 0; turn < 3; turn += 1) {
      await asRoot("POST", `${vm}/9000/clone`, { newid: 1405, name: "brief", pool: "tenantA" }, identity);
      await asRoot("POST", `${vm}/1405/status/stop`, {}, identity);
      await asRoot("DELETE", `${vm}/1405`, {}, identity);
    }
  }
  for (let turn = 0; turn < 3; turn += 1) await asRoot("POST", `${vm}/301/status/stop`, {}, "tenantA-token");
  await asRoot("POST", `${vm}/201/status/start`, {}, "tenantA-token");
  for (const vmid of ["201", "202"])
    await asRoot("POST", "/nodes/pve1/vzdump", { vmid, storage: "local", remove: 0 }, "tenantA-token");
  await asRoot("POST", `${vm}/9000/status/start`);
  await asRoot("POST", `${vm}/9000/status/start`, {}, "tenantA-token");
  for (let turn = 0; turn < 6; turn += 1) await asRoot("DELETE", `${vm}/201`, {}, "provisioner-token");
  for (let turn = 0; turn < 2; turn += 1) {
    await asRoot("POST", `${vm}/9000/clone`, { newid: 1413, name: "brief" }, "root-ticket");
    for (let tries = 0; tries < 2; tries += 1) await asRoot("POST", `${vm}/1413/status/stop`, {}, "root-ticket");
    await asRoot("DELETE", `${vm}/1413`, {}, "root-ticket");
  }
  await running.lab.status.run();
  new Recorder().record(running.lab, Date.now() - MEASURED_BEFORE_MS);
}

/** Before the onboarding, the user who had found the least privileges was taken away, and his group. */
function withoutFinder(state: LabState): void {
  delete state.groups["dg"];
  delete state.users["disc@pve"];
  state.acl = state.acl.filter(({ ugid }) => ugid !== "disc@pve");
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
