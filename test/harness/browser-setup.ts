// Lanes with a portal and real guests (where QEMU is) each, for the browser's journeys.
import type { TestProject } from "vitest/node";
import { buildPages } from "../../lab/stack/pages.ts";
import { openLanes } from "./lanes.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildPages("where older");
  return openLanes(project, {
    runtime: "auto",
    labSpeed: 10,
    // Real guests under emulation on a shared machine need life's own patience.
    vars: { PVE_TIMEOUT_MS: "15000", OPERATION_LEASE_MS: "20000", STEP_BUDGET_MS: "60000" },
  });
}
