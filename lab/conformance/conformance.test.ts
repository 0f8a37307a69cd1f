// The lab keeps to its contract, and answers as the recorded server did, where the recordings are at hand.
import { expect, test } from "vitest";
import { checkContract } from "./contract.ts";
import { loadRecordings, recordingsFolder } from "./recordings.ts";
import { replay } from "./replay.ts";

const LEAST_AGREEMENT = 0.97;
const recordings = loadRecordings(recordingsFolder());
if (recordings === null)
  console.log("no recordings here (LAB_RECORDINGS names their folder): only the contract is tested");

test("every endpoint keeps to its contract", { timeout: 120_000 }, async () => {
  const { checked, failures } = await checkContract();
  expect(failures).toEqual([]);
  expect(checked).toBeGreaterThan(200);
});

// Once more where it fails: steps that overlap in time depend on how busy this machine is.
test.skipIf(recordings === null)("the recordings", { timeout: 240_000, retry: 1 }, async () => {
  const all = recordings ?? [];
  const verdicts = (await Promise.all(all.map((recording) => replay(recording, all)))).flat();
  const counted = verdicts.filter(({ aside }) => aside === null);
  const wrong = counted.filter(({ reasons }) => reasons.length > 0);
  const onSuccess = wrong.filter(({ step }) => step.status === 200 || step.status === 101);
  expect(onSuccess.map(({ step, reasons }) => `${step.method} ${step.path}: ${reasons.join("; ")}`)).toEqual([]);
  expect(1 - wrong.length / counted.length).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
});
