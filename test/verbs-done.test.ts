// Every verb, on virtual machine and container, in fair weather: it comes about, and ledger, portal and lab agree.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cells } from "./harness/verb-table.ts";
import { isRefusedAltogether, PAIRS } from "./harness/verb-rows.ts";
import type { Pair } from "./harness/verb-rows.ts";
import { laneWorld } from "./harness/verb-lane.ts";
import { endOf, onSubject, outcomeOf, sendAs } from "./harness/verb-runs.ts";
import type { VerbWorld } from "./harness/verb-world.ts";
import { inLanes } from "./harness/in-lanes.ts";

const NAME = "comes about";
const cells = new Cells("done");
let world: VerbWorld;

beforeAll(async () => {
  world = await laneWorld();
  await world.stock("vm", 1);
  await Promise.all([world.stock("vm", 3), world.stock("container", 4)]);
  await inLanes(4, PAIRS, one);
}, 900_000);

afterAll(() => cells.tell());

async function one(pair: Pair): Promise<void> {
  const { verb, guest } = pair;
  if (isRefusedAltogether(pair)) {
    cells.note(verb.kind, guest, NAME, "refused to containers");
    return;
  }
  await onSubject(world, cells, pair, NAME, async (subject) => {
    const startedAt = performance.now();
    const asked = await sendAs(world.tenant.person, subject, verb.ask(subject));
    const end = await endOf(subject, asked);
    const seconds = (performance.now() - startedAt) / 1_000;
    const faults =
      end.status === "succeeded" ? await verb.came(world, subject, asked.body) : [`ended ${outcomeOf(end)}`];
    for (const fault of faults) cells.fault(verb.kind, guest, NAME, fault);
    return `${outcomeOf(end)} in ${seconds.toFixed(1)} s`;
  });
}

describe("every verb comes about", () => {
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
