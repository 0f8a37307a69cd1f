// Every verb, on virtual machine and container, refused: for want of quota or rights, in the wrong state, of others' things, wrong in itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { statusOf } from "../worker/errors.ts";
import { serviceOf } from "./harness/portal.ts";
import { isRefusedAltogether, PAIRS } from "./harness/verb-rows.ts";
import type { Pair } from "./harness/verb-rows.ts";
import { laneWorld } from "./harness/verb-lane.ts";
import { endOf, imageOf, sendAs } from "./harness/verb-runs.ts";
import { makePoor, makeStanding } from "./harness/verb-standing.ts";
import { Cells } from "./harness/verb-table.ts";
import type { Ask, Case, CASES, Standing, Subject } from "./harness/verb-table.ts";
import type { Asked } from "./harness/verb-requests.ts";
import { GUEST_KINDS } from "./harness/verb-world.ts";
import type { GuestKind, VerbWorld } from "./harness/verb-world.ts";
import { inLanes } from "./harness/in-lanes.ts";

const cells = new Cells("refused");
let world: VerbWorld;
let standing: Record<GuestKind, Standing>;
let poor: Record<GuestKind, Subject>;
let program: (method: string, path: string, body: unknown) => Promise<Asked>;
let images: string[];
let changed: string[] = [];

beforeAll(async () => {
  world = await laneWorld();
  await world.stock("vm", 1);
  const [ofPoor, vm, container] = await Promise.all([
    makePoor(world),
    makeStanding(world, "vm"),
    makeStanding(world, "container"),
  ]);
  poor = ofPoor;
  standing = { vm, container };
  program = await world.program(["service.read"]);
  images = await everything();
  // One verb at a time on what stands ready, or it would be busy.
  await inLanes(2, GUEST_KINDS, async (guest) => {
    for (const pair of PAIRS) if (pair.guest === guest) await all(pair);
  });
  changed = (await everything()).filter((image, index) => image !== images[index]);
}, 900_000);

afterAll(() => cells.tell());

/** Services that nothing of all this may change, and what the tenants have used. */
async function everything(): Promise<string[]> {
  const subjects = [poor.vm, poor.container, ...Object.values(standing).flatMap((kind) => Object.values(kind))];
  const tenants = [world.tenant.id, poor.vm.tenant.id];
  const used = world.rows(
    "select tenant_id, resource, used from envelopes where tenant_id in (?, ?) order by 1, 2",
    ...tenants,
  );
  const services = world.rows("select id from services where tenant_id in (?, ?) order by id", ...tenants);
  return [
    ...(await Promise.all(subjects.map((subject: Subject) => imageOf(world, subject)))),
    JSON.stringify(used),
    JSON.stringify(services),
  ];
}

async function all(pair: Pair): Promise<void> {
  for (const [name, work] of Object.entries(CELLS)) {
    const { kind } = pair.verb;
    try {
      for (const text of await work(pair)) cells.note(kind, pair.guest, name as Case, text);
    } catch (error) {
      cells.note(kind, pair.guest, name as Case, "not shown");
      cells.fault(kind, pair.guest, name as Case, error instanceof Error ? error.message : String(error));
    }
  }
}

/** What one refusal was; throws where it is not what was expected. */
function told(asked: Asked, status: number, code: string): string {
  const seen = `${asked.status} ${asked.body.code}`;
  if (seen !== `${status} ${code}`) throw new Error(`${seen} instead of ${status} ${code}`);
  return seen;
}

const CELLS: Record<(typeof CASES)["refused"][number], (pair: Pair) => Promise<string[]>> = {
  quota: async (pair) => {
    const { verb, guest } = pair;
    if (isRefusedAltogether(pair)) return ["refused to containers"];
    if (typeof verb.takes === "string") return [verb.takes];
    const { resource, later } = verb.takes;
    const subject = poor[guest];
    const asked = await sendAs(subject.tenant.person, subject, verb.ask(subject));
    if (!later) {
      const seen = told(asked, 409, "quota_exceeded");
      const row = asked.body.resources?.find((candidate) => candidate.resource === resource);
      if (!row || row.fits || row.left !== 0 || row.asked < 1) throw new Error(`not told of ${resource}`);
      return [`${seen}, ${resource}`];
    }
    const end = await endOf(subject, asked);
    const seen = `${end.status}: ${end.error?.code}, ${end.error?.params["resource"]}`;
    if (seen !== `reverted: quota_exceeded, ${resource}`) throw new Error(seen);
    return [seen];
  },
  rights: async ({ verb, guest }) => {
    const subject = standing[guest].on;
    const ask = verb.ask(subject);
    return [
      told(await sendAs(world.viewer, subject, ask), 403, "role_missing"),
      told(await program(ask.method, ask.path, ask.body), 403, "scope_missing"),
    ];
  },
  "wrong state": async (pair) => {
    const { verb, guest } = pair;
    const { person } = world.tenant;
    if (isRefusedAltogether(pair)) {
      const subject = standing[guest].on;
      const code = verb.refusedAs ?? "kind_unsupported";
      return [told(await sendAs(person, subject, verb.ask(subject)), statusOf(code), code)];
    }
    const seen: string[] = [];
    for (const { what, of, code, later, change } of verb.wrong(guest)) {
      const subject = standing[guest][of];
      const ask = verb.ask(subject);
      const asked = await sendAs(person, subject, change?.(ask, subject, standing[guest]) ?? ask);
      if (!later) {
        seen.push(`${what}: ${told(asked, statusOf(code), code)}`);
        continue;
      }
      const end = await endOf(subject, asked);
      if (end.error?.code !== code) throw new Error(`${what}: ${end.status} ${end.error?.code}`);
      seen.push(`${what}: ${end.status}, ${code}`);
    }
    return seen.length > 0 ? seen : ["is right in every state"];
  },
  "foreign id": async ({ verb, guest }) => {
    const subject = standing[guest].on;
    const ask = verb.ask(subject);
    const { stranger } = world;
    const seen = [`in my tenant: ${told(await sendAs(stranger.person, subject, ask), 404, "not_found")}`];
    if (ask.path === "/services") return seen;
    const his = await sendAs(stranger.person, { ...subject, tenant: stranger }, ask);
    return [...seen, `from his: ${told(his, 404, "not_found")}`];
  },
  "bad input": async ({ verb, guest }) => {
    const subject = standing[guest].on;
    const { person } = world.tenant;
    const seen: string[] = [];
    for (const ask of verb.bad(subject)) seen.push(told(await sendAs(person, subject, ask), 400, "validation_failed"));
    return [
      ...(seen.length > 0 ? [`${seen.length} × ${seen[0]}`] : ["takes no body"]),
      await withoutKey(verb.ask(subject)),
    ];
  },
};

async function withoutKey({ method, path, body }: Ask): Promise<string> {
  const { tenant } = world;
  const headers = { "idempotency-key": "" };
  return told(await tenant.person.send(method, tenant.at(path), body, { headers }), 400, "idempotency_key_missing");
}

describe("every verb is refused in plain words", () => {
  it.each(PAIRS.map((pair) => [pair.verb.kind, pair.guest] as const))("%s, %s", (kind, guest) => {
    expect(cells.faults(kind, guest)).toEqual([]);
  });

  it("and nothing of it has changed anything", async () => {
    expect(changed).toEqual([]);
    expect(await world.faults()).toEqual([]);
    expect((await serviceOf(world.tenant, standing.vm.on.service?.id ?? "")).power).toBe("running");
  });

  it("and no cell is empty", () => {
    expect(cells.empty()).toEqual([]);
  });
});
