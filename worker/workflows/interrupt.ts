// Ending a task that is no longer wanted, so that giving back need not wait for it.
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { stopTask } from "../pve/tasks.ts";
import { provisioner, tenant } from "./job.ts";
import type { Job } from "./job.ts";

/**
 * Long tasks by the step that waits for them, and whose token began them: a token ends only its own. Half a snapshot would leave
 * its guest locked, so that is waited for.
 */
const LONG: Record<string, { fact: string; access: (job: Job) => Promise<PveAccess> }> = {
  clone: { fact: "cloneUpid", access: provisioner },
  restore: { fact: "restoreUpid", access: provisioner },
  backup: { fact: "backupUpid", access: tenant },
  safety: { fact: "backupUpid", access: tenant },
};

/** Asks the task of a step to end; where that does not help, giving back waits until it has ended by itself. */
export async function interrupt(job: Job, step: string): Promise<void> {
  const long = LONG[step];
  if (!long) return;
  const upid = job.facts[long.fact];
  if (typeof upid !== "string") return;
  try {
    await stopTask(await long.access(job), upid);
  } catch (error) {
    if (!isPveError(error)) throw error;
    job.deps.log("info", "task_not_stopped", { operationId: job.operation.id, step, error: error.message });
  }
}
