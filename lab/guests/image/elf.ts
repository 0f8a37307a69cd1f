// Reads from ELF files what the image builder must know: the libraries that a program needs, the modules that a module needs.

/** Names of the shared libraries that a 64-bit little-endian program or library asks for (DT_NEEDED). */
export function neededLibraries(file: Buffer): string[] {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error("not a 64-bit ELF file");
  const segments = programHeaders(file);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (!dynamic) return [];
  const nameOffsets: number[] = [];
  let stringsAddress = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = Number(file.readBigUInt64LE(at));
    const value = Number(file.readBigUInt64LE(at + 8));
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) nameOffsets.push(value);
    if (tag === DT_STRTAB) stringsAddress = value;
  }
  const holder = segments.find(
    (segment) =>
      segment.type === PT_LOAD && stringsAddress >= segment.address && stringsAddress < segment.address + segment.size,
  );
  if (!holder) return [];
  const strings = holder.offset + stringsAddress - holder.address;
  return nameOffsets.map((offset) => textAt(file, strings + offset));
}

/** Names of the modules that must be loaded before this one, as its `.modinfo` says (`depends=a,b`). */
export function moduleDependencies(file: Buffer): string[] {
  const at = file.indexOf("\0depends=");
  const start = at >= 0 ? at + 9 : file.indexOf("depends=") + 8;
  if (start < 9) return [];
  return textAt(file, start)
    .split(",")
    .filter((name) => name !== "")
    .map((name) => name.replaceAll("-", "_"));
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;

function programHeaders(file: Buffer) {
  const tableOffset = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = tableOffset + index * entrySize;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function textAt(file: Buffer, start: number): string {
  return file.toString("latin1", start, file.indexOf(0, start));
}
