// Deleting a service: guest and disks first, then the charges, so that quota is free only when the room is.
import { holdsCharges } from "../domain/ledger.ts";
import { AppError } from "../errors.ts";
import { again, DONE, guestAt, remember } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { deleteOwnGuest, lookAtGuest } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";

export const deletePlan: Plan = {
  steps: [
    { name: "stop", act: checkMark },
    { name: "remove", act: remove },
    { name: "settle", act: async () => DONE },
  ],
  serviceAfter: { succeeded: "deleted", failed: "ready" },
};

/** A failed launch has no guest, and one that somebody removed on the cluster is gone already: both are fine. */
async function checkMark(job: Job): Promise<Progress> {
  if (job.service.vmid === null) return DONE;
  await requireOwnGuest(job, guestAt(job));
  const found = await lookAtGuest(job);
  // What stands under the number of a service that holds nothing was never its own: there is nothing to remove.
  if (found === "foreign" && (await holdsCharges(job.deps, job.service.id))) throw new AppError("guest_not_ours");
  await remember(job, { guestSeen: found === "ours" });
  return DONE;
}

async function remove(job: Job): Promise<Progress> {
  if (job.service.vmid === null || !job.facts.guestSeen) return DONE;
  if ((await lookAtGuest(job)) !== "ours") return DONE;
  const progress = await deleteOwnGuest(job);
  return progress.done ? again(0) : progress;
}
