// Sizes of the built pages, gzipped; fails where the JavaScript of the first screen is above its limit.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../lab/stack/stack.ts";

/** Kilobytes (1000 bytes) of gzipped JavaScript that the first screen may load. */
const LIMIT_KB = 90;

const folder = join(ROOT, "dist/web");
if (!existsSync(join(folder, "index.html"))) {
  process.stderr.write("dist/web is missing: run `npm run build`\n");
  process.exit(1);
}
const html = readFileSync(join(folder, "index.html"), "utf8");
const initial = new Set([...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map((match) => match[1] ?? ""));
// What the entry imports without asking is loaded with it.
for (const file of initial) {
  const source = readFileSync(join(folder, file), "utf8");
  const base = file.slice(0, file.lastIndexOf("/"));
  for (const match of source.matchAll(/(?:from|import)\s*"(\.\/[^"]+\.js)"/g))
    initial.add(`${base}/${match[1]?.slice(2)}`);
}
const rows = readdirSync(join(folder, "assets"))
  .map((name) => ({ name: `/assets/${name}`, bytes: gzipSync(readFileSync(join(folder, "assets", name))).length }))
  .filter((row) => /\.(js|css)$/.test(row.name))
  .toSorted((a, b) => b.bytes - a.bytes);
const kb = (bytes: number) => (bytes / 1_000).toFixed(1).padStart(6);
for (const row of rows.slice(0, 12)) {
  process.stdout.write(`${kb(row.bytes)} kB ${row.name}${initial.has(row.name) ? "  (initial)" : ""}\n`);
}
const total = [...initial].reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
process.stdout.write(`${kb(total)} kB initial JavaScript, gzipped; limit ${LIMIT_KB} kB\n`);
process.exit(total <= LIMIT_KB * 1_000 ? 0 : 1);
