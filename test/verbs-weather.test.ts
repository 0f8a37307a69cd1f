// Every verb, on virtual machine and container, where a task of it fails, and where an answer is lost after the work was done.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clearFaults } from "./harness/portal.ts";
import { site } from "./harness/site.ts";
import { askUnder, callsOf, onRequest, onTask } from "./harness/verb-faults.ts";
import { isRefusedAltogether, PAIRS } from "./harness/verb-rows.ts";
import type { Pair } from "./harness/verb-rows.ts";
import { laneWorld } from "./harness/verb-lane.ts";
import { countOf, endOf, fallen, imageOf, onSubject, outcomeOf, sendAs, stayed } from "./harness/verb-runs.ts";
import { Cells } from "./harness/verb-table.ts";
import type { Call } from "./harness/verb-table.ts";
import type { VerbWorld } from "./harness/verb-world.ts";
import { inLanes } from "./harness/in-lanes.ts";

const cells = new Cells("weather");
let world: VerbWorld;

beforeAll(async () => {
  world = await laneWorld();
  await world.stock("vm", 1);
  await Promise.all([world.stock("vm", 3), world.stock("container", 4)]);
  await inLanes(4, PAIRS, all);
}, 1_200_000);

afterAll(async () => {
  await clearFaults(site.controlUrl);
  cells.tell();
});

/** All cases of one verb and kind of guest, one after the other: those of a launch could not be told apart. */
async function all(pair: Pair): Promise<void> {
  const { verb, guest } = pair;
  if (isRefusedAltogether(pair)) {
    for (const name of ["failed task", "lost answer"] as const)
      cells.note(verb.kind, guest, name, "refused to containers");
    return;
  }
  let failed = 0;
  for (const [index, call] of callsOf(world, pair).entries()) {
    if (call.reads || call.first) continue;
    if (call.task !== undefined) {
      failed += 1;
      await taskFails(pair, index, call);
    }
    await answerIsLost(pair, index, call);
  }
  if (failed === 0) cells.note(verb.kind, guest, "failed task", "no task: done when it is answered");
}

async function taskFails(pair: Pair, index: number, { step, task = "" }: Call): Promise<void> {
  const { verb, guest } = pair;
  await onSubject(world, cells, pair, "failed task", async (subject) => {
    const before = await imageOf(world, subject);
    const send = () => sendAs(world.tenant.person, subject, verb.ask(subject));
    const armed = await askUnder(world, pair, subject, index, onTask("unexpected failure"), send);
    const end = await endOf(subject, armed.asked);
    const struck = await armed.struck();
    await armed.calm();
    const faults =
      end.status === "succeeded"
        ? ["it came about"]
        : (verb.fallen?.(step) ?? false)
          ? fallen(world, subject)
          : await stayed(world, pair, subject, before, armed.asked);
    if (struck === 0) faults.push("no task was failed");
    if (end.error?.code !== "task_failed") faults.push(`told as ${end.error?.code}`);
    const failedAt = end.steps.find((row) => row.status === "failed")?.name;
    if (failedAt !== step) faults.push(`failed in ${failedAt}`);
    for (const fault of faults) cells.fault(verb.kind, guest, "failed task", `${task}: ${fault}`);
    return `${task} ${outcomeOf(end)}`;
  });
}

async function answerIsLost(pair: Pair, index: number, { step }: Call): Promise<void> {
  const { verb, guest } = pair;
  await onSubject(world, cells, pair, "lost answer", async (subject) => {
    const send = () => sendAs(world.tenant.person, subject, verb.ask(subject));
    const [known] = verb.calls(subject, subject.vmid, world).slice(index);
    const before = known && !verb.makes ? await countOf(world, known, subject.vmid) : 0;
    const lost = onRequest({ kind: "status", status: 596, done: true });
    const armed = await askUnder(world, pair, subject, index, lost, send);
    const end = await endOf(subject, armed.asked);
    const struck = await armed.struck();
    await armed.calm();
    const faults =
      end.status === "succeeded"
        ? await verb.came(world, subject, armed.asked.body)
        : [`ended ${outcomeOf(end)} in ${end.steps.find((row) => row.status === "failed")?.name}`];
    if (struck === 0) faults.push("no answer was lost");
    const count = (await countOf(world, armed.call, armed.vmid)) - before;
    // What makes a guest under another's number is counted by its guests.
    if (armed.call.once && armed.call.about === undefined && count !== 1) faults.push(`was begun ${count} times`);
    for (const fault of faults) cells.fault(verb.kind, guest, "lost answer", `${step}: ${fault}`);
    return `${step} ${outcomeOf(end)}`;
  });
}

describe("every verb in bad weather", () => {
  it.each(PAIRS.map((pair) => [pair.verb.kind, pair.guest] as const))("%s, %s", (kind, guest) => {
    expect(cells.faults(kind, guest)).toEqual([]);
  });

  it("and ledger, portal and lab agree", async () => {
    expect(await world.faults()).toEqual([]);
  });

  it("and no cell is empty", () => {
    expect(cells.empty()).toEqual([]);
  });
});
