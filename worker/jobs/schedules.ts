// The queue of schedules: runs that have come due begin what they are for.
import { createDeps } from "../deps.ts";
import type { Deps } from "../deps.ts";
import { beginRuns } from "../domain/schedules/beginning.ts";
import type { DueRuns } from "../domain/schedules/claiming.ts";
import type { Bindings } from "../env.ts";

/** Takes every message for done: a run that did not begin stays claimed in the database, which sends it again. */
export async function runSchedules(batch: MessageBatch<DueRuns>, env: Bindings): Promise<void> {
  const deps = createDeps(env);
  const runs = [...new Set(batch.messages.flatMap((message) => message.body.runs))];
  await begin(deps, runs);
  batch.ackAll();
}

/** What it costs goes to the log where that is asked for. */
function begin(deps: Deps, runs: string[]): Promise<void> {
  if (!deps.measure) return beginRuns(deps, runs);
  return deps.measure(async (cost) => {
    await beginRuns(deps, runs);
    deps.log("info", "runs_cost", { runs: runs.length, ...cost });
  });
}
