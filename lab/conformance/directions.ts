// Stage directions per recording: what happened on the real server outside of the recorded steps.
import type { Scene } from "./scene.ts";

/** A call by root, waited for where it starts a task. */
export type AsRoot = (method: string, path: string, params?: Record<string, string | number>) => Promise<void>;

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
const DRIVERS_UP_MS = 3_500;
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
  "02-tenant-onboarding": { before: { 1: ({ running }) => void delete running.lab.state.groups["dg"] }, rounds: [93] },
  "03-launch-vm": { before: { 81: booted(301) }, rounds: [95] },
  "04-power": {
    guests: [{ vmid: 401, name: "pow", template: 9001, pool: "tenantA" }],
    before: { 1: ({ deaf }) => void deaf.add(201), 22: booted(401), 36: booted(401), 39: booted(401) },
  },
  "05-resize-config": {
    guests: [{ vmid: 501, name: "conf", template: 9000, pool: "tenantA" }],
    before: { 101: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/501/status/stop") },
  },
  "06-snapshots": { guests: [{ vmid: 601, name: "snap", template: 9001, full: 1, pool: "tenantA" }] },
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
    before: { 1: (_scene, asRoot) => asRoot("POST", "/nodes/pve1/qemu/201/status/start") },
    rounds: [1],
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
    aside: {
      20: NO_LXC,
      21: NO_LXC,
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

function deleted(vmid: number): (scene: Scene, asRoot: AsRoot) => Promise<void> {
  return (_scene, asRoot) => asRoot("DELETE", `/nodes/pve1/qemu/${vmid}`);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
