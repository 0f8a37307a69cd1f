// `npm test`: every check and every test, cheap ones first, one closing line with the count.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lab/stack/stack.ts";
import { runChecks } from "./check.ts";

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: { name: string; message?: string; assertionResults: { status: string; fullName: string }[] }[];
}

const startedAt = performance.now();
const folder = join(ROOT, ".state/reports");
mkdirSync(folder, { recursive: true });
let passed = 0;
let failed = 0;
const failures: string[] = [];

for (const check of runChecks()) {
  if (check.ok) passed += 1;
  else {
    failed += 1;
    failures.push(`check: ${check.name}`);
  }
}
for (const project of ["unit", "portal", "e2e"]) {
  const report = runProject(project);
  passed += report.passed;
  failed += report.failed;
}
for (const line of failures) process.stdout.write(`FAILED ${line}\n`);
process.stdout.write(`Took ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function runProject(project: string): { passed: number; failed: number } {
  const file = join(folder, `${project}.json`);
  rmSync(file, { force: true });
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
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
