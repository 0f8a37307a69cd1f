// The built pages (dist/web), which the dev server hands out; without them it does not start.
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { exitCode, startProcess } from "./processes.ts";
import { ROOT } from "./stack.ts";

const PAGES = join(ROOT, "dist/web/index.html");
const SOURCES = ["web", "worker/rules", "worker/errors.ts", "package-lock.json", "vite.config.ts"];

/** Builds the pages where there are none, or also where their sources are newer; throws with what the build says where it fails. */
export async function buildPages(when: "where missing" | "where older"): Promise<void> {
  const newest = Math.max(...SOURCES.map((path) => newestChange(join(ROOT, path))));
  if (existsSync(PAGES) && (when === "where missing" || statSync(PAGES).mtimeMs >= newest)) return;
  const lines: string[] = [];
  const child = startProcess({
    command: process.execPath,
    args: [join(ROOT, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
    cwd: ROOT,
    onLine: (line) => lines.push(line),
  });
  if ((await exitCode(child)) !== 0) throw new Error(`the pages do not build:\n${lines.join("\n")}`);
  // What was changed while it was built counts as newer.
  const seconds = newest / 1_000;
  utimesSync(PAGES, seconds, seconds);
}

function newestChange(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}
