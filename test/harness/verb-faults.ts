// Faults of the lab around one request of one operation, or the task that it begins, and of no other.
import { pause } from "./portal.ts";
import type { Asked } from "./verb-requests.ts";
import type { Pair } from "./verb-rows.ts";
import { plain } from "./verb-subjects.ts";
import type { Call, Subject } from "./verb-table.ts";
import type { VerbWorld } from "./verb-world.ts";

type Rule = Record<string, unknown>;

/** The rules in force around one call. */
export interface Armed {
  asked: Asked;
  /** The guest that the operation is about. */
  vmid: number;
  call: Call;
  /** How often all of the rules have struck. */
  struck: () => Promise<number>;
  calm: () => Promise<void>;
}

/** Rules that strike the request itself, once. */
export function onRequest(...rules: Rule[]) {
  return (call: Call, _vmid: number): Rule[] =>
    rules.map((rule) => ({
      ...rule,
      method: call.method,
      path: call.path,
      ...(call.body === undefined ? {} : { body: call.body }),
      after: call.after ?? 0,
      times: 1,
    }));
}

/** A rule that fails the task that the request begins. */
export function onTask(taskError: string) {
  return (call: Call, vmid: number): Rule[] => [
    { kind: "task-fail", taskType: call.task, vmid: call.about ?? vmid, taskError, times: 1 },
  ];
}

/** The calls of a verb by their steps and looks; numbers and names do not matter here. */
export function callsOf(world: VerbWorld, { verb, guest }: Pair): Call[] {
  return verb.calls(plain(world, guest), 0, world);
}

/** Stands for the number of a guest that has none yet. */
const NO_NUMBER = 1_234_567;
/** How long what makes a guest is held, so that its number can be read before. */
const HELD_MS = 700;

/**
 * Asks for a verb with rules in force around one of its calls. Where the guest has no number before, what makes it is held for
 * a moment, and the rules come into force as soon as there is a number.
 */
export async function askUnder(
  world: VerbWorld,
  { verb }: Pair,
  subject: Subject,
  index: number,
  rulesFor: (call: Call, vmid: number) => Rule[],
  send: () => Promise<Asked>,
): Promise<Armed> {
  const callsFor = (vmid: number) => verb.calls(subject, vmid, world);
  const early = callsFor(verb.makes ? NO_NUMBER : subject.vmid);
  const call = early[index];
  if (!call) throw new Error(`there is no call ${index}`);
  const rulesBefore = rulesFor(call, verb.makes ? NO_NUMBER : subject.vmid);
  if (!JSON.stringify(rulesBefore).includes(String(NO_NUMBER))) {
    const ids = await add(world, rulesBefore);
    const asked = await send();
    const vmid = verb.makes && asked.status === 202 ? await numberOf(world, asked.body.service.id) : subject.vmid;
    return armed(world, asked, vmid, callsFor(vmid)[index] ?? call, ids);
  }
  const making = early.find((row) => row.first !== true);
  if (!making) throw new Error("nothing makes a guest");
  const hold = await add(world, onRequest({ kind: "latency", ms: HELD_MS })(making, 0));
  const asked = await send();
  const vmid = asked.status === 202 ? await numberOf(world, asked.body.service.id) : 0;
  const real = callsFor(vmid)[index] ?? call;
  const ids = await add(world, rulesFor(real, vmid));
  await remove(world, hold);
  return armed(world, asked, vmid, real, ids);
}

function armed(world: VerbWorld, asked: Asked, vmid: number, call: Call, ids: string[]): Armed {
  return {
    asked,
    vmid,
    call,
    struck: async () => {
      const answer = await fetch(`${world.site.controlUrl}/faults`);
      const rules = (await answer.json()) as { id: string; struck: number }[];
      return Math.min(...rules.filter((rule) => ids.includes(rule.id)).map((rule) => rule.struck));
    },
    calm: () => remove(world, ids),
  };
}

async function add(world: VerbWorld, rules: readonly Rule[]): Promise<string[]> {
  const ids: string[] = [];
  for (const rule of rules) {
    const answer = await fetch(`${world.site.controlUrl}/faults`, { method: "POST", body: JSON.stringify(rule) });
    if (!answer.ok) throw new Error(`fault refused: ${await answer.text()}`);
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}

async function remove(world: VerbWorld, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => fetch(`${world.site.controlUrl}/faults/${id}`, { method: "DELETE" })));
}

async function numberOf(world: VerbWorld, serviceId: string): Promise<number> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const vmid = world.vmidOf(serviceId);
    if (vmid > 0) return vmid;
    await pause(5);
  }
  throw new Error("the service never got a number");
}
