// `npm test`: every check and every test, cheap ones first, one closing line with the count.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../lab/stack/stack.ts";
import { runChecks } from "./check.ts";

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: { name: string; message?: string; assertionResults: { status: string; fullName: string }[] }[];
}

interface Count {
  passed: number;
  failed: number;
}

const startedAt = performance.now();
const folder = join(ROOT, ".state/reports");
mkdirSync(folder, { recursive: true });
const failures: string[] = [];
const running = new Set<ChildProcess>();
// After Ctrl-C the projects end what they have started, and we tell what they say of it.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => running.forEach((child) => child.kill("SIGTERM")));

const counts: Count[] = [];
for (const check of runChecks()) {
  counts.push({ passed: check.ok ? 1 : 0, failed: check.ok ? 0 : 1 });
  if (!check.ok) failures.push(`check: ${check.name}`);
}
// What mostly waits goes beside what mostly computes.
await Promise.all([inTurn(["portal"]), inTurn(["unit", "e2e"])]);
for (const line of failures) process.stdout.write(`FAILED ${line}\n`);
process.stdout.write(`Took ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

async function inTurn(projects: readonly string[]): Promise<void> {
  for (const project of projects) counts.push(await runProject(project));
}

async function runProject(project: string): Promise<Count> {
  const file = join(folder, `${project}.json`);
  rmSync(file, { force: true });
  const status = await runVitest(project, [
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  if (!existsSync(file)) {
    failures.push(`${project}: the run ended without a report`);
    return { passed: 0, failed: 1 };
  }
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults)
      if (test.status === "failed") failures.push(`${project}: ${test.fullName}`);
  }
  // A file that fails to load has no test of its own to count; an error outside of all tests shows in the status only.
  const broken = report.testResults.filter((suite) => suite.message && suite.assertionResults.length === 0);
  failures.push(...broken.map((suite) => `${project}: ${suite.name} did not load`));
  const more = status !== 0 && report.numFailedTests === 0 && broken.length === 0 ? 1 : 0;
  if (more) failures.push(`${project}: an error outside of the tests`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length + more };
}

/** Runs vitest; each of its lines comes out whole, after the project's name. Answers its exit code. */
function runVitest(project: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
  });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => process.stdout.write(`${project.padEnd(6)} ${line}\n`));
  }
  return new Promise((done) => {
    child.once("close", (code) => {
      running.delete(child);
      done(code ?? 1);
    });
  });
}
