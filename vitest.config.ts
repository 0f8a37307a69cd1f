// Three kinds of tests: pure ones beside their code, those through the real Worker against the lab, and the browser's journeys.
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/harness/longest-first.ts";

/** Files at a time, each with a portal and a lab to itself. Most of the time a file waits, for tasks and for people's patience. */
const PORTAL_LANES = 3;
/** Chromium and machines under emulation do not wait. */
const BROWSER_LANES = 2;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["worker/**/*.test.ts", "web/**/*.test.ts", "lab/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "portal",
          include: ["test/*.test.ts"],
          globalSetup: ["test/harness/portal-setup.ts"],
          // A file that waits for a second of work waits longer where others work beside it.
          testTimeout: 120_000,
          // Some files start a stack of their own while others run beside them.
          hookTimeout: 120_000,
          maxWorkers: PORTAL_LANES,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/*.test.ts"],
          globalSetup: ["test/harness/browser-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: BROWSER_LANES,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
