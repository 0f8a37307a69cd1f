// `npm run lab:conformance`: replays the recordings of a real server on the lab and prints where the two disagree.
import { checkContract } from "./contract.ts";
import { loadRecordings, recordingsFolder } from "./recordings.ts";
import { replay, type Verdict } from "./replay.ts";

/** Less agreement than this fails the run. */
const LEAST_AGREEMENT = 0.97;

async function main(): Promise<boolean> {
  const only = process.argv.slice(2);
  const contract = await checkContract();
  for (const line of contract.failures) console.log(`contract: ${line}`);
  console.log(`contract: ${contract.checked} checks, ${contract.failures.length} failed`);
  const recordings = loadRecordings(recordingsFolder());
  if (recordings === null) {
    console.log("no recordings here (LAB_RECORDINGS names their folder): the contract only was checked");
    return contract.failures.length === 0;
  }
  const chosen = recordings.filter(({ name }) => only.length === 0 || only.some((part) => name.startsWith(part)));
  const results = await Promise.all(
    chosen.map(async (recording) => ({ recording, verdicts: await replay(recording, recordings) })),
  );
  const all: Verdict[] = [];
  for (const { recording, verdicts } of results) {
    console.log(`\n${recording.name}: ${recording.scenario}`);
    for (const verdict of verdicts) if (verdict.reasons.length > 0) console.log(lineOf(verdict));
    for (const verdict of verdicts)
      if (verdict.aside !== null) console.log(`  ${verdict.step.n} aside: ${verdict.aside}`);
    console.log(`  ${summary(verdicts)}`);
    all.push(...verdicts);
  }
  const counted = all.filter(({ aside }) => aside === null);
  const wrong = counted.filter(({ reasons }) => reasons.length > 0);
  const onSuccess = wrong.filter(({ step }) => step.status === 200 || step.status === 101);
  console.log(`\n${summary(all)}; ${onSuccess.length} of the rest on a success path`);
  const agreement = 1 - wrong.length / Math.max(1, counted.length);
  return contract.failures.length === 0 && agreement >= LEAST_AGREEMENT && onSuccess.length === 0;
}

function lineOf({ step, reasons }: Verdict): string {
  return `  ${step.n} ${step.as} ${step.method} ${step.path}\n${reasons.map((reason) => `      ${reason}`).join("\n")}`;
}

function summary(verdicts: readonly Verdict[]): string {
  const counted = verdicts.filter(({ aside }) => aside === null);
  const agreeing = counted.filter(({ reasons }) => reasons.length === 0).length;
  const share = counted.length === 0 ? 100 : (100 * agreeing) / counted.length;
  const aside = verdicts.length - counted.length;
  const least = ((100 * agreeing) / Math.max(1, verdicts.length)).toFixed(1);
  const rest = aside === 0 ? "" : `, ${aside} set aside (${least} % with those counted as disagreeing)`;
  return `${agreeing} of ${counted.length} steps agree (${share.toFixed(1)} %)${rest}`;
}

process.exit((await main()) ? 0 : 1);
