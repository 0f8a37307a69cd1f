// Volumes: disk images of guests, their names and their files.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { failed } from "../http/failure.ts";
import { nowSeconds } from "../clock.ts";
import type { GuestRuntime, RunningGuest } from "../guests/runtime.ts";
import type { StateStore, VolumeState } from "../state.ts";

/** What a root without a size of its own can hold here. */
const PLAIN_ROOT_BYTES = 4 * 1_024 ** 3;

/** What a file system of the usual kind takes in one file. */
const LARGEST_FILE_BYTES = 16 * 1_024 ** 4;

export class Volumes {
  readonly #store: StateStore;
  readonly #runtime: GuestRuntime;
  readonly #imagesDir: string;

  /** Whether nothing more goes onto a storage. */
  isFull: (storage: string) => boolean = () => false;

  constructor(store: StateStore, runtime: GuestRuntime, stateDir: string) {
    this.#store = store;
    this.#runtime = runtime;
    this.#imagesDir = join(stateDir, "images");
  }

  get(volid: string): VolumeState | undefined {
    return this.#store.state.volumes[volid];
  }

  /** The volume, or a refusal in the server's words. */
  require(volid: string): VolumeState {
    const volume = this.get(volid);
    if (volume === undefined) throw failed(`volume '${volid}' does not exist`);
    return volume;
  }

  /** The file of a volume, null where it has none. */
  file(volid: string): string | null {
    const file = this.get(volid)?.file;
    return file === undefined ? null : join(this.#imagesDir, file);
  }

  /** Volumes named after a guest, backups apart, as `[volid, volume]`. */
  ofGuest(vmid: number): [string, VolumeState][] {
    return Object.entries(this.#store.state.volumes).filter(
      ([, volume]) => volume.vmid === vmid && (volume.content === "images" || volume.content === "rootdir"),
    );
  }

  /** Backups of a guest. */
  backupsOf(vmid: number): [string, VolumeState][] {
    return Object.entries(this.#store.state.volumes).filter(
      ([, volume]) => volume.vmid === vmid && volume.content === "backup",
    );
  }

  /** Enters a volume whose data, if any, are there already. */
  register(volid: string, volume: VolumeState): void {
    this.#put(volid, volume);
  }

  /** Names the volume that stands for the memory in a snapshot; the data lie with the disks. */
  allocateMemory(order: { storage: string; node: string; vmid: number; sizeBytes: number }, snapshot: string): string {
    const volid = `${order.storage}:${order.vmid}/vm-${order.vmid}-state-${snapshot}.raw`;
    this.#put(volid, { ...order, format: "raw", content: "images", createdAt: nowSeconds() });
    return volid;
  }

  /** Makes a container's root or mount point; one of no size is a plain directory, which has no file here either. */
  async allocateRoot(order: { storage: string; node: string; vmid: number; sizeBytes: number }): Promise<string> {
    const plain = order.sizeBytes === 0;
    const name = this.#nextName(order.vmid, plain ? "subvol" : "raw");
    const volid = `${order.storage}:${order.vmid}/${name}`;
    await this.#make(volid, {
      ...order,
      sizeBytes: plain ? PLAIN_ROOT_BYTES : order.sizeBytes,
      format: plain ? "subvol" : "raw",
      content: "rootdir",
      file: `${order.vmid}/${name}`,
      createdAt: nowSeconds(),
    });
    return volid;
  }

  /** Makes an independent disk of a given content out of a file, for a guest. */
  async adopt(
    file: string,
    order: { storage: string; node: string; vmid: number; sizeBytes: number; container: boolean },
  ): Promise<string> {
    const { container, ...volume } = order;
    const format = container ? "raw" : "qcow2";
    const name = this.#nextName(order.vmid, format);
    const volid = `${order.storage}:${order.vmid}/${name}`;
    const content = container ? "rootdir" : "images";
    this.#put(volid, { ...volume, format, content, file: `${order.vmid}/${name}`, createdAt: nowSeconds() });
    await this.#undoing(volid, () => this.#runtime.copyDisk(file, this.file(volid) ?? ""));
    return volid;
  }

  /** Makes an empty disk and returns its volume id. */
  async allocate(order: { storage: string; node: string; vmid: number; sizeBytes: number }): Promise<string> {
    const name = this.#nextName(order.vmid, "qcow2");
    if (order.sizeBytes > LARGEST_FILE_BYTES) {
      const file = `${this.#store.state.storages[order.storage]?.path}/images/${order.vmid}/${name}`;
      throw failed(
        `unable to create image: qemu-img: ${file.replace(/qcow2$/, "raw")}: The image size is too large for file format 'raw'`,
      );
    }
    const volid = `${order.storage}:${order.vmid}/${name}`;
    await this.#make(volid, {
      ...order,
      format: "qcow2",
      content: "images",
      file: `${order.vmid}/${name}`,
      createdAt: nowSeconds(),
    });
    return volid;
  }

  /** Names the cloud-init drive of a guest; its content goes to the guest by other ways. */
  allocateCloudInit(order: { storage: string; node: string; vmid: number }): string {
    const volid = `${order.storage}:${order.vmid}/vm-${order.vmid}-cloudinit.qcow2`;
    this.#put(volid, {
      ...order,
      sizeBytes: 4 * 1_024 ** 2,
      format: "qcow2",
      content: "images",
      createdAt: nowSeconds(),
    });
    return volid;
  }

  /** Makes a disk that copies on write over `parent`. */
  async linkedClone(parent: string, vmid: number, node: string): Promise<string> {
    const base = this.require(parent);
    const name = this.#nextName(vmid, base.content === "rootdir" ? "raw" : "qcow2");
    const volid = `${parent}/${vmid}/${name}`;
    const volume: VolumeState = { ...base, vmid, node, parent, file: `${vmid}/${name}`, createdAt: nowSeconds() };
    await this.#make(volid, volume);
    return volid;
  }

  /** Makes an independent copy. */
  async fullClone(
    source: string,
    vmid: number,
    node: string,
    options: { storage?: string; snapshot?: string } = {},
  ): Promise<string> {
    const { storage, snapshot } = options;
    const original = this.require(source);
    const name = this.#nextName(vmid, original.content === "rootdir" ? "raw" : "qcow2");
    const target = storage ?? original.storage;
    const volid = `${target}:${vmid}/${name}`;
    const { parent: _parent, ...rest } = original;
    this.#put(volid, { ...rest, storage: target, vmid, node, file: `${vmid}/${name}`, createdAt: nowSeconds() });
    const [from, to] = [this.file(source), this.file(volid)];
    if (from !== null && to !== null) {
      mkdirSync(dirname(to), { recursive: true });
      await this.#undoing(volid, () => this.#runtime.copyDisk(from, to, snapshot));
    }
    return volid;
  }

  /** Grows a disk, telling the guest where it is on. */
  async grow(volid: string, sizeBytes: number, running: RunningGuest | undefined, slot: string): Promise<void> {
    const volume = this.require(volid);
    this.#refuseFull(volume.storage);
    const file = this.file(volid);
    if (file !== null) await this.#runtime.growDisk(file, sizeBytes, running, slot);
    volume.sizeBytes = sizeBytes;
    this.#store.changed();
  }

  /** Turns a guest's disk into one that others can build upon; returns its new volume id. */
  toBase(volid: string): string {
    const volume = this.require(volid);
    const renamed = volid.replace(/\/(?:vm|subvol)-(\d+)-disk-/, "/base-$1-disk-");
    delete this.#store.state.volumes[volid];
    this.#put(renamed, volume, false);
    return renamed;
  }

  /** Ids of the volumes that copy on write over this one. */
  childrenOf(volid: string): string[] {
    return Object.entries(this.#store.state.volumes)
      .filter(([, volume]) => volume.parent === volid)
      .map(([id]) => id);
  }

  async remove(volid: string): Promise<void> {
    const file = this.file(volid);
    delete this.#store.state.volumes[volid];
    this.#store.changed();
    if (file !== null) await this.#runtime.deleteDisk(file);
  }

  async #make(volid: string, volume: VolumeState): Promise<void> {
    this.#put(volid, volume);
    const file = this.file(volid);
    if (file === null) return;
    mkdirSync(dirname(file), { recursive: true });
    const backing = volume.parent === undefined ? null : this.file(volume.parent);
    await this.#undoing(volid, () => this.#runtime.createDisk(file, volume.sizeBytes, backing ?? undefined));
  }

  #refuseFull(storage: string): void {
    if (this.isFull(storage)) throw failed(`unable to create image: No space left on device`);
  }

  async #undoing(volid: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      delete this.#store.state.volumes[volid];
      throw error;
    }
  }

  #put(volid: string, volume: VolumeState, takesSpace = true): void {
    if (takesSpace) this.#refuseFull(volume.storage);
    this.#store.state.volumes[volid] = volume;
    this.#store.changed();
  }

  #nextName(vmid: number, format: "qcow2" | "raw" | "subvol"): string {
    const used = new Set(this.ofGuest(vmid).map(([volid]) => /-disk-(\d+)\.\w+$/.exec(volid)?.[1]));
    let index = 0;
    while (used.has(String(index))) index += 1;
    return `${format === "subvol" ? "subvol" : "vm"}-${vmid}-disk-${index}.${format}`;
  }
}
