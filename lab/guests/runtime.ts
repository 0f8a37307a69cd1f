// What the lab needs of a thing that runs guests: real QEMU where it is installed, painted screens where it is not.
import type { Duplex } from "node:stream";

/** One disk of a guest, as a file on this machine. */
export interface GuestDisk {
  /** Slot of the Proxmox VE configuration, such as `scsi0`. */
  slot: string;
  file: string;
  /** A raw image that the guest may only read, such as an ISO. */
  readOnly?: boolean;
}

/** What cloud-init would be told; null members were not set. */
export interface CloudInit {
  hostname: string;
  user: string | null;
  /** Clear text or crypt(3) hash, as the configuration holds it. */
  password: string | null;
  /** OpenSSH public keys, one a line. */
  sshKeys: string | null;
  /** `ipconfig0`, such as `ip=dhcp` or `ip=10.0.0.5/24,gw=10.0.0.1`. */
  ipConfig: string | null;
}

/** Everything a runtime must know to power a guest on. */
export interface GuestSpec {
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMiB: number;
  disks: GuestDisk[];
  /** MAC addresses of net0, net1, … */
  macs: string[];
  cloudInit: CloudInit | null;
  /** Whether the configuration switches the guest agent on. */
  agent: boolean;
  /** What the guest of this template shows beside the shell, such as `web`; `base` is the plain one. */
  flavour: string;
  /** A container: its lines give a shell of root at once. */
  container?: boolean;
  /** Snapshot with memory that the guest goes on from, in place of a boot. Its disks must have been rolled back to it. */
  resumeFrom?: string;
}

/** A guest that is powered on. */
export interface RunningGuest {
  readonly pid: number;
  readonly startedAtMs: number;
  /** Settles once, when the guest is off, whoever switched it off. */
  readonly exited: Promise<{ expected: boolean; detail: string }>;
  /** Presses the power button; returns at once, `exited` tells when the guest obeyed. */
  powerDown(): Promise<void>;
  /** Pulls the plug and waits until the process is gone. */
  kill(): Promise<void>;
  /** Hardware reset. */
  reset(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Sets the one-use VNC password and opens a raw RFB byte stream whose security type is VNC authentication. */
  openVnc(password: string): Promise<Duplex>;
  /** Opens the serial line as a raw byte stream, both ways. */
  openSerial(): Promise<Duplex>;
  /** Runs one QEMU guest agent command and returns its `return` member; throws AgentNotRunning. */
  agentCommand(execute: string, args?: Record<string, unknown>): Promise<unknown>;
  /** Puts disks in and takes disks out, so that the guest has just these. */
  setDisks(disks: readonly GuestDisk[]): Promise<void>;
  /**
   * Keeps the state of all writable disks under a name, at one instant; with `memory` what the guest was doing as well,
   * which needs a disk to lie on.
   */
  takeSnapshot(name: string, memory: boolean): Promise<void>;
  /** Drops a snapshot from the disks in these slots. */
  dropSnapshot(name: string, slots: readonly string[]): Promise<void>;
  /** Copies a disk as it is at this instant, while the guest goes on writing. */
  backupDisk(slot: string, to: string): Promise<void>;
  /** Counters since power-on: bytes, and CPU time in seconds over all cores. */
  counters(): Promise<GuestCounters>;
}

export interface GuestCounters {
  cpuSeconds: number;
  memoryBytes: number;
  netInBytes: number;
  netOutBytes: number;
  diskReadBytes: number;
  diskWriteBytes: number;
}

/** The guest agent does not answer: the guest has none, is booting, or is off. */
export class AgentNotRunning extends Error {}

export interface GuestRuntime {
  readonly kind: "qemu" | "painted";
  /** Powers a guest on; settles when its process runs, not when it has booted. */
  start(spec: GuestSpec): Promise<RunningGuest>;
  /** Makes a blank disk, or one that copies on write over `backingFile`. */
  createDisk(file: string, sizeBytes: number, backingFile?: string): Promise<void>;
  /** Makes an independent copy, of the present state or of a snapshot's. */
  copyDisk(from: string, to: string, snapshot?: string): Promise<void>;
  /** Keeps the state of a disk, whose guest is off, under a name. */
  snapshotDisk(file: string, name: string): Promise<void>;
  /** Takes a disk, whose guest is off, back to a snapshot; the snapshot stays. */
  rollbackDisk(file: string, name: string): Promise<void>;
  /** Drops a snapshot of a disk whose guest is off. */
  dropDiskSnapshot(file: string, name: string): Promise<void>;
  /** Grows a disk; `running` when the guest is on, so that it is told. */
  growDisk(file: string, sizeBytes: number, running?: RunningGuest, slot?: string): Promise<void>;
  deleteDisk(file: string): Promise<void>;
  /** Path of the guest's serial log (everything it ever printed since the lab's state began), present or not. */
  serialLog(vmid: number): string;
  /** Ends every guest this runtime started. */
  close(): Promise<void>;
}
