// Every verb once, on a virtual machine and on a container, alone: its time over its tasks' time, and how often it asks Proxmox VE.
import type { Person } from "../../lab/stack/person.ts";
import type { LabReady } from "../../lab/stack/stack.ts";
import type { Site } from "../harness/portal.ts";
import { isRefusedAltogether, PAIRS } from "../harness/verb-rows.ts";
import type { Pair } from "../harness/verb-rows.ts";
import { sendAs } from "../harness/verb-runs.ts";
import { VerbWorld } from "../harness/verb-world.ts";
import { measured, sum } from "./launch-measure.ts";
import { round, table } from "./measure.ts";
import type { Bench } from "./measure.ts";

/**
 * The most calls to Proxmox VE that a verb may take beside its looks at tasks that go on and at guests that boot, whose number is
 * one of time; the first of a virtual machine, the second of a container, 0 where containers are refused it. What it took when
 * this was written and two more; more of the removal of a snapshot, whose task may outlast a turn of the operation.
 */
const LIMITS: Record<string, [number, number]> = {
  rebuild: [27, 24],
  restore_over: [30, 29],
  launch: [12, 10],
  clone: [16, 15],
  restore: [8, 8],
  delete: [13, 13],
  snapshot: [5, 5],
  rollback: [9, 9],
  snapshot_delete: [12, 5],
  backup: [8, 8],
  backup_delete: [6, 6],
  resize: [15, 13],
  rename: [10, 8],
  password: [6, 0],
  media: [13, 0],
  script: [11, 0],
  start: [8, 8],
  shutdown: [8, 8],
  stop: [7, 7],
  reboot: [9, 9],
  reset: [8, 0],
  suspend: [8, 0],
  resume: [8, 0],
};

const LOOKS = /^GET .*(\/tasks\/\{upid\}\/status|\/agent\/network-get-interfaces|\/interfaces)$/;

export async function verbCalls(bench: Bench, site: Site, lab: LabReady, operator: Person): Promise<void> {
  bench.say("every verb, one after the other …");
  const world = await VerbWorld.make(site, lab, operator);
  // What belongs to a tenant's first launch is not counted as a verb's.
  await world.stock("vm", 1);
  await world.stock("container", 1);
  const rows: string[][] = [];
  const verbs: Record<string, { calls: number; looks: number; totalMs: number; tasksMs: number }> = {};
  for (const pair of PAIRS.filter((one) => !isRefusedAltogether(one))) {
    const figures = await figuresOf(world, site, pair);
    const { calls, looks, totalMs, tasksMs } = figures;
    const name = `${pair.verb.kind}, ${pair.guest}`;
    verbs[name] = figures;
    rows.push([name, `${calls}`, `${looks}`, `${round(totalMs, 0)}`, `${round(tasksMs, 0)}`]);
    const limit = LIMITS[pair.verb.kind]?.[pair.guest === "vm" ? 0 : 1] ?? 0;
    bench.claim(`${name} asks Proxmox VE at most ${limit} times beside its looks (${calls})`, calls <= limit);
  }
  bench.say(table(["verb", "calls", "looks", "ms", "ms of tasks"], rows));
  bench.figures["verbs"] = verbs;
}

async function figuresOf(world: VerbWorld, site: Site, { verb, guest }: Pair) {
  const subject = await verb.prepare(world, guest);
  const run = await measured(site, subject.tenant, () => sendAs(world.tenant.person, subject, verb.ask(subject)));
  if (subject.service) await world.give(subject.service.id);
  const [looks, calls] = [true, false].map((isLook) =>
    sum(Object.entries(run.calls).flatMap(([call, times]) => (LOOKS.test(call) === isLook ? [times] : []))),
  ) as [number, number];
  return { calls, looks, totalMs: run.totalMs, tasksMs: run.tasksMs };
}
