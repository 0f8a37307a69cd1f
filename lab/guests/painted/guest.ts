// One simulated machine: its boot, its two lines (screen and serial), its agent and its end.
import { duplexPair, type Duplex } from "node:stream";
import { guestAddress } from "../addresses.ts";
import { copyJsonDisk, dropJsonSnapshot, snapshotJsonDisk } from "../json-disk.ts";
import { passwordMatches } from "../crypt.ts";
import { staticAddress } from "../nocloud.ts";
import { AgentNotRunning, type GuestCounters, type GuestDisk, type GuestSpec, type RunningGuest } from "../runtime.ts";
import { SerialLine } from "../serial-line.ts";
import { AgentShell } from "./agent-shell.ts";
import { Viewer, type ScreenOwner } from "./rfb-server.ts";
import { Shell, type Machine } from "./shell.ts";
import { Terminal } from "./terminal.ts";

export interface PaintedDisk {
  sizeBytes: number;
  files: Record<string, string>;
}

export interface PaintedGuestOptions {
  files: Map<string, string>;
  saveFiles: (files: Map<string, string>) => void;
  logSerial: (text: string) => void;
}

/** Times of a simulated machine, in milliseconds. */
const BOOT_LINE_MS = 120;
const AGENT_COMMANDS = [
  "guest-ping",
  "guest-info",
  "guest-get-host-name",
  "guest-get-osinfo",
  "guest-get-fsinfo",
  "guest-get-users",
  "guest-network-get-interfaces",
  "guest-shutdown",
  "guest-set-user-password",
  "guest-exec",
  "guest-exec-status",
  "guest-fsfreeze-status",
  "guest-fsfreeze-freeze",
  "guest-fsfreeze-thaw",
];
const NO_TRAFFIC = Object.fromEntries(
  ["rx", "tx"].flatMap((way) => ["bytes", "packets", "errs", "dropped"].map((what) => [`${way}-${what}`, 0])),
);
const OS_INFO = {
  id: "nubemox-lab",
  name: "Nubemox lab guest",
  "pretty-name": "Nubemox lab guest (painted)",
  "kernel-release": "6.12-painted",
  "kernel-version": "#1 SMP painted",
  machine: "x86_64",
};
const SHUTDOWN_MS = 400;
/** As the VNC listener of the real runtime: the one-use password is good for this long. */
const VNC_PASSWORD_MS = 30_000;
/** Above every process id that Linux gives, so that nobody signals a stranger. */
const FIRST_PID = 4_194_305;
let nextPid = FIRST_PID;

export class PaintedGuest implements RunningGuest, Machine, ScreenOwner {
  readonly pid = nextPid++;
  readonly startedAtMs = Date.now();
  readonly exited: Promise<{ expected: boolean; detail: string }>;
  readonly hostname: string;
  readonly user: string | null;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly files: Map<string, string>;
  readonly title: string;
  readonly container: boolean;
  readonly terminal: Terminal;
  readonly #spec: GuestSpec;
  readonly #options: PaintedGuestOptions;
  readonly #serial: SerialLine;
  readonly #shells: { tty1: Shell; ttyS0: Shell };
  readonly #agent: AgentShell;
  readonly #viewers = new Set<Viewer>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #storedPassword: string | null;
  #vnc: { password: string; untilMs: number } | null = null;
  #state: "booting" | "up" | "off" = "booting";
  #paused = false;
  #bootedAtMs = Date.now();
  #exit: (end: { expected: boolean; detail: string }) => void = () => undefined;

  constructor(spec: GuestSpec, options: PaintedGuestOptions) {
    this.#spec = spec;
    this.#options = options;
    this.hostname = spec.cloudInit?.hostname ?? "guest";
    this.user = spec.cloudInit?.user ?? null;
    this.#storedPassword = spec.cloudInit?.password ?? null;
    this.cores = spec.cores;
    this.memoryMiB = spec.memoryMiB;
    this.files = options.files;
    this.container = spec.container === true;
    this.title = `painted ${this.container ? "container" : "guest"} ${spec.vmid}`;
    this.terminal = new Terminal((first, last) => this.#viewers.forEach((viewer) => viewer.changed(first, last)));
    this.#shells = { tty1: new Shell(this, "tty1"), ttyS0: new Shell(this, "ttyS0") };
    this.#agent = new AgentShell(this);
    this.#serial = new SerialLine((bytes) => this.#input("ttyS0", bytes.toString("latin1")));
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    this.#boot();
  }

  async powerDown(): Promise<void> {
    this.power("poweroff");
  }

  async kill(): Promise<void> {
    this.#end("stopped");
  }

  async reset(): Promise<void> {
    this.#mustBeOn();
    this.#boot();
  }

  async pause(): Promise<void> {
    this.#mustBeOn();
    this.#paused = true;
  }

  async resume(): Promise<void> {
    this.#mustBeOn();
    this.#paused = false;
  }

  async openVnc(password: string): Promise<Duplex> {
    this.#mustBeOn();
    this.#vnc = { password, untilMs: Date.now() + VNC_PASSWORD_MS };
    const [near, far] = duplexPair();
    const viewer = new Viewer(near, this);
    this.#viewers.add(viewer);
    near.on("close", () => this.#viewers.delete(viewer));
    far.on("close", () => near.destroy());
    near.on("close", () => far.destroy());
    return far;
  }

  async openSerial(): Promise<Duplex> {
    this.#mustBeOn();
    return this.#serial.open();
  }

  async agentCommand(execute: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#spec.agent || this.#state !== "up" || this.#paused)
      throw new AgentNotRunning("the guest agent does not answer");
    switch (execute) {
      case "guest-ping":
        return {};
      case "guest-info":
        return {
          version: "10.0.13",
          supported_commands: AGENT_COMMANDS.map((name) => ({ name, enabled: true, "success-response": true })),
        };
      case "guest-get-host-name":
        return { "host-name": this.hostname };
      case "guest-get-osinfo":
        return OS_INFO;
      case "guest-get-fsinfo":
      case "guest-get-users":
        return [];
      case "guest-network-get-interfaces":
        return this.#interfaces();
      case "guest-shutdown":
        this.power(args?.mode === "reboot" ? "reboot" : "poweroff");
        return null;
      case "guest-set-user-password":
        if (args?.username !== this.user) throw new Error("no such user");
        this.#storedPassword = Buffer.from(String(args?.password), "base64").toString();
        return {};
      case "guest-exec":
        return this.#agent.execute(String(args?.path), strings(args?.arg), fromBase64(args?.["input-data"]));
      case "guest-exec-status":
        return this.#agent.status(Number(args?.pid));
      case "guest-fsfreeze-status":
        return "thawed";
      case "guest-fsfreeze-freeze":
      case "guest-fsfreeze-thaw":
        return 1;
      default:
        throw new Error(`The command ${execute} has not been found`);
    }
  }

  async setDisks(disks: readonly GuestDisk[]): Promise<void> {
    this.#spec.disks = [...disks];
  }

  async takeSnapshot(name: string): Promise<void> {
    for (const { file, readOnly } of this.#spec.disks) if (readOnly !== true) await snapshotJsonDisk(file, name);
  }

  async dropSnapshot(name: string, slots: readonly string[]): Promise<void> {
    for (const { slot, file } of this.#spec.disks) if (slots.includes(slot)) await dropJsonSnapshot(file, name);
  }

  async backupDisk(slot: string, to: string): Promise<void> {
    const disk = this.#spec.disks.find((one) => one.slot === slot);
    if (disk === undefined) throw new Error(`the guest has no disk ${slot}`);
    await copyJsonDisk(disk.file, to);
  }

  async counters(): Promise<GuestCounters> {
    const seconds = (Date.now() - this.startedAtMs) / 1000;
    return {
      cpuSeconds: 1 + seconds * 0.02,
      memoryBytes: Math.round(this.memoryMiB * 1024 * 1024 * 0.2),
      netInBytes: Math.round(1_000 + seconds * 40),
      netOutBytes: Math.round(800 + seconds * 20),
      diskReadBytes: 8_000_000,
      diskWriteBytes: Math.round(2_000_000 + seconds * 100),
    };
  }

  password(): string | null {
    return this.#vnc && Date.now() < this.#vnc.untilMs ? this.#vnc.password : null;
  }

  key(keysym: number, held: { control: boolean; alt: boolean }): void {
    if (keysym === KEY_DELETE && held.control && held.alt) this.power("reboot");
    else if (held.alt) return;
    else if (held.control && keysym >= 0x40 && keysym <= 0x7e) this.#input("tty1", String.fromCharCode(keysym & 0x1f));
    else if (keysym >= 0x20 && keysym <= 0x7e) this.#input("tty1", String.fromCharCode(keysym));
    else this.#input("tty1", EDITING_KEYS.get(keysym) ?? "");
  }

  uptimeSeconds(): number {
    return (Date.now() - this.#bootedAtMs) / 1000;
  }

  mayLogIn(user: string, password: string): boolean {
    return user === this.user && this.#storedPassword !== null && passwordMatches(password, this.#storedPassword);
  }

  print(device: "ttyS0" | "tty1", text: string): void {
    if (this.#state === "off") return;
    if (device === "tty1") this.terminal.write(text);
    else {
      const line = text.replaceAll("\f", "").replaceAll("\n", "\r\n");
      this.#options.logSerial(line);
      this.#serial.fromGuest(Buffer.from(line));
    }
  }

  power(verb: "poweroff" | "reboot"): void {
    // A machine that boots or is paused does not hear its power button.
    if (this.#state !== "up" || this.#paused) return;
    this.#state = "booting";
    this.#printBoth(`${this.hostname} is going down\n`);
    this.#later(SHUTDOWN_MS, () => (verb === "reboot" ? this.#boot() : this.#end("shut down by the guest")));
  }

  saveFiles(): void {
    this.#options.saveFiles(this.files);
  }

  later(delayMs: number, work: () => void): void {
    this.#later(delayMs, work);
  }

  #boot(): void {
    this.#clearTimers();
    this.#agent.restarted();
    this.#state = "booting";
    this.#paused = false;
    this.#bootedAtMs = Date.now();
    this.terminal.write("\f");
    const lines = [
      "Painted machine: no QEMU is at work here",
      `Processors: ${this.cores}`,
      `Memory: ${this.memoryMiB} MiB`,
      ...this.#spec.disks.map((disk) => `Disk: ${disk.slot}`),
      ...this.#spec.macs.map((mac) => `Network card: ${mac}`),
      `Starting ${this.hostname}`,
    ];
    lines.forEach((line, index) => this.#later(index * BOOT_LINE_MS, () => this.#printBoth(`${line}\n`)));
    this.#later(lines.length * BOOT_LINE_MS, () => {
      this.#state = "up";
      this.#shells.tty1.greet();
      this.#shells.ttyS0.greet();
    });
  }

  #printBoth(text: string): void {
    this.print("tty1", text);
    this.print("ttyS0", text);
  }

  #input(device: "ttyS0" | "tty1", text: string): void {
    if (this.#state === "up" && !this.#paused) this.#shells[device].input(text);
  }

  #interfaces(): unknown {
    const fixed = staticAddress(this.#spec.cloudInit?.ipConfig ?? null);
    const cards = this.#spec.macs.map((mac, index) => {
      const address = index > 0 ? [] : [fixed ?? { address: guestAddress(this.#spec.vmid), prefix: 12 }];
      return {
        name: `eth${index}`,
        "hardware-address": mac.toLowerCase(),
        "ip-addresses": address.map((one) => ({
          "ip-address": one.address,
          "ip-address-type": "ipv4",
          prefix: one.prefix,
        })),
        statistics: NO_TRAFFIC,
      };
    });
    const loopback = {
      name: "lo",
      "hardware-address": "00:00:00:00:00:00",
      "ip-addresses": [{ "ip-address": "127.0.0.1", "ip-address-type": "ipv4", prefix: 8 }],
      statistics: NO_TRAFFIC,
    };
    return [loopback, ...cards];
  }

  #end(detail: string): void {
    if (this.#state === "off") return;
    this.#state = "off";
    this.#clearTimers();
    this.#serial.close();
    for (const viewer of this.#viewers) viewer.close();
    this.#exit({ expected: true, detail });
  }

  #mustBeOn(): void {
    if (this.#state === "off") throw new Error("the guest is off");
  }

  #later(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function fromBase64(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : "", "base64").toString();
}

const KEY_DELETE = 0xffff;
/** Keysyms of the keys that a line understands beside characters: Enter (both), backspace, tab as a blank. */
const EDITING_KEYS = new Map([
  [0xff0d, "\r"],
  [0xff8d, "\r"],
  [0xff08, "\b"],
  [0xff09, " "],
]);
