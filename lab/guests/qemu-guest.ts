// One powered-on guest as a real QEMU process: its start, its sockets, its end.
import { spawn, type ChildProcess } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentChannel } from "./agent-channel.ts";
import { openSocket, Qmp, type QmpEvent } from "./qmp.ts";
import { AgentNotRunning, type GuestCounters, type GuestDisk, type RunningGuest } from "./runtime.ts";
import { SerialLine } from "./serial-line.ts";

/** Where one guest's sockets lie; the folder goes when the guest ends. */
export interface GuestSockets {
  folder: string;
  qmp: string;
  vnc: string;
  serial: string;
  agent: string;
  pidFile: string;
}

/** Names below a folder, kept short: a unix socket's path may have 108 bytes. */
export function socketsIn(folder: string): GuestSockets {
  const file = (name: string) => `${folder}/${name}`;
  return { folder, qmp: file("qmp"), vnc: file("vnc"), serial: file("ser"), agent: file("qga"), pidFile: file("pid") };
}

/** Id of the agent's port on the command line, by which QEMU's events name it. */
export const AGENT_PORT = "agentport";
/** Id of a disk's drive on the command line. */
export const driveId = (slot: string) => `drive-${slot}`;
/** Id of the device that a guest sees a disk behind. */
export const deviceId = (slot: string) => `disk-${slot}`;
/** Name of a disk's node in QEMU's block graph, which its snapshot jobs ask for. */
export const nodeName = (slot: string) => `node-${slot}`;

/** How long QEMU may take to listen on its sockets; a loaded machine is slow. */
const START_TIMEOUT_MS = 20_000;
/** A console's one-use password is good for this long, as the listener of Proxmox VE is. */
const VNC_PASSWORD_SECONDS = 30;
/** A little below the portal and the browser beside it; much below, and a busy machine would never boot a guest. */
const NICENESS = "2";

/**
 * Keeps QEMU from outliving the lab: the lab holds the other end of the standard input, and when that closes, for whatever
 * reason (also SIGKILL), the watcher ends QEMU.
 */
export const KEEPER = `
exec 3<&0
nice -n ${NICENESS} "$@" </dev/null 3<&- &
qemu=$!
{ cat <&3 >/dev/null; kill -9 "$qemu"; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$qemu"
code=$?
kill "$watcher"
exit "$code"
`;

export interface QemuGuestOptions {
  binary: string;
  args: string[];
  sockets: GuestSockets;
  memoryMiB: number;
  /** Whether the configuration switches the guest agent on. */
  agent: boolean;
  disks: readonly GuestDisk[];
}

export class QemuGuest implements RunningGuest {
  readonly startedAtMs = Date.now();
  readonly exited: Promise<{ expected: boolean; detail: string }>;
  readonly #options: QemuGuestOptions;
  readonly #child: ChildProcess;
  readonly #agent: AgentChannel;
  readonly #serial: SerialLine;
  #qmp: Qmp | null = null;
  #pid = 0;
  #stderr = "";
  #shutdown: QmpEvent | null = null;
  #killed = false;
  #gone = false;
  #netAtMs = 0;
  #net = { in: 0, out: 0 };
  #nextJob = 1;
  readonly #disks: Map<string, GuestDisk>;
  readonly #unplugged = new Map<string, () => void>();

  private constructor(options: QemuGuestOptions) {
    this.#options = options;
    this.#disks = new Map(options.disks.map((disk) => [disk.slot, disk]));
    this.#agent = new AgentChannel(options.sockets.agent);
    // Its own process group: Ctrl-C in a terminal shall reach the lab alone, which ends its guests in order.
    this.#child = spawn("/bin/sh", ["-c", KEEPER, "keeper", options.binary, ...options.args], {
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stderr?.on("data", (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString()).slice(-4000)));
    this.#serial = new SerialLine((bytes) => this.#serialSocket?.write(bytes));
    this.exited = new Promise((resolve) => {
      const end = (detail: string) => {
        this.#gone = true;
        this.#qmp?.close();
        this.#agent.close();
        this.#serial.close();
        this.#child.stdin?.destroy();
        const expected = this.#killed || this.#shutdown !== null;
        void rm(options.sockets.folder, { recursive: true, force: true }).finally(() => resolve({ expected, detail }));
      };
      this.#child.once("error", (error) => end(error.message));
      this.#child.once("exit", (code, signal) => end(this.#endDetail(code, signal)));
    });
  }

  #serialSocket: Duplex | null = null;

  /** Starts the process and waits until it listens; throws QEMU's own words where it does not come up. */
  static async start(options: QemuGuestOptions): Promise<QemuGuest> {
    const guest = new QemuGuest(options);
    try {
      await guest.#connect();
    } catch (error) {
      await guest.kill();
      throw error;
    }
    return guest;
  }

  get pid(): number {
    return this.#pid;
  }

  async powerDown(): Promise<void> {
    await this.#machine("system_powerdown");
  }

  async kill(): Promise<void> {
    this.#killed = true;
    if (this.#gone) return;
    // `quit` lets QEMU write its disk images out; the guest notices nothing of it.
    void this.#qmp?.execute("quit").catch(() => undefined);
    const patience = setTimeout(() => this.#child.stdin?.destroy(), this.#qmp ? 2_000 : 0);
    await this.exited;
    clearTimeout(patience);
  }

  async reset(): Promise<void> {
    await this.#machine("system_reset");
  }

  async pause(): Promise<void> {
    await this.#machine("stop");
  }

  async resume(): Promise<void> {
    await this.#machine("cont");
  }

  async openVnc(password: string): Promise<Duplex> {
    await this.#machine("set_password", { protocol: "vnc", password });
    await this.#machine("expire_password", { protocol: "vnc", time: `+${VNC_PASSWORD_SECONDS}` });
    return openSocket(this.#options.sockets.vnc);
  }

  async openSerial(): Promise<Duplex> {
    if (this.#gone) throw new Error("the guest is off");
    return this.#serial.open();
  }

  async agentCommand(execute: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#options.agent || this.#gone) throw new AgentNotRunning("the guest has no agent");
    return this.#agent.command(execute, args);
  }

  async counters(): Promise<GuestCounters> {
    const [stat, status, blocks] = await Promise.all([
      readFile(`/proc/${this.#pid}/stat`, "latin1").catch(() => ""),
      readFile(`/proc/${this.#pid}/status`, "latin1").catch(() => ""),
      this.#machine("query-blockstats").catch(() => []) as Promise<BlockStats[]>,
    ]);
    // Fields 14 and 15, counted behind the parenthesis that closes the program's name.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const residentBytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    const sum = (key: keyof BlockStats["stats"]) => blocks.reduce((total, block) => total + block.stats[key], 0);
    void this.#refreshNet();
    return {
      cpuSeconds: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / CLOCK_TICKS_PER_SECOND,
      memoryBytes: Math.min(residentBytes, this.#options.memoryMiB * 1024 * 1024),
      netInBytes: this.#net.in,
      netOutBytes: this.#net.out,
      diskReadBytes: sum("rd_bytes"),
      diskWriteBytes: sum("wr_bytes"),
    };
  }

  /** Tells a running guest of its disk's new size. */
  async resizeDisk(slot: string, sizeBytes: number): Promise<void> {
    await this.#machine("block_resize", { "node-name": nodeName(slot), size: sizeBytes });
  }

  async setDisks(disks: readonly GuestDisk[]): Promise<void> {
    const wanted = new Map(disks.map((disk) => [disk.slot, disk]));
    for (const { slot, file } of this.#disks.values()) if (wanted.get(slot)?.file !== file) await this.#unplug(slot);
    for (const disk of disks) if (!this.#disks.has(disk.slot)) await this.#plug(disk);
  }

  async #plug({ slot, file, readOnly = false }: GuestDisk): Promise<void> {
    const node = nodeName(slot);
    await this.#machine("blockdev-add", {
      driver: readOnly ? "raw" : "qcow2",
      "node-name": node,
      "read-only": readOnly,
      discard: "unmap",
      file: { driver: "file", filename: file },
    });
    await this.#machine("device_add", { driver: "virtio-blk-pci", id: deviceId(slot), drive: node, serial: slot });
    this.#disks.set(slot, { slot, file, readOnly });
  }

  /** The guest is asked to let go of the disk; one that does not answer keeps it. */
  async #unplug(slot: string): Promise<void> {
    const gone = Promise.withResolvers<void>();
    this.#unplugged.set(deviceId(slot), gone.resolve);
    const late = setTimeout(() => gone.reject(new Error("the guest does not let go of the disk")), UNPLUG_TIMEOUT_MS);
    try {
      await this.#machine("device_del", { id: deviceId(slot) });
      await gone.promise;
    } finally {
      clearTimeout(late);
      this.#unplugged.delete(deviceId(slot));
    }
    // Disks of the command line go with their device, those put in later do not.
    await this.#machine("blockdev-del", { "node-name": nodeName(slot) }).catch(() => undefined);
    this.#disks.delete(slot);
  }

  async takeSnapshot(name: string, memory: boolean): Promise<void> {
    const slots = [...this.#disks.values()].filter((disk) => disk.readOnly !== true).map((disk) => disk.slot);
    if (memory) {
      const [first] = slots;
      if (first === undefined) throw new Error("there is no disk to keep the memory on");
      const devices = slots.map(nodeName);
      await this.#job("snapshot-save", { tag: name, vmstate: nodeName(first), devices });
      return;
    }
    const actions = slots.map((slot) => ({
      type: "blockdev-snapshot-internal-sync",
      data: { device: nodeName(slot), name },
    }));
    if (actions.length > 0) await this.#machine("transaction", { actions });
  }

  async dropSnapshot(name: string, slots: readonly string[]): Promise<void> {
    for (const slot of slots)
      await this.#machine("blockdev-snapshot-delete-internal-sync", { device: nodeName(slot), name });
  }

  async backupDisk(slot: string, to: string): Promise<void> {
    await this.#job("drive-backup", {
      device: nodeName(slot),
      target: to,
      format: "qcow2",
      sync: "full",
      "auto-dismiss": false,
    });
  }

  /** Starts a job of QEMU's and waits for its end; throws its error. */
  async #job(command: string, args: Record<string, unknown>): Promise<void> {
    const id = `job${this.#nextJob++}`;
    await this.#machine(command, { ...args, "job-id": id });
    for (;;) {
      const jobs = (await this.#machine("query-jobs")) as { id: string; status: string; error?: string }[];
      const job = jobs.find((one) => one.id === id);
      if (job?.status === "concluded") {
        await this.#machine("job-dismiss", { id });
        if (job.error !== undefined) throw new Error(job.error);
        return;
      }
      await sleep(JOB_POLL_MS);
    }
  }

  async #connect(): Promise<void> {
    const { qmp, serial, pidFile } = this.#options.sockets;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.#qmp) {
      if (this.#gone) throw new Error((await this.exited).detail);
      try {
        this.#qmp = await Qmp.open(qmp, (event) => this.#onEvent(event));
      } catch (error) {
        if (Date.now() > deadline) throw new Error("QEMU does not listen", { cause: error });
        await sleep(20);
      }
    }
    this.#pid = Number(await readFile(pidFile, "utf8"));
    this.#serialSocket = await openSocket(serial);
    this.#serialSocket.on("data", (bytes: Buffer) => this.#serial.fromGuest(bytes));
    this.#serialSocket.on("error", () => undefined);
    // Only now may the guest run: nothing that it says is missed.
    await this.#machine("cont");
  }

  #onEvent(event: QmpEvent): void {
    if (event.event === "SHUTDOWN") this.#shutdown = event;
    if (event.event === "DEVICE_DELETED") this.#unplugged.get(String(event.data?.device))?.();
    if (event.event === "VSERPORT_CHANGE" && event.data?.id === AGENT_PORT)
      this.#agent.setReady(event.data.open === true);
  }

  async #machine(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#qmp || this.#gone) throw new Error("the guest is off");
    return this.#qmp.execute(command, args);
  }

  /** QEMU's user network counts nothing; the guest's own figures are asked for in the background, seldom. */
  async #refreshNet(): Promise<void> {
    if (!this.#agent.ready || Date.now() - this.#netAtMs < NET_REFRESH_MS) return;
    this.#netAtMs = Date.now();
    const cards = (await this.agentCommand("guest-network-get-interfaces").catch(() => [])) as AgentInterface[];
    const own = cards.filter((card) => card.name !== "lo");
    const sum = (key: "rx-bytes" | "tx-bytes") => own.reduce((total, card) => total + (card.statistics?.[key] ?? 0), 0);
    if (own.length > 0) this.#net = { in: sum("rx-bytes"), out: sum("tx-bytes") };
  }

  #endDetail(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#killed) return "stopped";
    if (this.#shutdown) return `shut down by ${this.#shutdown.data?.guest === true ? "the guest" : "the host"}`;
    const words = this.#stderr.trim().split("\n").at(-1) ?? "";
    return words !== "" ? words : `QEMU ended with ${signal ?? `code ${code ?? "unknown"}`}`;
  }
}

const JOB_POLL_MS = 50;
const UNPLUG_TIMEOUT_MS = 5_000;
const NET_REFRESH_MS = 5_000;
/** USER_HZ, which Linux fixes at 100 towards programs. */
const CLOCK_TICKS_PER_SECOND = 100;

interface BlockStats {
  stats: { rd_bytes: number; wr_bytes: number };
}

interface AgentInterface {
  name: string;
  statistics?: { "rx-bytes": number; "tx-bytes": number };
}
