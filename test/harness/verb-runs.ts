// One verb done to one service: asked for, waited for, and looked at afterwards.
import { randomUUID } from "node:crypto";
import type { Person } from "../../lab/stack/person.ts";
import type { OperationView } from "../../worker/rules/views.ts";
import { ended, serviceOf } from "./portal.ts";
import type { Asked } from "./verb-requests.ts";
import type { Pair } from "./verb-rows.ts";
import type { Ask, Call, Case, Cells, Subject } from "./verb-table.ts";
import type { VerbWorld } from "./verb-world.ts";

/** Sends what a row of the table asks for, as one of its people; with a fresh key where none is given. */
export function sendAs(person: Person, subject: Subject, ask: Ask, key: string = randomUUID()): Promise<Asked> {
  return person.send(ask.method, subject.tenant.at(ask.path), ask.body, { key });
}

/** What became of an operation, in a word or two. */
export function outcomeOf({ status, error }: OperationView): string {
  return error ? `${status}: ${error.code}` : status;
}

/** What a service looked like, as far as a change that did not come about must leave it. */
export async function imageOf(world: VerbWorld, { service, tenant, backup }: Subject): Promise<string> {
  if (!service) return "";
  const view = await serviceOf(tenant, service.id);
  const { name, state, cores, memoryMiB, diskGiB, operationId } = view;
  const copies = (table: string) =>
    world.rows(`select id, state from ${table} where service_id = ? order by id`, service.id);
  const charges = world.chargesOf(service.id);
  // One that was made on the way, for safety, may stay.
  const isMeant = (row: Record<string, unknown>) => backup === "" || row["id"] === backup;
  const image = { name, state, cores, memoryMiB, diskGiB, operationId, charges };
  return JSON.stringify({ ...image, snapshots: copies("snapshots"), backups: copies("backups").filter(isMeant) });
}

/** What is not as it was where a change did not come about; what was to be made holds nothing. */
export async function stayed(
  world: VerbWorld,
  { verb }: Pair,
  subject: Subject,
  before: string,
  asked: Asked,
): Promise<string[]> {
  const after = await imageOf(world, subject);
  const { id } = asked.body.service;
  const made = verb.makes === true ? `${String(stateOf(world, id))}, holds ${world.chargesOf(id)}` : GIVEN_BACK;
  return [
    ...(after === before ? [] : [`is ${after}, was ${before}`]),
    ...(made === GIVEN_BACK ? [] : [`what was not made is ${made}`]),
  ];
}

/** What is not as it should be where a failure leaves nothing of what was there: everything is given back. */
export function fallen(world: VerbWorld, subject: Subject): string[] {
  const id = subject.service?.id ?? "";
  const left = `${String(stateOf(world, id))}, holds ${world.chargesOf(id)}`;
  return left === GIVEN_BACK ? [] : [`is ${left}`];
}

const GIVEN_BACK = "failed, holds ";

function stateOf(world: VerbWorld, serviceId: string): unknown {
  return world.rows("select state from services where id = ?", serviceId)[0]?.["state"];
}

/** Counts the tasks of a call's kind so far, which must become exactly one more. */
export async function countOf(world: VerbWorld, call: Call, vmid: number): Promise<number> {
  return call.task === undefined ? 0 : world.tasks(call.task, call.about ?? vmid);
}

/** Prepares a subject, does something with it, and gives it back; what is thrown becomes a fault of the cell. */
export async function onSubject(
  world: VerbWorld,
  cells: Cells,
  { verb, guest }: Pair,
  name: Case,
  work: (subject: Subject) => Promise<string>,
): Promise<void> {
  try {
    const subject = await verb.prepare(world, guest);
    const said = await work(subject);
    cells.note(verb.kind, guest, name, said);
    if (subject.service) await world.give(subject.service.id);
  } catch (error) {
    cells.note(verb.kind, guest, name, "not shown");
    cells.fault(verb.kind, guest, name, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** Waits for the end of what was accepted; throws where it was refused. */
export async function endOf(subject: Subject, asked: Asked): Promise<OperationView> {
  if (asked.status !== 202) throw new Error(`answered ${asked.status} ${JSON.stringify(asked.body)}`);
  return ended(subject.tenant, asked.body.operation.id, 90_000);
}
