// Another password for an account inside a virtual machine, set by the agent in it.
import { open } from "../domain/sealing.ts";
import { AppError } from "../errors.ts";
import { agentProblem, setUserPassword } from "../pve/agent.ts";
import { isPveError, PveError } from "../pve/errors.ts";
import { guestPower } from "../pve/guests.ts";
import { DONE, guestAt, provisioner } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { lookAtGuest } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";

/** The password stands sealed in the service's row until this has ended. Nobody can see whether it is set: it is set again. */
export const passwordPlan: Plan = {
  steps: [{ name: "password", act: setPassword }],
  serviceAfter: { succeeded: "ready", failed: "ready" },
};

async function setPassword(job: Job): Promise<Progress> {
  const { deps, service, facts } = job;
  const access = await provisioner(job);
  const at = guestAt(job);
  await requireOwnGuest(job, at);
  if ((await lookAtGuest(job)) !== "ours") throw new AppError("guest_lost");
  if ((await guestPower(access, at)) !== "running") throw new AppError("not_running");
  if (service.passwordSealed === null) throw new AppError("internal");
  const password = await open(deps, `service:${service.id}`, service.passwordSealed);
  try {
    await setUserPassword(access, at, { user: String(facts.user), password });
  } catch (error) {
    const problem = agentProblem(error);
    if (problem !== null) throw new AppError(problem === "silent" ? "agent_silent" : "agent_refused");
    // What a guest says may repeat what it was told, and errors go to the log.
    throw isPveError(error) ? new PveError(error.kind, error.status, "the password was not set") : error;
  }
  return DONE;
}
