// A runtime without machines, for tests of the API: guests are objects that obey at once.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough, type Duplex } from "node:stream";
import { copyJsonDisk, dropJsonSnapshot, rollbackJsonDisk, snapshotJsonDisk } from "./guests/json-disk.ts";
import { AgentNotRunning, type GuestRuntime, type GuestSpec, type RunningGuest } from "./guests/runtime.ts";
import { openSyntheticVnc } from "./synthetic-vnc.ts";

export interface FakeRuntime extends GuestRuntime {
  /** What each guest that is on was started with. */
  readonly started: Map<number, GuestSpec>;
  /** Guests that ignore their power button. */
  readonly deaf: Set<number>;
}

export function createFakeRuntime(stateDir: string): FakeRuntime {
  const started = new Map<number, GuestSpec>();
  const deaf = new Set<number>();
  const on = new Set<RunningGuest>();
  return {
    kind: "painted",
    started,
    deaf,
    start: async (spec) => {
      started.set(spec.vmid, spec);
      const guest = fakeGuest(spec, deaf, () => {
        started.delete(spec.vmid);
        on.delete(guest);
      });
      on.add(guest);
      return guest;
    },
    createDisk: async (file, sizeBytes, backingFile) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify({ sizeBytes, backingFile: backingFile ?? null }));
    },
    copyDisk: copyJsonDisk,
    snapshotDisk: snapshotJsonDisk,
    rollbackDisk: rollbackJsonDisk,
    dropDiskSnapshot: dropJsonSnapshot,
    growDisk: async (file, sizeBytes) => {
      const disk = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      writeFileSync(file, JSON.stringify({ ...disk, sizeBytes }));
    },
    deleteDisk: async (file) => rmSync(file, { force: true }),
    serialLog: (vmid) => join(stateDir, `serial-${vmid}.log`),
    close: async () => {
      await Promise.all([...on].map((guest) => guest.kill()));
    },
  };
}

function fakeGuest(spec: GuestSpec, deaf: Set<number>, gone: () => void): RunningGuest {
  const exit = Promise.withResolvers<{ expected: boolean; detail: string }>();
  const stop = (): void => {
    gone();
    exit.resolve({ expected: true, detail: "" });
  };
  return {
    pid: 1_000_000 + spec.vmid,
    startedAtMs: Date.now(),
    exited: exit.promise,
    powerDown: async () => {
      if (!deaf.has(spec.vmid)) setTimeout(stop, 20);
    },
    kill: async () => stop(),
    reset: async () => {},
    pause: async () => {},
    resume: async () => {},
    openVnc: async () => openSyntheticVnc({ kind: "echo" }),
    openSerial: async (): Promise<Duplex> => new PassThrough(),
    agentCommand: async (execute) => {
      if (!spec.agent) throw new AgentNotRunning("off");
      if (execute === "guest-ping") return {};
      if (execute !== "guest-network-get-interfaces") throw new Error("unknown command");
      return [
        {
          name: "eth0",
          "hardware-address": spec.macs[0],
          "ip-addresses": [{ "ip-address": "10.0.0.5", "ip-address-type": "ipv4", prefix: 24 }],
        },
      ];
    },
    setDisks: async (disks) => {
      spec.disks = [...disks];
    },
    takeSnapshot: async (name) => {
      for (const { file } of writable(spec)) await snapshotJsonDisk(file, name);
    },
    dropSnapshot: async (name, slots) => {
      for (const { slot, file } of writable(spec)) if (slots.includes(slot)) await dropJsonSnapshot(file, name);
    },
    backupDisk: async (slot, to) => {
      for (const disk of writable(spec)) if (disk.slot === slot) await copyJsonDisk(disk.file, to);
    },
    counters: async () => ({
      cpuSeconds: 0,
      memoryBytes: 1_048_576,
      netInBytes: 0,
      netOutBytes: 0,
      diskReadBytes: 0,
      diskWriteBytes: 0,
    }),
  };
}

function writable(spec: GuestSpec): GuestSpec["disks"] {
  return spec.disks.filter((disk) => disk.readOnly !== true);
}
