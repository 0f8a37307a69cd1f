// Every verb, on virtual machine and container, with the Worker killed at each of its steps: before its request was worked on, and
// when the answer was on its way. It goes on from where it was, and ledger, portal and lab agree.
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATION_STEPS, OPTIONAL_STEPS } from "../worker/rules/views.ts";
import { clearFaults, ended, pause } from "./harness/portal.ts";
import type { Site } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";
import { askUnder, callsOf, onRequest } from "./harness/verb-faults.ts";
import type { Armed } from "./harness/verb-faults.ts";
import { isRefusedAltogether, PAIRS } from "./harness/verb-rows.ts";
import type { Pair } from "./harness/verb-rows.ts";
import { countOf, outcomeOf, sendAs } from "./harness/verb-runs.ts";
import type { Asked } from "./harness/verb-requests.ts";
import { Cells } from "./harness/verb-table.ts";
import type { Call, Subject } from "./harness/verb-table.ts";
import { VerbWorld } from "./harness/verb-world.ts";
import { inLanes } from "./harness/in-lanes.ts";

/** Much longer than a request is held, which ends with the Worker that waits for it. */
const VARS = { PVE_TIMEOUT_MS: "60000", OPERATION_LEASE_MS: "90000", STEP_BUDGET_MS: "120000" };
const HELD_MS = 55_000;
/** How many are killed at once. */
const ROUND = 16;
const LANES = 8;

type Moment = "before" | "after" | "asking";

interface CrashCase {
  pair: Pair;
  index: number;
  step: string;
  moment: Moment;
  first: boolean;
}

interface Held {
  subject: Subject;
  key: string;
  armed: Armed;
  count: number;
}

const RULES: Record<Moment, (call: Call, vmid: number) => Record<string, unknown>[]> = {
  // It has left the Worker, and will never be worked on.
  before: onRequest({ kind: "latency", ms: HELD_MS }, { kind: "drop-before" }),
  // It was worked on at once, and nobody is there to read the answer.
  after: onRequest({ kind: "latency", ms: HELD_MS, done: true }),
  asking: onRequest({ kind: "latency", ms: HELD_MS }, { kind: "drop-before" }),
};

const cells = new Cells("crash");
let own: TestStack;
let site: Site;
let world: VerbWorld;
const disagreements: string[] = [];
/** What was seen of each case, as far as it was shown. */
const outcomes = new Map<CrashCase, string>();
const rounds: { cases: number; seconds: number }[] = [];

beforeAll(async () => {
  own = await startTestStack({ vars: VARS });
  const { stack } = own;
  site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  world = await VerbWorld.make(site, stack.lab, own.operator);
  await world.stock("vm", 1);
  await Promise.all([world.stock("vm", 5), world.stock("container", 5)]);
  const cases = casesOf();
  for (const round of roundsOf(cases)) {
    const startedAt = performance.now();
    await crash(round);
    rounds.push({ cases: round.length, seconds: Math.round((performance.now() - startedAt) / 1_000) });
  }
  // In the order of the steps, whatever round they were tried in.
  for (const one of cases) {
    const { pair, step, moment } = one;
    cells.note(pair.verb.kind, pair.guest, "crash", `${step}, ${moment}: ${outcomes.get(one) ?? "not shown"}`);
  }
}, 1_800_000);

afterAll(async () => {
  cells.tell();
  process.stdout.write(`crashes: ${rounds.map(({ cases, seconds }) => `${cases} in ${seconds} s`).join(", ")}\n`);
  await own.remove();
}, 60_000);

/** Every request of every verb, from both sides; what makes none says why. */
function casesOf(): CrashCase[] {
  return PAIRS.flatMap((pair): CrashCase[] => {
    const { verb, guest } = pair;
    if (isRefusedAltogether(pair)) {
      cells.note(verb.kind, guest, "crash", "refused to containers");
      return [];
    }
    for (const [step, why] of Object.entries(verb.silent?.(guest) ?? {}))
      cells.note(verb.kind, guest, "crash", `${step} ${why}`);
    return callsOf(world, pair).flatMap((call, index) => {
      const moments: Moment[] = call.reads ? ["asking"] : ["before", "after"];
      return moments.map((moment) => ({ pair, index, step: call.step, moment, first: call.first === true }));
    });
  });
}

/** A node makes one backup at a time, so a round holds at most one. */
function roundsOf(cases: readonly CrashCase[]): CrashCase[][] {
  const [backups, others] = [
    cases.filter(({ pair, step }) => pair.verb.kind === "backup" || step === "safety"),
    cases.filter(({ pair, step }) => pair.verb.kind !== "backup" && step !== "safety"),
  ];
  const count = Math.max(backups.length, Math.ceil(cases.length / ROUND));
  return Array.from({ length: count }, (_, round) => [
    ...backups.slice(round, round + 1),
    ...others.filter((_case, index) => index % count === round),
  ]);
}

/** Holds all of these in their requests, kills the Worker, starts it again and waits for their ends. */
async function crash(cases: readonly CrashCase[]): Promise<void> {
  const ready = new Map<CrashCase, Subject>();
  const held = new Map<CrashCase, Held>();
  // All of them before any is held: a backup that is would hold up those that others need.
  await inLanes(LANES, cases, (one) =>
    noted(one, async () => {
      ready.set(one, await prepared(one));
    }),
  );
  await inLanes(LANES, [...ready], ([one, subject]) =>
    noted(one, async () => {
      const { verb } = one.pair;
      const key = randomUUID();
      const call = verb.calls(subject, subject.vmid, world)[one.index];
      const count = call && !verb.makes ? await countOf(world, call, subject.vmid) : 0;
      const send = () => sendAs(subject.tenant.person, subject, verb.ask(subject), key);
      const armed = await askUnder(world, one.pair, subject, one.index, RULES[one.moment], send);
      held.set(one, { subject, key, armed, count });
      await untilHeld(armed);
    }),
  );
  await own.stack.killWorker();
  await clearFaults(site.controlUrl);
  letLeasesRunOut();
  await own.stack.startWorker();
  await inLanes(LANES, [...held], ([one, what]) => noted(one, () => lookAt(one, what)));
  disagreements.push(...(await world.faults()));
}

async function prepared({ pair, step, first }: CrashCase): Promise<Subject> {
  // A backup for safety would wait in line behind the one that is held.
  const subject = { ...(await pair.verb.prepare(world, pair.guest)), safety: step === "safety" };
  return first ? { ...subject, tenant: (await world.otherTenant()).tenant } : subject;
}

async function untilHeld(armed: Armed): Promise<void> {
  if (armed.asked.status !== 202) throw new Error(`answered ${armed.asked.status} ${JSON.stringify(armed.asked.body)}`);
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await armed.struck()) > 0) return;
    await pause(100);
  }
  throw new Error("the moment never came");
}

/** Time passes while the Worker is dead: whatever it was at is anybody's now. */
function letLeasesRunOut(): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on");
    database.exec("update operations set lease_until = 1 where ended_at is null");
  } finally {
    database.close();
  }
}

async function lookAt(one: CrashCase, { subject, key, armed, count }: Held): Promise<void> {
  const { pair, step, moment } = one;
  const { verb, guest } = pair;
  const faults: string[] = [];
  // Whoever got no answer sends the same request again, and is told of the operation that there is.
  const again: Asked = await sendAs(subject.tenant.person, subject, verb.ask(subject), key);
  if (again.body.operation?.id !== armed.asked.body.operation.id) faults.push("the same key began another operation");
  const end = await ended(subject.tenant, armed.asked.body.operation.id, 120_000);
  if (end.status === "succeeded") faults.push(...(await verb.came(world, subject, armed.asked.body)));
  else faults.push(`ended ${outcomeOf(end)} in ${end.steps.find((row) => row.status === "failed")?.name}`);
  const tasks = (await countOf(world, armed.call, armed.vmid)) - count;
  if (armed.call.once && armed.call.about === undefined && tasks !== 1) faults.push(`was begun ${tasks} times`);
  for (const fault of faults) cells.fault(verb.kind, guest, "crash", `${step}, ${moment}: ${fault}`);
  outcomes.set(one, outcomeOf(end));
  if (subject.service) await world.give(subject.service.id);
}

async function noted({ pair: { verb, guest }, step, moment }: CrashCase, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    cells.fault(verb.kind, guest, "crash", `${step}, ${moment}: ${text}`);
  }
}

it.each(PAIRS.map((pair) => [pair.verb.kind, pair.guest, pair] as const))(
  "%s, %s: each step is tried",
  (kind, guest, pair) => {
    const known = [...callsOf(world, pair).map(({ step }) => step), ...Object.keys(pair.verb.silent?.(guest) ?? {})];
    const steps = OPERATION_STEPS[kind].filter((step) => !OPTIONAL_STEPS.includes(step) && !known.includes(step));
    expect(steps).toEqual([]);
  },
);

describe("every verb is gone on with after a crash", () => {
  it.each(PAIRS.map((pair) => [pair.verb.kind, pair.guest] as const))("%s, %s", (kind, guest) => {
    expect(cells.faults(kind, guest)).toEqual([]);
  });

  it("and ledger, portal and lab agreed after each", () => {
    expect(disagreements).toEqual([]);
  });

  it("and no cell is empty", () => {
    expect(cells.empty()).toEqual([]);
  });
});
