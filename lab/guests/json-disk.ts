// Disks that are small JSON files (those of guests without QEMU): their snapshots lie in the same file.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

interface JsonDisk extends Record<string, unknown> {
  snapshots?: Record<string, JsonDisk>;
}

/** Keeps the disk's present state under a name. */
export async function snapshotJsonDisk(file: string, name: string): Promise<void> {
  const { snapshots, ...present } = await read(file);
  await writeFile(file, JSON.stringify({ ...present, snapshots: { ...snapshots, [name]: present } }));
}

/** Takes the disk back; throws where it has no such snapshot. */
export async function rollbackJsonDisk(file: string, name: string): Promise<void> {
  const { snapshots } = await read(file);
  await writeFile(file, JSON.stringify({ ...snapshotOf(snapshots, name), snapshots }));
}

export async function dropJsonSnapshot(file: string, name: string): Promise<void> {
  const { snapshots = {}, ...present } = await read(file);
  const { [name]: _dropped, ...kept } = snapshots;
  await writeFile(file, JSON.stringify({ ...present, snapshots: kept }));
}

/** A copy without snapshots, of the present state or of a snapshot's. */
export async function copyJsonDisk(from: string, to: string, snapshot?: string): Promise<void> {
  const { snapshots, ...present } = await read(from);
  await mkdir(path.dirname(to), { recursive: true });
  await writeFile(to, JSON.stringify(snapshot === undefined ? present : snapshotOf(snapshots, snapshot)));
}

function snapshotOf(snapshots: JsonDisk["snapshots"], name: string): JsonDisk {
  const snapshot = snapshots?.[name];
  if (snapshot === undefined) throw new Error(`snapshot '${name}' is not on the disk`);
  return snapshot;
}

async function read(file: string): Promise<JsonDisk> {
  return JSON.parse(await readFile(file, "utf8")) as JsonDisk;
}
