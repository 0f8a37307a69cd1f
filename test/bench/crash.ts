// `npm run bench:crash`: workerd killed at every step of every verb; each must end whole, and all books agree.
// With words behind (`npm run bench:crash -- clone delete`) only the cases whose names hold one of them are run.
import type { LabReady } from "../../lab/stack/stack.ts";
import type { OperationView } from "../../worker/rules/views.ts";
import { clearFaults, ended, fault, newTenant, pause, setLimit, used } from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import type { TestStack } from "../harness/shared.ts";
import { disagreements, operationOfKey, tokenOfTenant } from "../harness/books.ts";
import type { OperationNow } from "../harness/books.ts";
import { CASES } from "./crash-cases.ts";
import type { CrashCase } from "./crash-cases.ts";
import { copyFaults } from "../harness/copy-books.ts";
import { requestOf } from "./crash-requests.ts";
import { freeze, killAll, thaw } from "./freeze.ts";
import { labCall } from "../harness/lab-call.ts";
import { percentile, round, runBench, table, workerdGroup } from "./measure.ts";
import type { Bench } from "./measure.ts";

/**
 * In life a lease is longer than one request may take, and a step may take three leases; here the same, only shorter, so that
 * a crash costs seconds. `labSpeed` leaves tasks long enough to be hit.
 */
const VARS = { PVE_TIMEOUT_MS: "2500", OPERATION_LEASE_MS: "4000", STEP_BUDGET_MS: "12000", POLL_PERIOD_MS: "500" };
const LAB_SPEED = 4;
/** Longer than the freezing takes, shorter than PVE_TIMEOUT_MS: the request is still waiting when the Worker is stopped. */
const HELD_MS = 1_200;
const HIT_TIMEOUT_MS = 20_000;
/** How long workerd goes on between two looks at the database; the shortest step takes some 40 ms. */
const SLICE_MS = 4;

const words = process.argv.slice(2);
const cases = CASES.filter((one) => words.length === 0 || words.some((word) => one.name.includes(word)));

await runBench("crash", { labSpeed: LAB_SPEED, vars: VARS }, async (bench, testStack) => {
  const site: Site = {
    origin: testStack.stack.origin,
    controlUrl: testStack.stack.lab.controlUrl,
    databaseFile: testStack.stack.databaseFile(),
  };
  const results: CaseResult[] = [];
  for (const [index, one] of cases.entries()) {
    const result = await runCase(bench, testStack, site, one).catch((error: unknown) => notRun(site, one, error));
    results.push(result);
    const state =
      result.faults.length === 0 ? `${result.outcome} after ${round(result.seconds, 1)} s` : result.faults.join("; ");
    bench.say(`${String(index + 1).padStart(2)}/${cases.length} ${one.name}: ${result.hit}; ${state}`);
  }
  bench.say(`\n${table(["killed", "seen when it was killed", "outcome", "seconds", "books"], results.map(cellsOf))}\n`);
  for (const outcome of ["succeeded", "reverted"]) {
    bench.figures[outcome] = results.filter((result) => result.outcome === outcome).length;
  }
  const seconds = results.map((result) => result.seconds);
  bench.figures["cases"] = results.length;
  bench.figures["secondsToEndP50"] = round(percentile(seconds, 0.5), 1);
  bench.figures["secondsToEndMax"] = round(percentile(seconds, 1), 1);
  const whole = results.filter((result) => result.faults.length === 0).length;
  bench.claim(
    `every operation ends whole, and ledger, portal and lab agree (${whole} of ${results.length})`,
    whole === results.length,
  );
  bench.claim("something was killed", results.length > 0);
});

interface CaseResult {
  name: string;
  hit: string;
  outcome: string;
  /** From the kill to the operation's end, the restart of the Worker included. */
  seconds: number;
  faults: string[];
}

async function runCase(bench: Bench, { stack }: TestStack, site: Site, one: CrashCase): Promise<CaseResult> {
  const tenant = await newTenant(site, "crash");
  setLimit(site, tenant.id, "services", 5);
  const send = await requestOf(tenant, one.kind);
  if (one.taskFailure) await fault(site.controlUrl, { kind: "task-fail", ...one.taskFailure });
  const held = one.request ? await holdRequest(site, one) : null;
  // Not waited for: some moments come before its answer.
  const answer = send().catch(() => null);
  const hit = await untilHit(stack.workerGroup(), one, () => operationOfKey(site.databaseFile, send.key), held);
  const killedAt = performance.now();
  killAll(hit.pids);
  await bench.guard(stack.killWorker());
  await clearFaults(site.controlUrl);
  // What made the launch fail must go on failing it, or nothing is given back.
  if (one.taskFailure) await fault(site.controlUrl, { kind: "task-fail", ...one.taskFailure });
  await answer;
  await bench.guard(stack.startWorker());
  // Whoever got no answer sends the same request again, and is told of the operation that there is.
  const again = await send();
  if (again !== hit.operationId) throw new Error(`the request sent again answered ${again}, not ${hit.operationId}`);
  const operation = await ended(tenant, hit.operationId, 60_000).catch((error: unknown) => error as Error);
  const seconds = (performance.now() - killedAt) / 1_000;
  await clearFaults(site.controlUrl);
  if (operation instanceof Error) {
    return { name: one.name, hit: hit.seen, outcome: "never ended", seconds, faults: [operation.message] };
  }
  const faults = [
    ...outcomeFaults(one, operation),
    ...(await disagreements(site)),
    ...(await quotaFaults(tenant, one, operation)),
    ...(await tokenFaults(stack.lab, site, tenant)),
    ...(await copyFaults(stack.lab, site)),
  ];
  return { name: one.name, hit: hit.seen, outcome: operation.status, seconds, faults };
}

async function notRun(site: Site, one: CrashCase, error: unknown): Promise<CaseResult> {
  // Rules that never struck would be the next case's.
  await clearFaults(site.controlUrl);
  const text = error instanceof Error ? error.message : String(error);
  return { name: one.name, hit: "-", outcome: "not shown", seconds: 0, faults: [text] };
}

interface Held {
  /** How often the lab has held such a request. */
  struck: () => Promise<number>;
  /** How many such requests the lab has worked on. */
  worked: () => Promise<number>;
}

/** Lets the lab hold the case's request for a moment, and cuts it unworked where it is not to arrive. */
async function holdRequest(site: Site, one: CrashCase): Promise<Held> {
  const route = one.request ?? "";
  const [method = "", template = ""] = route.split(" ");
  // A volume's id has slashes of its own.
  const path = `^${template.replace("{volume}", ".+").replaceAll(/\{\w+\}/g, "[^/]+")}$`;
  await fetch(`${site.controlUrl}/calls`, { method: "DELETE" });
  await fault(site.controlUrl, { kind: "latency", method, path, ms: HELD_MS, times: 1 });
  if (one.moment === "before") await fault(site.controlUrl, { kind: "drop-before", method, path, times: 1 });
  return {
    struck: async () => {
      const rules = await labJson<{ kind: string; struck: number }[]>(site, "/faults");
      return rules.find((rule) => rule.kind === "latency")?.struck ?? 0;
    },
    worked: async () => (await labJson<Record<string, number>>(site, "/calls"))[route] ?? 0,
  };
}

/** Waits for the moment of the case and stops all of workerd in it; what stands in the database then tells where it was hit. */
async function untilHit(group: number, one: CrashCase, look: () => OperationNow | null, held: Held | null) {
  const deadline = Date.now() + HIT_TIMEOUT_MS;
  const late = (): void => {
    if (Date.now() > deadline) throw new Error(`the moment never came; ${JSON.stringify(look()?.steps)}`);
  };
  const isNow = (row: OperationNow | null) => row !== null && one.when?.(row) === true;
  const pids = workerdGroup(group);
  if (held) {
    while ((await held.struck()) === 0) {
      late();
      await pause(5);
    }
    freeze(pids);
  } else {
    // Moments that only the database shows can be as short as one write of it: workerd is let go on for a moment at a time.
    for (freeze(pids); !isNow(look()); freeze(pids)) {
      late();
      thaw(pids);
      await pause(SLICE_MS);
    }
  }
  const row = look();
  if (!row) throw new Error("there is no operation");
  const step = row.steps.find((entry) => entry.status === "running")?.name ?? "none";
  let seen = `${row.status}, step ${step}`;
  if (held && one.moment === "after") {
    // The Worker is stopped, not gone: its connection stands, the lab does the work and answers, and nobody reads it.
    while ((await held.worked()) === 0) {
      late();
      await pause(5);
    }
    await pause(100);
    seen += ", request done, answer unread";
  } else if (held) seen += ", request sent, never done";
  return { pids, seen, operationId: row.id };
}

function outcomeFaults(one: CrashCase, operation: OperationView): string[] {
  const endsWell = one.kind === "delete" || one.kind === "snapshot_delete" || one.kind === "backup_delete";
  const wanted = endsWell ? ["succeeded"] : one.taskFailure ? ["reverted"] : ["succeeded", "reverted"];
  return wanted.includes(operation.status) ? [] : [`ended ${operation.status} ${JSON.stringify(operation.error)}`];
}

/** The tenant of a case has nothing else: its quota is that of one service, or of none. */
async function quotaFaults(tenant: Tenant, one: CrashCase, operation: OperationView): Promise<string[]> {
  if (one.kind !== "launch" && one.kind !== "delete") return [];
  const services = one.kind === "launch" && operation.status === "succeeded" ? 1 : 0;
  const amounts = await used(tenant);
  const isRight = services === 1 ? amounts.services === 1 : Object.values(amounts).every((amount) => amount === 0);
  return isRight ? [] : [`used is ${JSON.stringify(amounts)} where ${services} services stand`];
}

/** A tenant has one token on the cluster, that of its identity: none is left over whose secret nobody has. */
async function tokenFaults(lab: LabReady, site: Site, tenant: Tenant): Promise<string[]> {
  const tokenId = tokenOfTenant(site.databaseFile, tenant.id);
  const [user = "", name] = tokenId?.split("!") ?? [];
  if (tokenId === null) return [];
  const names = (await labCall<{ tokenid: string }[]>(lab, "GET", `/access/users/${user}/token`)).map(
    (row) => row.tokenid,
  );
  return names.join() === name ? [] : [`${user} has tokens ${names.join(", ")}, not just ${name}`];
}

function cellsOf(result: CaseResult): string[] {
  const books = result.faults.length === 0 ? "agree" : result.faults.join("; ");
  return [result.name, result.hit, result.outcome, result.seconds.toFixed(1), books];
}

async function labJson<T>(site: Site, path: string): Promise<T> {
  return (await (await fetch(`${site.controlUrl}${path}`)).json()) as T;
}
