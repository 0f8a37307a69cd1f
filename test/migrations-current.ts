// Fails where worker/db/schema.ts says something that the newest migration does not know yet.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lab/stack/stack.ts";

mkdirSync(join(ROOT, ".state"), { recursive: true });
const folder = mkdtempSync(join(ROOT, ".state/migrations-"));
try {
  cpSync(join(ROOT, "migrations"), folder, { recursive: true });
  const count = readdirSync(folder).length;
  const run = spawnSync(
    process.execPath,
    [
      "node_modules/drizzle-kit/bin.cjs",
      "generate",
      "--dialect",
      "sqlite",
      "--schema",
      "./worker/db/schema.ts",
      "--out",
      folder.slice(ROOT.length + 1),
    ],
    { cwd: ROOT, encoding: "utf8" },
  );
  const isCurrent = run.status === 0 && readdirSync(folder).length === count;
  if (!isCurrent) process.stdout.write(`${run.stdout}${run.stderr}\nThe schema has changed: npm run gen\n`);
  process.exitCode = isCurrent ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
