// Builds the kernel and the initial file system of the lab's guests from Debian packages, once, into a cache folder.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readFile, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { packCpio, type CpioEntry } from "./cpio.ts";
import { moduleDependencies, neededLibraries } from "./elf.ts";
import { knowPackage, unpackPackages, versionedPackage, withLibraries } from "./packages.ts";

export interface GuestImage {
  kernel: string;
  initrd: string;
}

/**
 * Paths of the guests' kernel and initial file system, built when the cache holds none made from the present inputs.
 * Needs apt and dpkg-deb (Debian or a kin of it that has the cloud kernel); throws where they are missing.
 */
export async function guestImage(cacheDir: string, log: (line: string) => void): Promise<GuestImage> {
  const target = path.join(cacheDir, await inputsHash());
  const image = { kernel: path.join(target, "vmlinuz"), initrd: path.join(target, "initrd") };
  if (await exists(image.initrd)) return image;
  if (process.arch !== "x64") throw new Error("the guest image is made for x86-64 only");
  const startedAtMs = Date.now();
  log("guest image: building from Debian's kernel and busybox");
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(path.join(cacheDir, "build-"));
  try {
    const unpacked = path.join(work, "unpacked");
    await knowPackage(KERNEL_PACKAGE, log);
    const kernelPackage = await versionedPackage(KERNEL_PACKAGE, /^linux-image-\d.*-cloud-amd64$/);
    await unpackPackages([kernelPackage, ...(await withLibraries(PROGRAM_PACKAGES))], unpacked);
    const result = path.join(work, "result");
    await mkdir(result);
    await cp(await onlyFile(path.join(unpacked, "boot"), /^vmlinuz-/), path.join(result, "vmlinuz"));
    await writeFile(path.join(result, "initrd"), packCpio(await rootEntries(unpacked)));
    for (const old of await readdir(cacheDir)) {
      if (/^[0-9a-f]{16}$/.test(old) && old !== path.basename(target))
        await rm(path.join(cacheDir, old), { recursive: true, force: true });
    }
    // Another process may have been quicker; its result is as good as ours.
    await rename(result, target).catch(async (error: unknown) => {
      if (!(await exists(image.initrd))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  log(`guest image: built in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return image;
}

const run = promisify(execFile);
const KERNEL_PACKAGE = "linux-image-cloud-amd64";
const PROGRAM_PACKAGES = ["busybox-static", "qemu-guest-agent", "e2fsprogs"];
/** Dynamic programs, by name; the libraries they need come along. */
const PROGRAMS = ["qemu-ga", "mke2fs", "resize2fs", "e2fsck"];
/** Drivers of the devices that the lab gives its guests; what they depend on comes along, before them. */
const MODULES = ["virtio_pci", "virtio_blk", "isofs", "virtio_console", "evdev", "button", "virtio_net"];
const LOADER = "ld-linux-x86-64.so.2";

/** Everything that lies in the guest's root file system. */
async function rootEntries(unpacked: string): Promise<CpioEntry[]> {
  const files = await filesBelow(unpacked);
  const busybox = find(files, "busybox");
  const { stdout: applets } = await run(busybox, ["--list-full"]);
  const own = await ownFiles();
  const taken = new Set([...own.map((entry) => entry.path), ...PROGRAMS.map((name) => `sbin/${name}`)]);
  const links = applets
    .split("\n")
    .filter(
      (name) => name !== "" && name !== "bin/busybox" && !taken.has(name) && !taken.has(name.replace("usr/", "")),
    );
  const programs = await Promise.all(
    PROGRAMS.map(async (name): Promise<CpioEntry> => program(`sbin/${name}`, await readFile(find(files, name)))),
  );
  return [
    ...["proc", "sys", "dev", "run", "tmp", "data", "home", "root", "mnt", "var/lib", "var/run"].map(directory),
    { path: "dev/console", kind: "characterDevice", mode: 0o600, device: [5, 1] },
    // Set-uid, as busybox expects of a system with one binary: it keeps root for su and passwd alone.
    { path: "bin/busybox", kind: "file", mode: 0o4755, data: await readFile(busybox) },
    { path: "init", kind: "link", mode: 0o777, data: "bin/busybox" },
    ...links.map((name): CpioEntry => ({ path: name, kind: "link", mode: 0o777, data: "/bin/busybox" })),
    ...programs,
    ...(await libraries(files, programs)),
    ...(await modules(files)),
    ...own,
  ];
}

/** Files beside this one that lie in the guest as they are; scripts are known by their first line. */
async function ownFiles(): Promise<CpioEntry[]> {
  const root = path.join(import.meta.dirname, "root");
  const entries: CpioEntry[] = [];
  for (const file of await filesBelow(root)) {
    const data = await readFile(file);
    const script = data.subarray(0, 2).toString() === "#!";
    entries.push({ path: path.relative(root, file), kind: "file", mode: script ? 0o755 : 0o644, data });
  }
  return entries;
}

async function libraries(files: readonly string[], programs: readonly CpioEntry[]): Promise<CpioEntry[]> {
  const found = new Map<string, CpioEntry>();
  const add = async (name: string) => {
    if (found.has(name)) return;
    const data = await readFile(await realpath(find(files, name)));
    found.set(name, program(name === LOADER ? `lib64/${name}` : `lib/${name}`, data));
    for (const next of neededLibraries(data)) await add(next);
  };
  await add(LOADER);
  for (const entry of programs) for (const name of neededLibraries(Buffer.from(entry.data ?? ""))) await add(name);
  return [...found.values()];
}

/** The drivers, and the order in which to load them, one path a line in `lib/modules/order`. */
async function modules(files: readonly string[]): Promise<CpioEntry[]> {
  const byName = new Map<string, string>();
  for (const file of files) {
    const name = /([^/]+)\.ko(?:\.xz)?$/.exec(file)?.[1];
    if (name) byName.set(name.replaceAll("-", "_"), file);
  }
  const found = new Map<string, CpioEntry>();
  const add = async (name: string) => {
    const file = byName.get(name);
    if (found.has(name) || !file) return; // Absent ones are built into the kernel.
    const data = file.endsWith(".xz") ? await unxz(file) : await readFile(file);
    for (const next of moduleDependencies(data)) await add(next);
    found.set(name, { path: `lib/modules/${name}.ko`, kind: "file", mode: 0o644, data });
  };
  for (const name of MODULES) await add(name);
  const order = [...found.values()].map((entry) => `/${entry.path}\n`).join("");
  return [...found.values(), { path: "lib/modules/order", kind: "file", mode: 0o644, data: order }];
}

async function unxz(file: string): Promise<Buffer> {
  const { stdout } = await run("xz", ["-dc", file], { encoding: "buffer", maxBuffer: 64 << 20 });
  return stdout;
}

function program(name: string, data: Buffer): CpioEntry {
  return { path: name, kind: "file", mode: 0o755, data };
}

function directory(name: string): CpioEntry {
  return { path: name, kind: "directory", mode: name === "tmp" ? 0o1777 : 0o755 };
}

function find(files: readonly string[], name: string): string {
  const file = files.find((candidate) => path.basename(candidate) === name && !candidate.includes("/share/"));
  if (!file) throw new Error(`the packages hold no ${name}`);
  return file;
}

async function onlyFile(folder: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(folder)).find((candidate) => pattern.test(candidate));
  if (!name) throw new Error(`no file like ${pattern.source} in the kernel package`);
  return path.join(folder, name);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

/** Hash over everything in this folder: a changed script makes a new image. */
async function inputsHash(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await filesBelow(import.meta.dirname)) {
    if (file.endsWith(".test.ts")) continue;
    hash
      .update(path.relative(import.meta.dirname, file))
      .update("\0")
      .update(await readFile(file))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
