// Everything that the stand-in knows about its cluster, as plain data, and its file on disk.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface TokenState {
  /** SHA-256 of the secret, in hex. */
  secretHash: string;
  /** Seconds since the epoch; 0 never. */
  expire: number;
  privsep: 0 | 1;
  comment?: string;
}

export interface UserState {
  enable: 0 | 1;
  expire: number;
  comment?: string;
  email?: string;
  firstname?: string;
  lastname?: string;
  /** crypt(3) hash, absent where the user cannot log in by password. */
  passwordHash?: string;
  tokens: Record<string, TokenState>;
}

export interface AclEntry {
  path: string;
  type: "user" | "group" | "token";
  ugid: string;
  roleid: string;
  propagate: 0 | 1;
}

export interface PoolState {
  comment?: string;
  vms: number[];
  storage: string[];
}

export interface StorageState {
  type: "dir" | "nfs";
  path: string;
  content: string[];
  shared: 0 | 1;
}

/** What a guest was when a snapshot was taken of it. */
export interface SnapshotState {
  /** Seconds since the epoch. */
  takenAt: number;
  description: string;
  /** Its options at that time; `parent` among them names the snapshot before it. */
  config: Record<string, string>;
  /** Volume that stands for the memory kept with it. */
  vmstate?: string;
}

export interface GuestState {
  /** Absent for a virtual machine. */
  kind?: "lxc";
  node: string;
  /** Options as written in the configuration file, `lock` and `template` among them. */
  config: Record<string, string>;
  /** Options that wait for the next power-on. */
  pending: Record<string, string>;
  /** Options that the next power-on removes. */
  pendingDelete: string[];
  /** Whether the guest was powered on when the state was saved: it is then started again. */
  poweredOn: boolean;
  /** What the guest shows beside the shell; inherited by clones, whatever their description says. */
  flavour: string;
  snapshots?: Record<string, SnapshotState>;
}

export type BackupFormat = `${"vma" | "tar"}${"" | ".zst" | ".gz" | ".lzo"}`;

/** What a backup holds beside the disks' data. */
export interface BackupState {
  kind: "qemu" | "lxc";
  config: Record<string, string>;
  flavour: string;
  disks: { slot: string; sizeBytes: number; file: string }[];
  notes?: string;
  protected: boolean;
}

export interface VolumeState {
  storage: string;
  vmid: number;
  node: string;
  sizeBytes: number;
  format: "qcow2" | "raw" | "subvol" | "iso" | "tgz" | BackupFormat;
  content: "images" | "rootdir" | "iso" | "vztmpl" | "backup";
  backup?: BackupState;
  /** Volume that this one copies on write over. */
  parent?: string;
  /** File name below the state directory's `images`; absent for volumes without data, such as a cloud-init drive. */
  file?: string;
  createdAt: number;
}

/** A rule by the keys of the API, as text. */
export type FirewallRule = Record<string, string>;

/** The firewall of the cluster, a node or a guest. */
export interface FirewallState {
  options: Record<string, string>;
  rules: FirewallRule[];
  ipsets: Record<string, { comment?: string; entries: { cidr: string; comment?: string; nomatch?: 1 }[] }>;
  aliases: Record<string, { cidr: string; comment?: string }>;
  /** Security groups, of the cluster only. */
  groups: Record<string, { comment?: string; rules: FirewallRule[] }>;
}

/** Software-defined networks; `isNew` until the configuration is applied. */
export interface SdnState {
  zones: Record<string, { options: Record<string, string>; isNew?: boolean }>;
  vnets: Record<
    string,
    {
      zone: string;
      options: Record<string, string>;
      subnets: Record<string, { cidr: string; gateway?: string }>;
      isNew?: boolean;
    }
  >;
}

export interface TaskState {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  startTime: number;
  endTime: number | null;
  type: string;
  id: string;
  /** User or token that started it. */
  authId: string;
  /** Null while it runs. */
  exitStatus: string | null;
  log: string[];
}

export interface LabState {
  version: 1;
  /** Seconds since the epoch at which this cluster was made. */
  createdAt: number;
  nodes: string[];
  users: Record<string, UserState>;
  groups: Record<string, { comment?: string; users: string[] }>;
  /** Roles beside the built-in ones. */
  roles: Record<string, string[]>;
  acl: AclEntry[];
  pools: Record<string, PoolState>;
  storages: Record<string, StorageState>;
  guests: Record<string, GuestState>;
  volumes: Record<string, VolumeState>;
  tasks: TaskState[];
  /** By `cluster`, `node/<name>` or `guest/<vmid>`; absent before the first rule. */
  firewall?: Record<string, FirewallState>;
  sdn?: SdnState;
}

/** Saves are put off this long, so that a burst of changes is one write. */
const SAVE_DELAY_MS = 150;
/** At most this share of the time goes into saving, however large the state is. */
const SAVE_SHARE = 0.05;

/** The state with its file: `changed()` after every change, `flush()` before the end. */
export class StateStore {
  readonly state: LabState;
  readonly #file: string;
  #timer: NodeJS.Timeout | null = null;
  #delayMs = SAVE_DELAY_MS;

  constructor(stateDir: string, seed: () => LabState) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, "lab.json");
    this.state = existsSync(this.#file) ? recovered(JSON.parse(readFileSync(this.#file, "utf8")) as LabState) : seed();
    this.flush();
  }

  changed(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** Writes beside the file and renames, so that a reader or a power cut never sees half of it. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const before = performance.now();
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    this.#delayMs = Math.max(SAVE_DELAY_MS, (performance.now() - before) / SAVE_SHARE);
  }
}

/** What a node finds after its tasks died with it: they ended unexpectedly, and guests that were being made are cleared away. */
function recovered(state: LabState): LabState {
  for (const task of state.tasks) {
    if (task.exitStatus !== null) continue;
    task.exitStatus = "unexpected status";
    task.endTime = task.startTime;
  }
  for (const [vmid, guest] of Object.entries(state.guests)) {
    for (const [name, snapshot] of Object.entries(guest.snapshots ?? {}))
      if (snapshot.config["snapstate"] !== undefined) delete guest.snapshots?.[name];
    if (["backup", "snapshot", "snapshot-delete", "rollback"].includes(guest.config["lock"] ?? ""))
      delete guest.config["lock"];
    if (guest.config["lock"] !== "clone" && guest.config["lock"] !== "create") continue;
    delete state.guests[vmid];
    for (const [volid, volume] of Object.entries(state.volumes))
      if (volume.vmid === Number(vmid)) delete state.volumes[volid];
    for (const pool of Object.values(state.pools)) pool.vms = pool.vms.filter((id) => id !== Number(vmid));
  }
  return state;
}
