// Three kinds of tests: pure ones beside their code, those through the real Worker against the lab, and the browser's journeys.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["worker/**/*.test.ts", "web/**/*.test.ts", "lab/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "portal",
          include: ["test/*.test.ts"],
          globalSetup: ["test/harness/portal-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One portal and one lab serve all files; each test makes its own tenant.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/*.test.ts"],
          globalSetup: ["test/harness/browser-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
