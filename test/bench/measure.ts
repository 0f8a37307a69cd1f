// What the benchmarks share: a stack that is surely removed, claims that must hold, percentiles, memory, the closing line.
import { readdirSync, readFileSync } from "node:fs";
import type { StackOptions } from "../../lab/stack/stack.ts";
import { startTestStack } from "../harness/shared.ts";
import type { TestStack } from "../harness/shared.ts";

export { textTable as table } from "../harness/text-table.ts";

export interface Bench {
  /** What the closing line of JSON tells. */
  figures: Record<string, unknown>;
  /** Prints a line for people. */
  say: (line: string) => void;
  /** States what is to hold; one claim that does not makes the benchmark fail. */
  claim: (text: string, holds: boolean) => void;
  /** Work that must be over before the stack may be removed, such as a start that is under way. */
  guard: <T>(work: Promise<T>) => Promise<T>;
  /** Something to end before the stack is removed; the latest first. */
  atEnd: (clean: () => Promise<void>) => void;
}

/**
 * Runs a benchmark on a stack of its own, prints its figures as one line of JSON and ends the process: 0 where every claim
 * held, 1 where one did not, 130 after Ctrl-C. The stack is removed in every case.
 */
export async function runBench(
  name: string,
  options: Partial<StackOptions>,
  body: (bench: Bench, site: TestStack) => Promise<void>,
): Promise<never> {
  const startedAt = performance.now();
  const broken: string[] = [];
  const cleaning: (() => Promise<void>)[] = [];
  let guarded: Promise<unknown> = Promise.resolve();
  const bench: Bench = {
    figures: {},
    say,
    claim: (text, holds) => {
      say(`${holds ? "holds" : "FAILS"}  ${text}`);
      if (!holds) broken.push(text);
    },
    guard: (work) => {
      guarded = work.catch(() => undefined);
      return work;
    },
    atEnd: (clean) => cleaning.unshift(clean),
  };
  say("starting a stack of its own …");
  const starting = startTestStack(options);
  let removing: Promise<void> | undefined;
  const clean = async (): Promise<void> => {
    const site = await starting.catch(() => undefined);
    await guarded;
    for (const work of cleaning) await work().catch(() => undefined);
    await site?.remove();
  };
  const remove = (): Promise<void> => (removing ??= clean());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void remove().finally(() => process.exit(130)));
  }
  try {
    await body(bench, await starting);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // After Ctrl-C the stack is gone on purpose, and whatever follows from that is not worth a word.
    if (!removing) bench.claim(`it ran to its end: ${text}`, false);
  }
  await remove();
  const seconds = round((performance.now() - startedAt) / 1_000, 1);
  process.stdout.write(
    `${JSON.stringify({ bench: name, holds: broken.length === 0, ...bench.figures, seconds, broken })}\n`,
  );
  process.exit(broken.length === 0 ? 0 : 1);
}

/** Value below which that fraction (0…1) of the values lies (nearest rank); 0 where there are none. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Every workerd of a process group: the dev server runs one for the Worker and one in front of it. */
export function workerdGroup(group: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => nameOf(pid) === "workerd" && groupOf(pid) === group);
}

/** Memory that is resident now, in bytes, of all these processes together. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return sum + Number(kibibytes ?? 0) * 1_024;
  }, 0);
}

/** Reads the memory again and again until stopped; answers the highest value seen, in bytes. */
export function watchMemory(pids: readonly number[], everyMs = 50): { stop: () => number } {
  let highest = residentBytes(pids);
  const timer = setInterval(() => (highest = Math.max(highest, residentBytes(pids))), everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(highest, residentBytes(pids));
    },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function nameOf(pid: number): string {
  return /\((.*)\)/.exec(statOf(pid))?.[1] ?? "";
}

function groupOf(pid: number): number {
  const stat = statOf(pid);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // Ended while we looked.
    return "";
  }
}
