// `npm test`: every check and every test, cheap ones first, one closing line with the count.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../lab/stack/stack.ts";
import { runChecks } from "./check.ts";

interface Report {
  testResults: { name: string; status: string; assertionResults: { status: string; fullName: string }[] }[];
}

interface Count {
  passed: number;
  failed: number;
}

/** A project's run: what passed, and what did not, by file. */
interface Outcome {
  project: string;
  passed: number;
  failed: { file: string; passed: number; failed: number; names: string[] }[];
  /** What went wrong outside of all files. */
  stray: string[];
}

/** Where more files than this fail, it is not for what ran beside them. */
const MOST_TRIED_AGAIN = 12;

const startedAt = performance.now();
const folder = join(ROOT, ".state/reports");
mkdirSync(folder, { recursive: true });
// The table verb × case is put together by several files: those of this run only.
rmSync(join(folder, "verbs"), { recursive: true, force: true });
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
// One after the other: what computes beside what waits makes that wait in vain.
for (const project of ["unit", "portal", "e2e"]) counts.push(await judged(await runProject(project)));
for (const line of failures) process.stdout.write(`FAILED ${line}\n`);
process.stdout.write(`Took ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/**
 * Files that failed among others are run once more, on a machine that is theirs alone, and that run counts: a crowded machine shows nothing
 * of the product. That it came to that is told.
 */
async function judged(first: Outcome): Promise<Count> {
  const { project, failed: files } = first;
  if (files.length === 0 || files.length > MOST_TRIED_AGAIN) return counted(first);
  for (const { file, names } of files) process.stdout.write(`AGAIN, ALONE ${project}: ${file} (${names.join("; ")})\n`);
  const again = await runProject(project, [...files.map(({ file }) => file), "--maxWorkers=1"]);
  const second = counted({ ...again, stray: [...first.stray, ...again.stray] });
  return { passed: first.passed + second.passed, failed: second.failed };
}

function counted({ project, passed: whole, failed: files, stray }: Outcome): Count {
  for (const { names } of files) failures.push(...names.map((name) => `${project}: ${name}`));
  failures.push(...stray.map((line) => `${project}: ${line}`));
  const sum = (key: "passed" | "failed") => files.reduce((total, file) => total + file[key], 0);
  return { passed: whole + sum("passed"), failed: sum("failed") + stray.length };
}

async function runProject(project: string, more: readonly string[] = []): Promise<Outcome> {
  const report = join(folder, `${project}.json`);
  rmSync(report, { force: true });
  const status = await runVitest(project, [
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...more,
  ]);
  if (!existsSync(report)) return { project, passed: 0, failed: [], stray: ["the run ended without a report"] };
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
  const outcome: Outcome = { project, passed: 0, failed: [], stray: [] };
  for (const suite of testResults) {
    const named = (wanted: string) =>
      suite.assertionResults.filter((test) => test.status === wanted).map((test) => test.fullName);
    const names = named("failed");
    // A file that fails to load, or whose set-up does, has no failed test of its own to count.
    if (names.length === 0 && suite.status === "failed") names.push(`${suite.name} did not load`);
    const ok = named("passed").length;
    if (names.length === 0) outcome.passed += ok;
    else outcome.failed.push({ file: suite.name, passed: ok, failed: names.length, names });
  }
  if (status !== 0 && outcome.failed.length === 0) outcome.stray.push("an error outside of the tests");
  return outcome;
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
