// Guests that exist on paper only: thousands of them for benchmarks, each with a load that follows from its number and the time.
import { PassThrough } from "node:stream";
import { AgentNotRunning, type GuestCounters, type GuestRuntime, type RunningGuest } from "./guests/runtime.ts";
import { openSyntheticVnc } from "./synthetic-vnc.ts";

export const SYNTHETIC_FLAVOUR = "synthetic";

const MIB = 1_024 ** 2;
const PERIOD_SECONDS = 3_600;

/** The same runtime, but for synthetic guests, which are only pretended to run. */
export function withSyntheticGuests(runtime: GuestRuntime): GuestRuntime {
  return new Proxy(runtime, {
    get: (target, name) => {
      if (name === "start")
        return async (spec: Parameters<GuestRuntime["start"]>[0]): Promise<RunningGuest> =>
          spec.flavour === SYNTHETIC_FLAVOUR ? pretend(spec.vmid, spec.cores, spec.memoryMiB) : target.start(spec);
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Share of its cores that a synthetic guest uses at a time: a wave of its own between a fifth and four fifths. */
export function syntheticLoad(vmid: number, atSeconds: number): number {
  return 0.5 + 0.3 * Math.sin((atSeconds / PERIOD_SECONDS + vmid / 7) * 2 * Math.PI);
}

function pretend(vmid: number, cores: number, memoryMiB: number): RunningGuest {
  const startedAtMs = Date.now();
  const exit = Promise.withResolvers<{ expected: boolean; detail: string }>();
  const off = (): void => exit.resolve({ expected: true, detail: "" });
  const counters = (): GuestCounters => {
    const now = Date.now() / 1_000;
    const seconds = now - startedAtMs / 1_000;
    // The integral of the wave, so that rates taken from the counters are the wave itself.
    const wave = (at: number): number =>
      0.5 * at - ((0.3 * PERIOD_SECONDS) / (2 * Math.PI)) * Math.cos((at / PERIOD_SECONDS + vmid / 7) * 2 * Math.PI);
    const busy = wave(now) - wave(startedAtMs / 1_000);
    return {
      cpuSeconds: busy * cores,
      memoryBytes: memoryMiB * MIB * syntheticLoad(vmid, now),
      netInBytes: Math.floor(busy * 20_000),
      netOutBytes: Math.floor(busy * 50_000),
      diskReadBytes: Math.floor(seconds * 4_096),
      diskWriteBytes: Math.floor(busy * 8_192),
    };
  };
  return {
    pid: 100_000 + vmid,
    startedAtMs,
    exited: exit.promise,
    powerDown: async () => off(),
    kill: async () => off(),
    reset: async () => {},
    pause: async () => {},
    resume: async () => {},
    openVnc: async () => openSyntheticVnc({ kind: "echo" }),
    openSerial: async () => new PassThrough(),
    agentCommand: async () => {
      throw new AgentNotRunning("a synthetic guest has no agent");
    },
    setDisks: async () => {},
    takeSnapshot: async () => {},
    dropSnapshot: async () => {},
    backupDisk: async () => {},
    counters: async () => counters(),
  };
}
