// Another name: a virtual machine's name, a container's host name; or the old one again.
import { eq, sql } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { changeGuest, nameOf, plannedConfig } from "../pve/guests.ts";
import { again, DONE, guestAt, provisioner, remember } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { lookAtGuest } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { actTask, isAtWork } from "./task-step.ts";

/** The service has its new name from the request on, so that nobody else takes it meanwhile. */
export const renamePlan: Plan = {
  steps: [{ name: "configure", act: rename }],
  undo: nameBack,
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts, service }, outcome) =>
    outcome === "succeeded"
      ? []
      : [
          deps.db
            .update(services)
            .set({ name: nameUnlessTaken(service, String(facts.fromName)) })
            .where(eq(services.id, service.id)),
        ],
};

/** The old name was free while it was tried: should somebody have taken it, the new one stays. */
function nameUnlessTaken({ id, tenantId }: Job["service"], name: string) {
  const taken = sql`exists (select 1 from services as other
    where other.tenant_id = ${tenantId} and other.name = ${name} and other.deleted_at is null and other.id <> ${id})`;
  return sql`case when ${taken} then ${services.name} else ${name} end`;
}

async function rename(job: Job): Promise<Progress> {
  await requireOwnGuest(job, guestAt(job));
  if ((await lookAtGuest(job)) !== "ours") throw new AppError("guest_lost");
  return setName(job, "configure", String(job.facts.toName));
}

async function nameBack(job: Job): Promise<Progress> {
  if (await isAtWork(job, await provisioner(job), "configure", "qmconfig")) return again(1_000);
  if (job.facts.configureSentAt === undefined || (await lookAtGuest(job)) !== "ours") return DONE;
  return setName(job, "revert", String(job.facts.fromName));
}

async function setName(job: Job, step: "configure" | "revert", name: string): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  return actTask(job, {
    name: step,
    access,
    reached: async () => nameOf(await plannedConfig(access, at)) === name,
    request: async () => {
      const { digest } = await plannedConfig(access, at);
      await remember(job, { [`${step}SentAt`]: job.deps.now() });
      return changeGuest(access, at, { name }, digest);
    },
  });
}
