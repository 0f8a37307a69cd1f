// One operation measured from outside: how long the portal took for it, how long Proxmox VE worked, how often it was asked.
import type { TaskSpan } from "../../lab/tasks.ts";
import type { OperationView } from "../../worker/rules/views.ts";
import { ended } from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import type { Asked } from "../harness/verb-requests.ts";

/** Longer than any operation here takes, also with twenty at once on two cores. */
const END_TIMEOUT_MS = 240_000;

export interface Timed {
  operation: OperationView;
  /** From the operation's beginning, which the 202 tells of, to its end. */
  totalMs: number;
  /** The same to the end of the step that switches the guest on; as `totalMs` where there is none. What follows waits for the guest. */
  onMs: number;
}

export interface Measured extends Timed {
  /** Sum of the tasks that the lab ran meanwhile. */
  tasksMs: number;
  /** Calls by method and path. */
  calls: Record<string, number>;
}

/** Asks, waits for the end; throws unless it succeeds. */
export async function timed(tenant: Tenant, ask: () => Promise<Asked>): Promise<Timed> {
  const { status, body } = await ask();
  if (status !== 202) throw new Error(`refused: ${status} ${JSON.stringify(body)}`);
  const operation = await ended(tenant, body.operation.id, END_TIMEOUT_MS);
  if (operation.status !== "succeeded")
    throw new Error(`${operation.kind} ended ${operation.status}: ${JSON.stringify(operation.error)}`);
  const { startedAt } = operation;
  const totalMs = Number(operation.endedAt) - startedAt;
  const onAt = operation.steps.find((step) => step.name === "start")?.endedAt;
  return { operation, totalMs, onMs: onAt ? onAt - startedAt : totalMs };
}

/** The same of an operation that runs alone, with what the lab has seen of it. */
export async function measured(site: Site, tenant: Tenant, ask: () => Promise<Asked>): Promise<Measured> {
  await fetch(`${site.controlUrl}/calls`, { method: "DELETE" });
  const before = await tasksOf(site);
  const run = await timed(tenant, ask);
  const tasks = (await tasksOf(site)).slice(before.length);
  const calls = (await (await fetch(`${site.controlUrl}/calls`)).json()) as Record<string, number>;
  return { ...run, tasksMs: sum(tasks.map((task) => task.endedAt - task.startedAt)), calls };
}

/** Tasks that have ended, in the order of their ends. */
export async function tasksOf(site: Site): Promise<TaskSpan[]> {
  return (await (await fetch(`${site.controlUrl}/tasks`)).json()) as TaskSpan[];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
