// What the set-ups hand to the tests, and how a stack for tests differs from the one of `npm start`.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectLab, OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import { ROOT, startStack } from "../../lab/stack/stack.ts";
import type { Stack, StackOptions } from "../../lab/stack/stack.ts";

/** How many times longer things may take than on a quiet machine: `PATIENCE=5 npm run test:portal -- …`. */
const PATIENCE = Number(process.env.PATIENCE ?? 1);
const patient = (milliseconds: number): string => String(milliseconds * PATIENCE);

/** Everything shorter than in life, so that bad weather passes within a test. */
export const QUICK: Record<string, string> = {
  POLL_PERIOD_MS: "1000",
  PVE_TIMEOUT_MS: patient(3_000),
  OPERATION_LEASE_MS: patient(6_000),
  STEP_BUDGET_MS: patient(8_000),
  // On demand only: tests break things on purpose, and look at them before they are put right.
  RECONCILE_PERIOD_MS: "86400000",
  SIGN_IN_LIMIT: "100000",
  REQUEST_LIMITS: "off",
};

export const OPERATOR_PASSWORD = "operator-of-tests";

export interface TestStack {
  stack: Stack;
  operator: Person;
  clusterId: string;
  /** Ends everything and removes its folder. */
  remove: () => Promise<void>;
}

/** A fresh stack in a folder of its own, with the lab connected and its templates published. */
export async function startTestStack(options: Partial<StackOptions> = {}): Promise<TestStack> {
  const parent = join(ROOT, ".state");
  mkdirSync(parent, { recursive: true });
  const stateDir = mkdtempSync(join(parent, "test-"));
  const stack = await startStack({
    stateDir,
    portalPort: 0,
    pvePort: 0,
    controlPort: 0,
    runtime: "painted",
    labSpeed: 20,
    operatorEmails: OPERATOR_EMAIL,
    ...options,
    vars: { ...QUICK, ...options.vars },
    onLine: (source, line) => {
      options.onLine?.(source, line);
      if (process.env.VERBOSE === "1") process.stderr.write(`[${source}] ${line}\n`);
    },
  });
  const remove = async () => {
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const operator = new Person(stack.origin, stack.lab.controlUrl);
    const account = { name: "Olga", organisation: "Platform", email: OPERATOR_EMAIL, password: OPERATOR_PASSWORD };
    await operator.signUp(account);
    const clusterId = await connectLab(operator, stack.lab);
    return { stack, operator, clusterId, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
