// `npm run bench:launch`: what the portal adds to Proxmox VE's own work, how often it asks, and what a person has to do.
// With words behind (`npm run bench:launch -- verbs walk`) only those parts are run: alone, crowd, verbs, walk.
import { buildPages } from "../../lab/stack/pages.ts";
import { launch, newTenant } from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import { measured, sum, tasksOf, timed } from "./launch-measure.ts";
import type { Measured, Timed } from "./launch-measure.ts";
import { verbCalls } from "./launch-verbs.ts";
import { walkToConsole } from "./launch-walk.ts";
import { percentile, round, runBench, table } from "./measure.ts";
import type { Bench } from "./measure.ts";

/** Tasks take the time that the lab gives them; no poll of the cluster beside, whose calls no verb has asked for. */
const LAB_SPEED = 1;
const VARS = {
  POLL_PERIOD_MS: "600000",
  PVE_TIMEOUT_MS: "15000",
  OPERATION_LEASE_MS: "20000",
  STEP_BUDGET_MS: "120000",
};

const ALONE = 10;
const AT_ONCE = 20;
/** Launches alone that those at once are compared with. */
const BEFORE = 5;

/** From what the portal has accepted to a guest that is on, over the time of the tasks that it takes. */
const MOST_OVER_TASKS = { p50: 3, p95: 4 };
/** One of twenty at once over one alone. */
const MOST_OVER_ALONE = { p50: 8, p95: 10 };

const words = process.argv.slice(2);
await buildPages("where older");
await runBench("launch", { labSpeed: LAB_SPEED, vars: VARS }, async (bench, { stack, operator }) => {
  const site: Site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  if (isAsked("alone")) await alone(bench, site);
  if (isAsked("crowd")) await crowd(bench, site);
  if (isAsked("verbs")) await verbCalls(bench, site, stack.lab, operator);
  if (isAsked("walk")) await walkToConsole(bench, site, await newTenant(site, "walk"));
});

function isAsked(part: string): boolean {
  return words.length === 0 || words.includes(part);
}

/** Tenants that launch twice, one launch after the other: the first one sets the tenant up on the cluster. */
async function alone(bench: Bench, site: Site): Promise<void> {
  bench.say(`${ALONE} tenants launch twice, one after the other …`);
  const [first, later]: [Measured[], Measured[]] = [[], []];
  for (let turn = 0; turn < ALONE; turn += 1) {
    const tenant = await newTenant(site, "alone");
    for (const launches of [first, later]) launches.push(await measured(site, tenant, () => launch(tenant)));
  }
  const names = later[0]?.operation.steps.map((step) => step.name) ?? [];
  const rows: [string, (launch: Measured) => number][] = [
    ["tasks of Proxmox VE", (run) => run.tasksMs],
    ["from accepted until the guest is on", (run) => run.onMs],
    ["from accepted until its address is known", (run) => run.totalMs],
    ...names.map((name): [string, (run: Measured) => number] => [`step ${name}`, (run) => stepMs(run, name)]),
  ];
  const cells = (runs: readonly Measured[], value: (run: Measured) => number) =>
    [0.5, 0.95].map((part) => `${round(percentile(runs.map(value), part), 0)}`);
  bench.say(
    table(
      ["a launch alone, ms", "first p50", "p95", "later p50", "p95"],
      rows.map(([name, value]) => [name, ...cells(first, value), ...cells(later, value)]),
    ),
  );
  const over = spread(later.map((run) => run.onMs / run.tasksMs));
  for (const part of ["p50", "p95"] as const)
    bench.claim(
      `a launch takes at most ${MOST_OVER_TASKS[part]} times as long as its tasks at ${part} (${over[part]})`,
      over[part] <= MOST_OVER_TASKS[part],
    );
  Object.assign(bench.figures, {
    labSpeed: LAB_SPEED,
    launches: first.length + later.length,
    tasksMs: spread(later.map((run) => run.tasksMs)),
    firstOnMs: spread(first.map((run) => run.onMs)),
    onMs: spread(later.map((run) => run.onMs)),
    addedMs: spread(later.map((run) => run.onMs - run.tasksMs)),
    overTasks: over,
  });
}

/** Tenants that the cluster has not seen yet: as many as that, one after the other, and then all in the same moment. */
async function crowd(bench: Bench, site: Site): Promise<void> {
  const tenants: Tenant[] = [];
  for (let turn = 0; turn < AT_ONCE + BEFORE; turn += 1) tenants.push(await newTenant(site, "crowd"));
  const single: Timed[] = [];
  for (const tenant of tenants.splice(0, BEFORE)) single.push(await timed(tenant, () => launch(tenant)));
  bench.say(`${AT_ONCE} tenants launch at once …`);
  const before = (await tasksOf(site)).length;
  const runs = await Promise.all(tenants.map((tenant) => timed(tenant, () => launch(tenant))));
  const tasksMs = sum((await tasksOf(site)).slice(before).map((task) => task.endedAt - task.startedAt)) / AT_ONCE;
  const at = spread(runs.map((run) => run.onMs));
  const one = spread(single.map((run) => run.onMs));
  bench.say(`until the guest is on: p50 ${at.p50} ms, p95 ${at.p95} ms, of tasks ${round(tasksMs, 0)} ms each`);
  bench.say(`alone: p50 ${one.p50} ms`);
  const over = { p50: round(at.p50 / one.p50, 2), p95: round(at.p95 / one.p50, 2) };
  for (const part of ["p50", "p95"] as const)
    bench.claim(
      `one of ${AT_ONCE} at once takes at most ${MOST_OVER_ALONE[part]} times as long as one alone at ${part} (${over[part]})`,
      over[part] <= MOST_OVER_ALONE[part],
    );
  bench.figures["crowd"] = { tenants: AT_ONCE, onMs: at, tasksMs: round(tasksMs, 0), overAlone: over };
}

function stepMs({ operation }: Measured, name: string): number {
  const step = operation.steps.find((row) => row.name === name);
  return (step?.endedAt ?? 0) - (step?.startedAt ?? 0);
}

function spread(values: readonly number[]): { p50: number; p95: number } {
  return { p50: round(percentile(values, 0.5), 2), p95: round(percentile(values, 0.95), 2) };
}
