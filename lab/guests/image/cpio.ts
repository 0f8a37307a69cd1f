// Writes a `newc` cpio archive, the format in which the kernel takes its initial file system; no outside tool is needed.

export interface CpioEntry {
  /** Path without a leading slash. */
  path: string;
  kind: "file" | "directory" | "link" | "characterDevice";
  /** Permission bits, such as 0o755. */
  mode: number;
  /** Contents of a file, or the target of a symbolic link. */
  data?: Uint8Array | string;
  /** Major and minor number of a device. */
  device?: [number, number];
}

/** Packs entries in the order given, with the directories that they lie in put before them; owner is root, times are zero. */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  const written = new Set<string>();
  let inode = 1;
  const add = (entry: CpioEntry) => {
    if (written.has(entry.path)) throw new Error(`cpio: ${entry.path} is given twice`);
    written.add(entry.path);
    parts.push(record(entry, inode++));
  };
  for (const entry of entries) {
    const names = entry.path.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const directory = names.slice(0, depth).join("/");
      if (!written.has(directory)) add({ path: directory, kind: "directory", mode: 0o755 });
    }
    if (entry.kind === "directory" && written.has(entry.path)) continue;
    add(entry);
  }
  parts.push(record({ path: "TRAILER!!!", kind: "file", mode: 0 }, 0));
  return Buffer.concat(parts);
}

const TYPE_BITS = { file: 0o100000, directory: 0o040000, link: 0o120000, characterDevice: 0o020000 } as const;

function record(entry: CpioEntry, inode: number): Buffer {
  const name = Buffer.from(`${entry.path}\0`);
  const data = Buffer.from(entry.data ?? "");
  const [major, minor] = entry.device ?? [0, 0];
  const mode = entry.path === "TRAILER!!!" ? 0 : TYPE_BITS[entry.kind] | entry.mode;
  const links = entry.kind === "directory" ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(data)]);
}

function padded(bytes: Buffer): Buffer {
  const missing = -bytes.length & 3;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
