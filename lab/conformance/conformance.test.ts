// The lab keeps to its contract, and answers as the recorded server did, where the recordings are at hand.
import { expect, test } from "vitest";
import { checkContract } from "./contract.ts";
import { loadRecordings, recordingsFolder } from "./recordings.ts";
import { replay } from "./replay.ts";
import type { Verdict } from "./replay.ts";

const LEAST_AGREEMENT = 0.97;
const recordings = loadRecordings(recordingsFolder());
if (recordings === null)
  console.log("no recordings here (LAB_RECORDINGS names their folder): only the contract is tested");

test("every endpoint keeps to its contract", { timeout: 120_000 }, async () => {
  const { checked, failures } = await checkContract();
  expect(failures).toEqual([]);
  expect(checked).toBeGreaterThan(200);
});

test.skipIf(recordings === null)("the recordings", { timeout: 480_000, retry: 1 }, async () => {
  const all = recordings ?? [];
  const together = await Promise.all(all.map((recording) => replay(recording, all)));
  const verdicts: Verdict[] = [];
  for (const [index, recording] of all.entries()) {
    const first = together[index] ?? [];
    // Steps that overlap in time depend on how busy this machine is: a scenario that did not agree is replayed alone.
    const agrees = first.every(({ aside, reasons }) => aside !== null || reasons.length === 0);
    verdicts.push(...(agrees ? first : await replay(recording, all)));
  }
  const counted = verdicts.filter(({ aside }) => aside === null);
  const wrong = counted.filter(({ reasons }) => reasons.length > 0);
  const onSuccess = wrong.filter(({ step }) => step.status === 200 || step.status === 101);
  expect(onSuccess.map(({ step, reasons }) => `${step.method} ${step.path}: ${reasons.join("; ")}`)).toEqual([]);
  expect(1 - wrong.length / counted.length).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
});
