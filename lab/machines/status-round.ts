// The node's round every ten seconds that fills the lists: what they show is as old as the last round.
import type { Clock } from "../clock.ts";
import type { Machines } from "./machines.ts";
import { coresOf, memoryMiB } from "./spec.ts";
import { disksOf, parseSize } from "./drives.ts";

const PERIOD_MS = 10_000;
/** Loads over less than this are noise: the one before is told again. */
const SHORTEST_LOAD_MS = 1_000;
const MIB = 1_024 ** 2;

/** What a guest looked like when it was last asked. */
export interface Sample {
  status: "running" | "stopped";
  name: string;
  uptime: number;
  /** Fraction of the guest's cores. */
  cpu: number;
  maxcpu: number;
  mem: number;
  maxmem: number;
  maxdisk: number;
  netin: number;
  netout: number;
  diskread: number;
  diskwrite: number;
}

interface CpuReading {
  atMs: number;
  cpuSeconds: number;
  /** Load up to then. */
  cpu: number;
}

export class StatusRound {
  readonly #machines: Machines;
  readonly #samples = new Map<number, Sample>();
  readonly #paused = new Set<number>();
  readonly #cpu = new Map<number, CpuReading>();
  readonly #closed = new AbortController();
  #busy = false;
  #lastRoundAtMs = 0;
  #observer: () => void = () => {};

  constructor(machines: Machines, clock: Clock) {
    this.#machines = machines;
    void this.#repeat(clock);
  }

  /** When the last round ended, in milliseconds since the epoch. */
  get lastRoundAtMs(): number {
    return this.#lastRoundAtMs;
  }

  /** Tells of the end of each round. */
  observe(observer: () => void): void {
    this.#observer = observer;
  }

  /** The last round's sample; undefined for a guest that no round has seen yet. */
  last(vmid: number): Sample | undefined {
    return this.#samples.get(vmid);
  }

  /** Whether the last round found it paused. */
  wasPaused(vmid: number): boolean {
    return this.#paused.has(vmid);
  }

  async #repeat(clock: Clock): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await clock.pause(PERIOD_MS, signal).catch(() => {});
      if (signal.aborted) return;
      await this.run();
    }
  }

  async run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const vmids = Object.keys(this.#machines.state.guests).map(Number);
      await Promise.all(
        vmids.map(async (vmid) => {
          const sample = await this.sample(vmid);
          if (sample !== null) this.#samples.set(vmid, sample);
          if (this.#machines.isPaused(vmid)) this.#paused.add(vmid);
          else this.#paused.delete(vmid);
        }),
      );
      for (const vmid of this.#samples.keys())
        if (this.#machines.state.guests[vmid] === undefined) this.#samples.delete(vmid);
      this.#lastRoundAtMs = Date.now();
      this.#observer();
    } finally {
      this.#busy = false;
    }
  }

  /** Asks a guest now. Null where there is no such guest. */
  async sample(vmid: number): Promise<Sample | null> {
    const guest = this.#machines.state.guests[vmid];
    if (guest === undefined) return null;
    const { config } = guest;
    const cores = coresOf(guest);
    const bootDisk = disksOf(config)[0];
    const sample: Sample = {
      status: "stopped",
      name: guest.kind === "lxc" ? (config["hostname"] ?? `CT${vmid}`) : (config["name"] ?? `VM ${vmid}`),
      uptime: 0,
      cpu: 0,
      maxcpu: cores,
      mem: 0,
      maxmem: memoryMiB(config) * MIB,
      maxdisk: parseSize(bootDisk?.[1].options["size"] ?? "0"),
      netin: 0,
      netout: 0,
      diskread: 0,
      diskwrite: 0,
    };
    const machine = this.#machines.running(vmid);
    if (machine === undefined) {
      this.#cpu.delete(vmid);
      return sample;
    }
    sample.status = "running";
    sample.uptime = Math.floor((Date.now() - machine.startedAtMs) / 1_000);
    const counters = await machine.counters().catch(() => null);
    if (counters === null) return sample;
    sample.cpu = this.#load(vmid, { atMs: Date.now(), cpuSeconds: counters.cpuSeconds }, machine.startedAtMs, cores);
    return Object.assign(sample, {
      mem: counters.memoryBytes,
      netin: counters.netInBytes,
      netout: counters.netOutBytes,
      diskread: counters.diskReadBytes,
      diskwrite: counters.diskWriteBytes,
    });
  }

  #load(vmid: number, now: { atMs: number; cpuSeconds: number }, startedAtMs: number, cores: number): number {
    const before = this.#cpu.get(vmid) ?? { atMs: startedAtMs, cpuSeconds: 0, cpu: 0 };
    const ms = now.atMs - before.atMs;
    if (ms < SHORTEST_LOAD_MS) return before.cpu;
    const cpu = Math.min(1, Math.max(0, ((now.cpuSeconds - before.cpuSeconds) * 1_000) / ms / cores));
    this.#cpu.set(vmid, { ...now, cpu });
    return cpu;
  }

  close(): void {
    this.#closed.abort();
  }
}
