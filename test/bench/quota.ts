// `npm run bench:quota [operations]`: many actors, random deeds through the real Worker over a tree of three levels, with crashes;
// after each batch everything that must hold is looked at: ledger, services, snapshots, backups and the guests in the lab.
import type { Stack } from "../../lab/stack/stack.ts";
import { pause } from "../harness/portal.ts";
import type { Site } from "../harness/portal.ts";
import { disagreements } from "../harness/books.ts";
import { copyFaults } from "../harness/copy-books.ts";
import { round, runBench, table } from "./measure.ts";
import { CHOICES, DEEDS, pick } from "./quota-deeds.ts";
import type { Reply } from "./quota-deeds.ts";
import { look, makeWorld } from "./quota-world.ts";
import type { World } from "./quota-world.ts";

const OPERATIONS = Number(process.argv[2] ?? 10_000);
const ACTORS = 24;
const BATCH = Math.min(500, OPERATIONS);
/** In the middle of every second batch the Worker is killed as a power cut would do it. */
const CRASH_EVERY = 2;
const SEED = Number(process.env["SEED"] ?? 20_261_121);
/** A crowded machine must not make an operation give up by itself; a dead one is taken over soon. */
const VARS = {
  MEASURE_COST: "1",
  POLL_PERIOD_MS: "2000",
  PVE_TIMEOUT_MS: "20000",
  OPERATION_LEASE_MS: "25000",
  STEP_BUDGET_MS: "240000",
};
const QUIET_TIMEOUT_MS = 600_000;

/** How often an actor waits for what was begun, as people do; otherwise it goes on at once and meets what is busy. */
const WAITS = 0.75;

/** Tallies of one kind of deed. */
interface Tally {
  done: number;
  quota: number;
  refused: number;
  lost: number;
  odd: number;
  read: number;
  written: number;
  measured: number;
}

await runBench("quota", { labSpeed: 200, vars: VARS }, async ({ claim, figures, say, guard }, { stack, operator }) => {
  const site: Site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  const world = await makeWorld(site, operator, ACTORS);
  say(`${world.nodes.length} tenants and resellers, ${world.actors.length} actors, seed ${SEED}`);
  const random = mulberry(SEED);
  const tallies: Record<string, Tally> = {};
  const odd: string[] = [];
  const violations: string[] = [];
  let crashes = 0;
  let done = 0;
  for (let batch = 0; done < OPERATIONS; batch += 1) {
    const size = Math.min(BATCH, OPERATIONS - done);
    const crashing = batch % CRASH_EVERY === 1;
    await runBatch(world, size, random, tallies, odd, crashing ? () => guard(crash(stack)) : null);
    crashes += crashing ? 1 : 0;
    done += size;
    const found = await whatIsBroken(world, stack);
    violations.push(...found.map((fault) => `batch ${batch}: ${fault}`));
    say(
      `${done} of ${OPERATIONS} operations, ${crashes} crashes, ${found.length} violations${found.length ? `: ${found.slice(0, 5).join("; ")}` : ""}`,
    );
    if (violations.length > 50) break;
  }
  for (const line of odd.slice(0, 10)) say(`  unexpected: ${line}`);
  report(tallies, say);
  const total = (key: keyof Tally) => Object.values(tallies).reduce((sum, tally) => sum + tally[key], 0);
  claim(`${total("done") + total("quota") + total("refused") + total("lost")} operations ran`, done >= OPERATIONS);
  claim(`no invariant was ever violated (${violations.length})`, violations.length === 0);
  claim(`no answer was out of the ordinary (${total("odd")})`, total("odd") === 0);
  claim(
    `quota refused some (${total("quota")}) and let some pass (${total("done")})`,
    total("quota") > 0 && total("done") > 0,
  );
  const chains = await verdicts(world);
  claim(`the audit of every tenant verifies (${chains.ok} of ${chains.all})`, chains.ok === chains.all);
  Object.assign(figures, {
    operations: done,
    actors: world.actors.length,
    crashes,
    violations: violations.length,
    done: total("done"),
    refusedByQuota: total("quota"),
    refusedOtherwise: total("refused"),
    lostInCrashes: total("lost"),
    rowsReadPerOperation: round(total("read") / Math.max(1, total("measured")), 1),
    rowsWrittenPerOperation: round(total("written") / Math.max(1, total("measured")), 1),
  });
});

/** Runs a batch of deeds, each actor one after the other and all actors at once; with a crash in the middle where one is given. */
async function runBatch(
  world: World,
  size: number,
  random: () => number,
  tallies: Record<string, Tally>,
  odd: string[],
  crashNow: (() => Promise<void>) | null,
): Promise<void> {
  let left = size;
  let crashing: Promise<void> | null = null;
  const work = async (actor: World["actors"][number]): Promise<void> => {
    while (left > 0) {
      if (crashNow && !crashing && left < size / 2) crashing = crashNow();
      if (crashing) await crashing;
      const name = pick(CHOICES, random) ?? "launch";
      const deed = DEEDS[name];
      if (!deed) continue;
      left -= 1;
      const reply = await deed.run(world, actor, random).catch((): "lost" => "lost");
      if (reply === null) {
        left += 1;
        continue;
      }
      note((tallies[name] ??= emptyTally()), name, reply, odd);
      const operationId = reply === "lost" ? undefined : reply.body?.operation?.id;
      if (operationId && random() < WAITS) await untilEnded(world.site, operationId);
    }
  };
  await Promise.all(world.actors.map(work));
}

async function untilEnded(site: Site, operationId: string): Promise<void> {
  const deadline = Date.now() + QUIET_TIMEOUT_MS;
  while (look(site, "select 1 from operations where id = ? and ended_at is null", operationId).length > 0) {
    if (Date.now() > deadline) return;
    await pause(150);
  }
}

async function crash(stack: Stack): Promise<void> {
  await stack.killWorker();
  await stack.startWorker();
}

function note(tally: Tally, name: string, reply: Reply | "lost", odd: string[]): void {
  // The development server in front of the Worker answers so where the connection between the two broke.
  if (reply === "lost" || (typeof reply.body === "string" && String(reply.body).includes("Network connection lost"))) {
    tally.lost += 1;
    return;
  }
  const [, read, written] = /read=(\d+), written=(\d+)/.exec(reply.headers.get("x-nubemox-rows") ?? "") ?? [];
  if (read !== undefined) {
    tally.measured += 1;
    tally.read += Number(read);
    tally.written += Number(written);
  }
  const code = reply.body?.code ?? "";
  if (reply.status < 300) tally.done += 1;
  else if (code === "quota_exceeded" || code === "limit_below_used") {
    tally.quota += 1;
    const hasNumbers =
      code === "limit_below_used"
        ? reply.body.params?.["used"] !== undefined
        : reply.body.resources?.some((row) => !row.fits);
    if (!hasNumbers) odd.push(`${name}: ${code} without numbers ${JSON.stringify(reply.body)}`);
  } else if (reply.status < 500 && reply.status !== 401 && code !== "not_signed_in") tally.refused += 1;
  else {
    tally.odd += 1;
    odd.push(`${name}: ${reply.status} ${JSON.stringify(reply.body).slice(0, 300)}`);
  }
}

/** Waits until nothing is under way, then compares everything with everything. */
async function whatIsBroken(world: World, stack: Stack): Promise<string[]> {
  const { site } = world;
  const deadline = Date.now() + QUIET_TIMEOUT_MS;
  while (look(site, "select 1 from operations where ended_at is null limit 1").length > 0) {
    if (Date.now() > deadline) {
      const stuck = look<{ id: string; kind: string; status: string }>(
        site,
        "select id, kind, status from operations where ended_at is null",
      );
      return stuck.map((row) => `${row.kind} ${row.id} is still ${row.status}`);
    }
    await pause(500);
  }
  return [...(await disagreements(site)), ...(await copyFaults(stack.lab, site))];
}

async function verdicts(world: World): Promise<{ ok: number; all: number }> {
  let ok = 0;
  for (const node of world.nodes) {
    const actor = world.actors.find((one) => one.node.id === node.id);
    const answer = await actor?.person.send<{ ok: boolean }>("GET", `/api/tenants/${node.id}/audit/verify`);
    if (answer?.body.ok === true) ok += 1;
  }
  return { ok, all: world.nodes.length };
}

function report(tallies: Record<string, Tally>, say: (line: string) => void): void {
  const rows = Object.entries(tallies).map(([name, tally]) => [
    name,
    ...[tally.done, tally.quota, tally.refused, tally.lost, tally.odd].map(String),
    (tally.read / Math.max(1, tally.measured)).toFixed(1),
    (tally.written / Math.max(1, tally.measured)).toFixed(1),
  ]);
  say(table(["deed", "done", "no quota", "refused", "lost", "odd", "rows read", "rows written"], rows));
}

function emptyTally(): Tally {
  return { done: 0, quota: 0, refused: 0, lost: 0, odd: 0, read: 0, written: 0, measured: 0 };
}

/** Mulberry32: a small generator whose sequence a seed repeats. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
