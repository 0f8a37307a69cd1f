// The durable run of an operation: turn after turn until there is none left.
import { WorkflowEntrypoint } from "cloudflare:workers";
import type { WorkflowEvent, WorkflowStep } from "cloudflare:workers";
import { createDeps } from "../deps.ts";
import type { Deps } from "../deps.ts";
import type { Bindings, OperationParams } from "../env.ts";
import { takeTurn } from "./turn.ts";
import type { NextTurn } from "./turn.ts";

/** Turns are retried by themselves, with their own rule of when to give up. */
const ONCE = { retries: { limit: 0, delay: 0 }, timeout: "5 minutes" } as const;

export class OperationWorkflow extends WorkflowEntrypoint<Bindings, OperationParams> {
  override async run(event: Readonly<WorkflowEvent<OperationParams>>, step: WorkflowStep): Promise<void> {
    for (let turn = 1; ; turn += 1) {
      const next = await step.do(`turn ${turn}`, ONCE, () => turnsOf(createDeps(this.env), event.payload));
      if (next === null) return;
      if (next.waitMs > 0) await step.sleep(`wait ${turn}`, next.waitMs);
    }
  }
}

/** How long turns may follow one another in one step of the workflow; a turn itself may wait for slow answers a while longer. */
const STRETCH_MS = 10_000;

/**
 * A turn, and those after it that have nothing to wait for: how far they have come stands in the database after each, so that
 * the workflow's own note of it, which takes as long as a short turn, is not needed between them.
 */
async function turnsOf(deps: Deps, params: OperationParams): Promise<NextTurn> {
  const startedAt = deps.now();
  for (;;) {
    const next = await turnOf(deps, params);
    if (next === null || next.waitMs > 0 || deps.now() - startedAt > STRETCH_MS) return next;
  }
}

/** One turn; its cost goes to the log where that is asked for. */
function turnOf(deps: Deps, params: OperationParams): Promise<NextTurn> {
  if (!deps.measure) return takeTurn(deps, params);
  return deps.measure(async (cost) => {
    const next = await takeTurn(deps, params);
    deps.log("info", "turn_cost", { operationId: params.operationId, ...cost });
    return next;
  });
}
