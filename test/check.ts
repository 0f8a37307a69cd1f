// `npm run check`: all that is found without running the product, with the seconds that each part takes.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../lab/stack/stack.ts";

export interface CheckResult {
  name: string;
  ok: boolean;
  seconds: number;
}

const bin = (path: string) => [process.execPath, join(ROOT, "node_modules", path)];
const generated = "worker/worker-configuration.d.ts";

const CHECKS: { name: string; command: string[] }[] = [
  {
    name: "generated types current",
    command: [
      ...bin("wrangler/bin/wrangler.js"),
      "types",
      generated,
      "--include-runtime=false",
      "--env-interface",
      "Generated",
      "--check",
    ],
  },
  { name: "schema and migrations agree", command: [process.execPath, join(ROOT, "test/migrations-current.ts")] },
  { name: "format", command: [...bin("oxfmt/bin/oxfmt"), "--check", "."] },
  { name: "lint and import directions", command: [...bin("oxlint/bin/oxlint"), "--deny-warnings"] },
  { name: "types of worker", command: [...bin("typescript/bin/tsc"), "-p", "worker"] },
  { name: "types of web", command: [...bin("typescript/bin/tsc"), "-p", "web"] },
  { name: "types of web's tests", command: [...bin("typescript/bin/tsc"), "-p", "web/tsconfig.test.json"] },
  { name: "types of lab", command: [...bin("typescript/bin/tsc"), "-p", "lab"] },
  { name: "types of tests", command: [...bin("typescript/bin/tsc"), "-p", "test"] },
  { name: "build", command: [...bin("vite/bin/vite.js"), "build", "--logLevel", "warn"] },
  { name: "sizes", command: [process.execPath, join(ROOT, "test/sizes.ts")] },
  {
    name: "wrangler deploy --dry-run",
    command: [...bin("wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", "dist/worker"],
  },
];

/** Runs the checks in turn, prints each result, goes on after a failure. */
export function* runChecks(): Generator<CheckResult> {
  for (const { name, command } of CHECKS) {
    const startedAt = performance.now();
    const [program = "", ...args] = command;
    const run = spawnSync(program, args, {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", WRANGLER_SEND_METRICS: "false" },
    });
    const result = { name, ok: run.status === 0, seconds: (performance.now() - startedAt) / 1_000 };
    process.stdout.write(
      `${result.ok ? "ok  " : "FAIL"} ${name.padEnd(30)} ${result.seconds.toFixed(1).padStart(5)} s\n`,
    );
    if (!result.ok || name === "sizes") process.stdout.write(`${run.stdout}${run.stderr}\n`);
    yield result;
  }
}

if (process.argv[1]?.endsWith("check.ts")) {
  const results = [...runChecks()];
  const unit = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "unit"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const failed = results.filter((result) => !result.ok).length + (unit.status === 0 ? 0 : 1);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  process.stdout.write(
    `${results.length + 1 - failed} of ${results.length + 1} checks passed, ${seconds.toFixed(0)} s and unit tests\n`,
  );
  process.exit(failed === 0 ? 0 : 1);
}
