// Every verb, on virtual machine and container, asked for by two people at once, each ten times with one key: one operation comes of it.
import { randomInt, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Accepted, MeView } from "../worker/rules/views.ts";
import { ended, serviceOf } from "./harness/portal.ts";
import type { Asked } from "./harness/verb-requests.ts";
import { isRefusedAltogether, PAIRS, VERBS } from "./harness/verb-rows.ts";
import type { Pair } from "./harness/verb-rows.ts";
import { laneWorld } from "./harness/verb-lane.ts";
import { endOf, onSubject, outcomeOf, sendAs } from "./harness/verb-runs.ts";
import { about, snapped } from "./harness/verb-subjects.ts";
import { Cells } from "./harness/verb-table.ts";
import type { Verb } from "./harness/verb-table.ts";
import { freshName, GUEST_KINDS } from "./harness/verb-world.ts";
import type { VerbWorld } from "./harness/verb-world.ts";
import { inLanes } from "./harness/in-lanes.ts";

const TIMES = 10;
const cells = new Cells("twice");
let world: VerbWorld;
/** Display names of the two. */
let names: string[];

beforeAll(async () => {
  world = await laneWorld();
  const me = await Promise.all([world.tenant.person, world.mate].map((person) => person.ok<MeView>("GET", "/api/me")));
  names = me.map(({ user }) => user.name);
  await world.stock("vm", 1);
  await Promise.all([world.stock("vm", 3), world.stock("container", 4)]);
  await inLanes(4, PAIRS, one);
}, 900_000);

afterAll(() => cells.tell());

async function one(pair: Pair): Promise<void> {
  const { verb, guest } = pair;
  if (isRefusedAltogether(pair)) {
    for (const name of ["two people at once", "one key ten times"] as const)
      cells.note(verb.kind, guest, name, "refused to containers");
    return;
  }
  await onSubject(world, cells, pair, "two people at once", async (subject) => {
    // Each has a name of its own in mind, but for a launch, where the name is all that they could meet in.
    const subjects = [subject, verb.kind === "launch" ? subject : { ...subject, name: freshName() }] as const;
    const keys = [randomUUID(), randomUUID()];
    const people = [world.tenant.person, world.mate] as const;
    // Turn by turn, so that neither has all of the first requests; now one begins, now the other.
    const beginner = randomInt(2);
    const sent = await Promise.all(
      Array.from({ length: 2 * TIMES }, async (_, index) => {
        const who: 0 | 1 = (index + beginner) % 2 === 0 ? 0 : 1;
        const asked = await sendAs(people[who], subjects[who], verb.ask(subjects[who]), keys[who]);
        return { who, asked };
      }),
    );
    const taken = sent.filter(({ asked }) => asked.status === 202);
    const winner = taken[0]?.who ?? 0;
    const [first] = taken;
    if (!first) throw new Error(`nobody won: ${JSON.stringify(sent[0]?.asked.body)}`);
    const end = await endOf(subject, first.asked);
    const faults =
      end.status === "succeeded" ? await verb.came(world, subjects[winner], first.asked.body) : [outcomeOf(end)];
    const lost = sent.filter(({ who }) => who !== winner).map(({ asked }) => toldOf(asked));
    const codes = verb.beaten ?? ["service_busy"];
    const wanted = codes.map((code) => `409 ${code}${code === "name_taken" ? "" : `: ${names[winner]}, ${verb.kind}`}`);
    if (lost.some((text) => !wanted.includes(text)))
      faults.push(`the other was told ${[...new Set(lost)].join(" | ")}`);
    const operations = world.rows("select id from operations where idempotency_key in (?, ?)", ...keys);
    if (operations.length !== 1) faults.push(`${operations.length} operations`);
    for (const fault of faults) cells.fault(verb.kind, guest, "two people at once", fault);
    await sameAnswer(
      pair,
      sent.filter(({ who }) => who === winner).map(({ asked }) => asked),
    );
    const again = () => sendAs(people[winner], subject, verb.ask(subjects[winner]), keys[winner]);
    await keyAgain(pair, first.asked.body, again);
    return `one ${outcomeOf(end)}, the other ${[...new Set(lost)].join(" or ")}`;
  });
  if (cells.faults(verb.kind, guest).some((text) => text.includes("Error")))
    cells.note(verb.kind, guest, "one key ten times", "not shown");
}

function toldOf({ status, body }: Asked): string {
  const { actor, kind } = body.params ?? {};
  return `${status} ${body.code}${actor === undefined ? "" : `: ${actor}, ${kind}`}`;
}

/** All ten of one key were answered alike: by the same operation. */
async function sameAnswer({ verb, guest }: Pair, answers: readonly Asked[]): Promise<void> {
  const seen = new Set(answers.map(({ status, body }) => `${status} ${body.operation?.id ?? body.code}`));
  if (seen.size !== 1 || answers.length !== TIMES)
    cells.fault(verb.kind, guest, "one key ten times", `answered ${[...seen].join(" | ")}`);
}

/** Sent once more when all is over it is still the same request. */
async function keyAgain({ verb, guest }: Pair, before: Accepted, send: () => Promise<Asked>): Promise<void> {
  const again = await send();
  const isSame = again.status === 202 && again.body.operation.id === before.operation.id;
  if (!isSame) cells.fault(verb.kind, guest, "one key ten times", `afterwards ${toldOf(again)}`);
  cells.note(verb.kind, guest, "one key ten times", `one operation, ${TIMES + 1} × ${again.status}`);
}

describe("every verb, by two at once", () => {
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

/** Verbs that exclude one another on one service. */
const MEETINGS: readonly [Verb["kind"], Verb["kind"]][] = [
  ["stop", "snapshot"],
  ["delete", "clone"],
  ["resize", "backup"],
  ["rollback", "delete"],
  ["shutdown", "resize"],
  ["backup", "delete"],
  ["start", "clone"],
  ["reboot", "snapshot_delete"],
];

describe("two people with different things in mind", () => {
  it.each(MEETINGS.flatMap(([one, other]) => GUEST_KINDS.map((guest) => [one, other, guest] as const)))(
    "%s and %s, %s: one wins, the other is told who is doing what",
    async (one, other, guest) => {
      const [first, second] = [one, other].map((kind) => VERBS.find((verb) => verb.kind === kind)) as [Verb, Verb];
      // A container is copied while it is off.
      const isOff = one === "start" || (guest === "container" && other === "clone");
      const { id } = await world.take(guest, { power: isOff ? "stopped" : "running" });
      const subject = await snapped(world, about(world, await serviceOf(world.tenant, id)));
      const answers = await Promise.all([
        sendAs(world.tenant.person, subject, first.ask(subject)),
        sendAs(world.mate, subject, second.ask(subject)),
      ]);
      const winner = answers.findIndex((answer) => answer.status === 202);
      const [won, lost] = [answers[winner], answers[1 - winner]];
      expect(lost && toldOf(lost)).toBe(`409 service_busy: ${names[winner]}, ${winner === 0 ? one : other}`);
      const end = await ended(world.tenant, won?.body.operation.id ?? "");
      expect([end.kind, end.status]).toEqual([end.kind, "succeeded"]);
      await world.give(id);
    },
    90_000,
  );

  it("and ledger, portal and lab agree", async () => {
    expect(await world.faults()).toEqual([]);
  });
});
