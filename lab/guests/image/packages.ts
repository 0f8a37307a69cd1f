// Fetches Debian packages and unpacks them into a folder, without installing anything on this machine.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The versioned package that a meta package such as `linux-image-cloud-amd64` stands for. */
export async function versionedPackage(meta: string, pattern: RegExp): Promise<string> {
  const name = (await dependencies([meta], false)).get(meta)?.find((candidate) => pattern.test(candidate));
  if (!name) throw new Error(`apt knows no package behind ${meta}`);
  return name;
}

/** The given packages and every library package that they lean on, at any depth. */
export async function withLibraries(names: readonly string[]): Promise<string[]> {
  const graph = await dependencies(names, true);
  const wanted = new Set<string>();
  const visit = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const next of graph.get(name) ?? []) if (next.startsWith("lib") && graph.has(next)) visit(next);
  };
  names.forEach(visit);
  return [...wanted];
}

/** Downloads the packages through apt (which checks their signatures) and unpacks all of them into `target`. */
export async function unpackPackages(names: readonly string[], target: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "nubemox-deb-"));
  try {
    await run("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", ...names], { cwd: folder });
    await mkdir(target, { recursive: true });
    for (const file of await readdir(folder)) {
      if (file.endsWith(".deb")) await run("dpkg-deb", ["-x", path.join(folder, file), target]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes sure that apt has its lists, fetching them when it does not know the package and we may. */
export async function knowPackage(name: string, log: (line: string) => void): Promise<void> {
  if (await isKnown(name)) return;
  if (process.getuid?.() === 0) {
    log("guest image: fetching the package lists (apt-get update)");
    await run("apt-get", ["-q", "update"]);
    if (await isKnown(name)) return;
  }
  throw new Error(`apt does not know the package ${name}`);
}

async function isKnown(name: string): Promise<boolean> {
  const { stdout } = await run("apt-cache", ["policy", name]);
  return /Candidate: (?!\(none\))/.test(stdout);
}

async function dependencies(names: readonly string[], deep: boolean): Promise<Map<string, string[]>> {
  const quiet = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((kind) => `--no-${kind}`);
  const { stdout } = await run("apt-cache", ["depends", ...(deep ? ["--recurse"] : []), ...quiet, ...names], {
    maxBuffer: 64 << 20,
    env: { ...process.env, LC_ALL: "C" },
  });
  const graph = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of stdout.split("\n")) {
    const relation = /^[ |]+(?:Pre)?Depends: (\S+)/.exec(line)?.[1];
    if (relation) current.push(relation);
    else if (/^[a-z0-9]/.test(line)) graph.set(line.trim(), (current = []));
  }
  return graph;
}
