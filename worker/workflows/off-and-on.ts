// A guest that is off for a while because of an operation, and on again where that has come to nothing.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { isPveError } from "../pve/errors.ts";
import { again, DONE, remember } from "./job.ts";
import type { Job, Progress } from "./job.ts";
import { START } from "./launch.ts";
import { mayStillCome, stateOfTask } from "./task-step.ts";

/** Writes down that the guest is off, which an operation has seen to itself. */
export async function noteOff(job: Job): Promise<void> {
  const { deps, service } = job;
  await deps.db
    .update(services)
    .set({ power: "stopped", powerSeenAt: deps.now(), address: null })
    .where(eq(services.id, service.id));
}

/**
 * Starts a guest again that was on when the operation came to it (`wasOn`). One that does not start within the time of a step
 * stays off: its person sees that, and nothing is to hold the service for ever.
 */
export async function switchBackOn(job: Job): Promise<Progress> {
  const { deps, facts } = job;
  if (facts.wasOn !== true) return DONE;
  // What was to stop it ends first: it must not come after the start.
  const { stopUpid: upid } = facts;
  if (typeof upid === "string" && (await stateOfTask(job, upid)).running) return again(1_000);
  if (await mayStillCome(job, "stop", "stop")) return again(1_000);
  if (facts.backSince === undefined) await remember(job, { backSince: deps.now(), startUpid: null });
  try {
    return await START.act(job);
  } catch (error) {
    const isOver = deps.now() - Number(facts.backSince) >= deps.config.STEP_BUDGET_MS;
    if (!isOver || !(isPveError(error) || error instanceof AppError)) throw error;
    deps.log("warn", "not_switched_back_on", { operationId: job.operation.id, error: String(error) });
    return DONE;
  }
}
