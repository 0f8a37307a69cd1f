// Brings up one portal with real guests (where QEMU is) for the browser's journeys.
import { execFileSync } from "node:child_process";
import type { TestProject } from "vitest/node";
import { ROOT } from "../../lab/stack/stack.ts";
import { startTestStack } from "./shared.ts";

declare module "vitest" {
  interface ProvidedContext {
    runtime: "qemu" | "painted";
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const { stack, clusterId, remove } = await startTestStack({
    runtime: "auto",
    labSpeed: 10,
    // Real guests under emulation on a shared machine need life's own patience.
    vars: { PVE_TIMEOUT_MS: "15000", OPERATION_LEASE_MS: "20000", STEP_BUDGET_MS: "60000" },
  });
  project.provide("origin", stack.origin);
  project.provide("controlUrl", stack.lab.controlUrl);
  project.provide("pveUrl", stack.lab.pveUrl);
  project.provide("caFile", stack.lab.caFile);
  project.provide("provisioningToken", stack.lab.provisioningToken);
  project.provide("databaseFile", stack.databaseFile());
  project.provide("secretsFile", stack.secretsFile);
  project.provide("clusterId", clusterId);
  project.provide("runtime", stack.lab.runtime);
  return remove;
}
