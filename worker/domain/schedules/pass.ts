// One pass over what schedules are to do: with every poll of a cluster and with every tick, any number of them at once.
import type { Deps } from "../../deps.ts";
import { claimDue, sendAgain } from "./claiming.ts";
import { retireOld } from "./retiring.ts";

/** Does it all; what it costs goes to the log where that is asked for. */
export async function lookAfterSchedules(deps: Deps): Promise<void> {
  if (!deps.measure) return lookAfter(deps);
  await deps.measure(async (cost) => {
    await lookAfter(deps);
    deps.log("info", "schedules_cost", { ...cost });
  });
}

/** What goes wrong in one part holds up neither the others nor whoever calls; the next pass comes soon. */
async function lookAfter(deps: Deps): Promise<void> {
  for (const part of [claimDue, sendAgain, retireOld]) {
    try {
      await part(deps);
    } catch (error) {
      deps.log("error", "schedules_not_looked_after", { part: part.name, error: String(error) });
    }
  }
}
