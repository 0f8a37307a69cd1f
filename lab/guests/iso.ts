// Writes a small ISO 9660 volume with Joliet names: a few files in one directory, as config disks have them.

export interface IsoFile {
  /** Lower case name, as it shall be read. */
  name: string;
  data: string | Uint8Array;
}

/** Packs files into an ISO 9660 image; `label` is the volume's name in both descriptors. */
export function packIso(label: string, files: readonly IsoFile[]): Buffer {
  let sector = FIRST_FILE_SECTOR;
  const extents = files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, data }) => {
      const bytes = Buffer.from(data);
      const extent = { name, bytes, sector };
      sector += Math.max(1, Math.ceil(bytes.length / SECTOR));
      return extent;
    });
  const image = Buffer.alloc(sector * SECTOR);
  const put = (at: number, bytes: Buffer) => bytes.copy(image, at * SECTOR);
  put(16, descriptor(1, label, PRIMARY, sector));
  put(17, descriptor(2, label, JOLIET, sector));
  put(18, Buffer.from("\xffCD001\x01", "latin1"));
  for (const tree of [PRIMARY, JOLIET]) {
    put(tree.pathTable, pathTable(tree.root, false));
    put(tree.pathTable + 1, pathTable(tree.root, true));
    const entries = extents.map((extent) => entry(tree.encode(extent.name), extent.sector, extent.bytes.length, 0));
    const self = entry(Buffer.from([0]), tree.root, SECTOR, DIRECTORY);
    const parent = entry(Buffer.from([1]), tree.root, SECTOR, DIRECTORY);
    const directory = Buffer.concat([self, parent, ...entries]);
    if (directory.length > SECTOR) throw new Error("too many files for one directory sector");
    put(tree.root, directory);
  }
  for (const extent of extents) put(extent.sector, extent.bytes);
  return image;
}

const SECTOR = 2048;
const DIRECTORY = 2;
/** The plain tree with upper case names, and the Joliet tree whose names are UCS-2. */
interface Tree {
  pathTable: number;
  root: number;
  encode: (name: string) => Buffer;
}
const PRIMARY: Tree = {
  pathTable: 19,
  root: 23,
  encode: (name: string) => Buffer.from(`${name.toUpperCase()};1`, "latin1"),
};
const JOLIET: Tree = { pathTable: 21, root: 24, encode: (name: string) => bigEndianText(`${name};1`) };
const FIRST_FILE_SECTOR = 25;

function descriptor(type: number, label: string, tree: Tree, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  const joliet = type === 2;
  const text = (at: number, length: number, value: string) => {
    const blank = joliet ? bigEndianText(" ".repeat(length >> 1)) : Buffer.alloc(length, " ");
    blank.copy(bytes, at);
    (joliet ? bigEndianText(value) : Buffer.from(value, "latin1")).copy(bytes, at, 0, length);
  };
  bytes[0] = type;
  bytes.write("CD001\x01", 1, "latin1");
  text(8, 32, "");
  text(40, 32, label);
  both32(bytes, 80, sectors);
  // The escape sequence that says "Joliet level 3".
  if (joliet) bytes.write("%/E", 88, "latin1");
  both16(bytes, 120, 1);
  both16(bytes, 124, 1);
  both16(bytes, 128, SECTOR);
  both32(bytes, 132, PATH_TABLE_SIZE);
  bytes.writeUInt32LE(tree.pathTable, 140);
  bytes.writeUInt32BE(tree.pathTable + 1, 148);
  entry(Buffer.from([0]), tree.root, SECTOR, DIRECTORY).copy(bytes, 156);
  for (const [at, length] of [
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
    [702, 37],
    [739, 37],
    [776, 37],
  ] as const) {
    text(at, length, "");
  }
  // Four dates left unset: sixteen zero digits and a zone of 0.
  for (const at of [813, 830, 847, 864]) bytes.write("0".repeat(16), at, "latin1");
  bytes[881] = 1;
  return bytes;
}

const PATH_TABLE_SIZE = 10;

function pathTable(root: number, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(PATH_TABLE_SIZE);
  bytes[0] = 1;
  if (bigEndian) bytes.writeUInt32BE(root, 2);
  else bytes.writeUInt32LE(root, 2);
  if (bigEndian) bytes.writeUInt16BE(1, 6);
  else bytes.writeUInt16LE(1, 6);
  return bytes;
}

function entry(name: Buffer, sector: number, length: number, flags: number): Buffer {
  const bytes = Buffer.alloc((33 + name.length + 1) & ~1);
  bytes[0] = bytes.length;
  both32(bytes, 2, sector);
  both32(bytes, 10, length);
  // 1 January 2024: a fixed date keeps equal inputs equal.
  bytes.set([124, 1, 1], 18);
  bytes[25] = flags;
  both16(bytes, 28, 1);
  bytes[32] = name.length;
  name.copy(bytes, 33);
  return bytes;
}

function both16(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt16LE(value, at);
  bytes.writeUInt16BE(value, at + 2);
}

function both32(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value, at);
  bytes.writeUInt32BE(value, at + 4);
}

function bigEndianText(value: string): Buffer {
  return Buffer.from(value, "utf16le").swap16();
}
