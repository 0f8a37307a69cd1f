// The virtual machines: which are on, how they are switched, and the lock that lets one change at a time through.
import { failed } from "../http/failure.ts";
import type { Clock } from "../clock.ts";
import type { GuestRuntime, GuestSpec, RunningGuest } from "../guests/runtime.ts";
import type { GuestState, LabState, StateStore } from "../state.ts";
import { guestSpec } from "./spec.ts";
import { Turns } from "./turns.ts";
import { Volumes } from "./volumes.ts";

/** Changes wait this long (simulated) for the guest's lock before they give up. */
const LOCK_TIMEOUT_MS = 10_000;
/** When a machine's process has ended, the node's clean-up sets to work this much later. */
const CLEAN_UP_AFTER_MS = 700;
/** It holds the guest's lock this long while it finds the guest running: again, though it takes it for still. */
const CLEAN_UP_WAIT_MS = 30_000;
export const NODE_MEMORY_MIB = 65_536;
export const BRIDGES: readonly string[] = ["vmbr0"];

export interface PowerOn {
  kind?: GuestKind;
  /** Snapshot with memory to go on from. */
  resumeFrom?: string;
}

export class Machines {
  readonly volumes: Volumes;
  /** One backup job at a time on each node. */
  readonly backupTurns = new Turns();
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #runtime: GuestRuntime;
  readonly #log: (line: string) => void;
  readonly #running = new Map<number, RunningGuest>();
  readonly #paused = new Set<number>();
  readonly #resumed = new Set<number>();
  readonly #locks = new Map<number, Promise<void>>();
  readonly #restarting = new Set<number>();
  #closing = false;

  constructor(store: StateStore, clock: Clock, runtime: GuestRuntime, stateDir: string, log: (line: string) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#runtime = runtime;
    this.#log = log;
    this.volumes = new Volumes(store, runtime, stateDir);
  }

  get state(): LabState {
    return this.#store.state;
  }

  changed(): void {
    this.#store.changed();
  }

  /** The guest of that number and kind on that node, or the server's refusal. */
  require(node: string, vmid: number, kind: GuestKind = "qemu"): GuestState {
    const guest = this.state.guests[vmid];
    if (guest === undefined || guest.node !== node || kindOf(guest) !== kind) {
      const folder = kind === "lxc" ? "lxc" : "qemu-server";
      throw failed(`Configuration file 'nodes/${node}/${folder}/${vmid}.conf' does not exist`);
    }
    return guest;
  }

  running(vmid: number): RunningGuest | undefined {
    return this.#running.get(vmid);
  }

  /** Whether it goes on from a saved state: its balloon then tells nothing of the memory inside. */
  isResumed(vmid: number): boolean {
    return this.#resumed.has(vmid);
  }

  isPaused(vmid: number): boolean {
    return this.#paused.has(vmid);
  }

  /** Runs `work` while no other change of this guest does; gives up after ten simulated seconds. */
  async withLock<T>(vmid: number, log: (line: string) => void, work: () => Promise<T>): Promise<T> {
    const before = this.#locks.get(vmid);
    if (before !== undefined) {
      log("trying to acquire lock...");
      const abort = new AbortController();
      const timedOut = this.#clock.pause(LOCK_TIMEOUT_MS, abort.signal).then(
        () => true,
        () => false,
      );
      const deadline = performance.now() + LOCK_TIMEOUT_MS / this.#clock.speed;
      for (;;) {
        const current = this.#locks.get(vmid);
        if (current === undefined) break;
        const late = await Promise.race([current.then(() => false), timedOut]);
        if (late || performance.now() > deadline)
          throw failed(`can't lock file '${lockFile(vmid, this.state.guests[vmid])}' - got timeout`);
      }
      abort.abort();
      log(" OK");
    }
    const held = Promise.withResolvers<void>();
    this.#locks.set(vmid, held.promise);
    try {
      return await work();
    } finally {
      this.#locks.delete(vmid);
      held.resolve();
    }
  }

  /** Powers a guest on with what its configuration says now, pending changes included. */
  async powerOn(node: string, vmid: number, log: (line: string) => void, options: PowerOn = {}): Promise<void> {
    const kind = options.kind ?? "qemu";
    const guest = this.require(node, vmid, kind);
    if (guest.config["template"] === "1")
      throw failed(`you can't start a ${kind === "lxc" ? "CT" : "vm"} if it's a template`);
    if (this.#running.has(vmid)) throw failed(`${kind === "lxc" ? "CT" : "VM"} ${vmid} already running`);
    // What goes on from a saved state must be the machine that it was.
    if (options.resumeFrom === undefined) applyPending(guest);
    for (const [key, value] of Object.entries(guest.config)) {
      const bridge = /^net\d+$/.test(key) ? /(?:^|,)bridge=([^,]+)/.exec(value)?.[1] : undefined;
      if (bridge !== undefined && !BRIDGES.includes(bridge)) throw failed(`bridge '${bridge}' does not exist`);
    }
    const spec = guestSpec(vmid, guest, this.volumes);
    if (options.resumeFrom !== undefined) spec.resumeFrom = options.resumeFrom;
    if (spec.cloudInit !== null && kind === "qemu") log("generating cloud-init ISO");
    const machine = await this.#started(spec, log);
    this.#running.set(vmid, machine);
    if (options.resumeFrom !== undefined) this.#resumed.add(vmid);
    guest.poweredOn = true;
    this.changed();
    void this.#whenOff(vmid, guest, machine);
  }

  async #whenOff(vmid: number, guest: GuestState, machine: RunningGuest): Promise<void> {
    const exit = await machine.exited;
    this.#running.delete(vmid);
    this.#paused.delete(vmid);
    this.#resumed.delete(vmid);
    if (this.#closing) return;
    if (!exit.expected) this.#log(`guest ${vmid} ended: ${exit.detail}`);
    guest.poweredOn = false;
    if (guest.config["lock"] !== "suspended") applyPending(guest);
    this.changed();
    if (kindOf(guest) === "qemu" && !this.#restarting.has(vmid)) void this.#cleanUp(vmid).catch(() => {});
  }

  /** What `work` powers off and on again is one matter: no clean-up comes between. */
  async restarting<T>(vmid: number, work: () => Promise<T>): Promise<T> {
    this.#restarting.add(vmid);
    try {
      return await work();
    } finally {
      this.#restarting.delete(vmid);
    }
  }

  /** The node's clean-up after a machine: a guest that was started again at once stays locked for half a minute. */
  async #cleanUp(vmid: number): Promise<void> {
    await this.#clock.pause(CLEAN_UP_AFTER_MS);
    await this.withLock(
      vmid,
      () => {},
      async () => {
        const machine = this.#running.get(vmid);
        if (this.#closing || machine === undefined) return;
        const over = new AbortController();
        const waited = this.#clock.pause(CLEAN_UP_WAIT_MS, over.signal).catch(() => {});
        await Promise.race([waited, machine.exited]);
        over.abort();
      },
    );
  }

  /**
   * Presses the power button, which a deaf guest does not hear, and waits; false where the guest is still on after `timeoutMs` real
   * milliseconds.
   */
  async shutDown(vmid: number, timeoutMs: number, signal: AbortSignal, isDeaf = false): Promise<boolean> {
    signal.throwIfAborted();
    const machine = this.#running.get(vmid);
    if (machine === undefined) return true;
    if (!isDeaf) await machine.powerDown();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        machine.exited.then(() => true),
        new Promise<boolean>((resolve, reject) => {
          timer = setTimeout(() => resolve(false), timeoutMs);
          signal.addEventListener("abort", () => reject(new Error("received interrupt")), { once: true });
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Pulls the plug. */
  async kill(vmid: number): Promise<void> {
    const machine = this.#running.get(vmid);
    if (machine === undefined) return;
    await machine.kill();
    await machine.exited;
  }

  async pause(vmid: number): Promise<void> {
    await this.#running.get(vmid)?.pause();
    this.#paused.add(vmid);
  }

  async resume(vmid: number): Promise<void> {
    await this.#running.get(vmid)?.resume();
    this.#paused.delete(vmid);
  }

  /** Forgets a guest: configuration, pool membership and access rules on it. Its volumes are the caller's. */
  forget(vmid: number): void {
    delete this.state.guests[vmid];
    delete this.state.firewall?.[`guest/${vmid}`];
    for (const pool of Object.values(this.state.pools)) pool.vms = pool.vms.filter((id) => id !== vmid);
    this.state.acl = this.state.acl.filter((entry) => entry.path !== `/vms/${vmid}`);
    this.changed();
  }

  /** Starts again what was on when the state was saved, one after the other, as a node does after a power cut. */
  async resumeAfterPowerCut(): Promise<void> {
    for (const [vmid, guest] of Object.entries(this.state.guests)) {
      if (!guest.poweredOn || this.#closing) continue;
      guest.poweredOn = false;
      await this.powerOn(guest.node, Number(vmid), () => {}, { kind: kindOf(guest) }).catch((error: unknown) => {
        this.#log(
          `guest ${vmid} did not start again: ${error instanceof Error ? error.message.trim() : String(error)}`,
        );
      });
    }
  }

  /** Ends every guest, but remembers which were on. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#runtime.close();
  }

  async #started(spec: GuestSpec, log: (line: string) => void): Promise<RunningGuest> {
    try {
      if (spec.memoryMiB > NODE_MEMORY_MIB)
        throw new Error("kvm: cannot set up guest memory 'pc.ram': Cannot allocate memory");
      return await this.#runtime.start(spec);
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      throw failed("start failed: QEMU exited with code 1");
    }
  }
}

export type GuestKind = "qemu" | "lxc";

export function kindOf(guest: GuestState): GuestKind {
  return guest.kind ?? "qemu";
}

/** Refuses what a locked guest does not allow. */
export function refuseLocked(guest: GuestState): void {
  const lock = guest.config["lock"];
  if (lock !== undefined) throw failed(`${guest.kind === "lxc" ? "CT" : "VM"} is locked (${lock})`);
}

function lockFile(vmid: number, guest: GuestState | undefined): string {
  return guest?.kind === "lxc" ? `/run/lock/lxc/pve-config-${vmid}.lock` : `/var/lock/qemu-server/lock-${vmid}.conf`;
}

/** Takes over what waited for the power to go. */
export function applyPending(guest: GuestState): void {
  for (const key of guest.pendingDelete) delete guest.config[key];
  Object.assign(guest.config, guest.pending);
  guest.pending = {};
  guest.pendingDelete = [];
}
