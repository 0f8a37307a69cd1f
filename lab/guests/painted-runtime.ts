// Guests without QEMU: simulated machines whose screens are painted; enough for the whole journey in the browser.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { copyJsonDisk, dropJsonSnapshot, rollbackJsonDisk, snapshotJsonDisk } from "./json-disk.ts";
import { PaintedGuest, type PaintedDisk } from "./painted/guest.ts";
import type { GuestRuntime, GuestSpec, RunningGuest } from "./runtime.ts";

/** A runtime of painted guests; their disks are small JSON files that hold a size and the user's files. */
export async function createPaintedRuntime({ stateDir }: { stateDir: string }): Promise<GuestRuntime> {
  await mkdir(path.join(stateDir, "serial"), { recursive: true });
  return new PaintedRuntime(stateDir);
}

class PaintedRuntime implements GuestRuntime {
  readonly kind = "painted";
  readonly #stateDir: string;
  readonly #guests = new Map<number, PaintedGuest>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  async start(spec: GuestSpec): Promise<RunningGuest> {
    const file = dataDisk(spec);
    const disk = file === undefined ? null : await readDisk(file);
    if (this.#guests.has(spec.vmid)) throw new Error(`VM ${spec.vmid} already running`);
    const log = this.serialLog(spec.vmid);
    const guest = new PaintedGuest(spec, {
      files: new Map(Object.entries(disk?.files ?? {})),
      saveFiles: (files) => saveFiles(spec, files),
      logSerial: (text) => appendFileSync(log, text),
    });
    this.#guests.set(spec.vmid, guest);
    void guest.exited.then(() => this.#guests.delete(spec.vmid));
    return guest;
  }

  async createDisk(file: string, sizeBytes: number, backingFile?: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    const files = backingFile ? (await readDisk(backingFile)).files : {};
    await writeDisk(file, { sizeBytes, files });
  }

  copyDisk(from: string, to: string, snapshot?: string): Promise<void> {
    return copyJsonDisk(from, to, snapshot);
  }

  snapshotDisk(file: string, name: string): Promise<void> {
    return snapshotJsonDisk(file, name);
  }

  rollbackDisk(file: string, name: string): Promise<void> {
    return rollbackJsonDisk(file, name);
  }

  dropDiskSnapshot(file: string, name: string): Promise<void> {
    return dropJsonSnapshot(file, name);
  }

  async growDisk(file: string, sizeBytes: number): Promise<void> {
    await writeDisk(file, { ...(await readDisk(file)), sizeBytes });
  }

  async deleteDisk(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  serialLog(vmid: number): string {
    return path.join(this.#stateDir, "serial", `${vmid}.log`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#guests.values()].map((guest) => guest.kill()));
  }
}

/** At once, not in the background: whoever reads the disk next, finds what the guest wrote. */
function saveFiles(spec: GuestSpec, files: Map<string, string>): void {
  const file = dataDisk(spec);
  if (file === undefined) return;
  try {
    const disk = JSON.parse(readFileSync(file, "utf8")) as PaintedDisk;
    writeFileSync(file, JSON.stringify({ ...disk, files: Object.fromEntries(files) }));
  } catch {
    // The disk is gone: a guest that is being deleted loses its files, as a real one does.
  }
}

/** Where the guest keeps its files: the first disk that it may write to. */
function dataDisk(spec: GuestSpec): string | undefined {
  return spec.disks.find((disk) => disk.readOnly !== true)?.file;
}

async function readDisk(file: string): Promise<PaintedDisk> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as PaintedDisk;
  } catch (error) {
    throw new Error(`could not open disk image ${file}`, { cause: error });
  }
}

async function writeDisk(file: string, disk: PaintedDisk): Promise<void> {
  await writeFile(file, JSON.stringify(disk));
}
