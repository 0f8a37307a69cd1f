// The database of a stack: migrations/ applied to what is there, or a copy of one that they were applied to before.
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { exitCode, startProcess } from "./processes.ts";

/** Brings the database below a state folder up to date; nothing is done where it is. `root` is the repository. */
export async function migrateDatabase(root: string, stateDir: string): Promise<void> {
  const digest = digestOfMigrations(root);
  const mark = join(stateDir, "migrations.sha256");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
  const folder = join(stateDir, "worker");
  if (existsSync(folder)) await applyMigrations(root, folder);
  else cpSync(await migratedFolder(root, digest), folder, { recursive: true });
  writeFileSync(mark, digest);
}

/** A folder with an empty database of these migrations. They are applied once: that costs as much as all else of a start. */
async function migratedFolder(root: string, digest: string): Promise<string> {
  const cache = join(root, ".state/cache");
  const kept = join(cache, `database-${digest.slice(0, 16)}`);
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "migrating-"));
  try {
    await applyMigrations(root, work);
    renameSync(work, kept);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another start may have been quicker; its result is as good as ours.
    if (!existsSync(kept)) throw error;
  }
  return kept;
}

async function applyMigrations(root: string, folder: string): Promise<void> {
  const lines: string[] = [];
  const child = startProcess({
    command: process.execPath,
    args: [
      join(root, "node_modules/wrangler/bin/wrangler.js"),
      "d1",
      "migrations",
      "apply",
      "nubemox",
      "--local",
      `--config=${join(root, "wrangler.toml")}`,
      `--persist-to=${folder}`,
    ],
    cwd: root,
    env: { CI: "true", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
    onLine: (line) => lines.push(line),
  });
  if ((await exitCode(child)) !== 0) throw new Error(`migrations failed:\n${lines.join("\n")}`);
}

function digestOfMigrations(root: string): string {
  const folder = join(root, "migrations");
  const hash = createHash("sha256");
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  for (const file of files.toSorted()) hash.update(readFileSync(join(folder, file)));
  return hash.digest("hex");
}
