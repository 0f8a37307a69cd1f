// A copy of a service: a full clone of its guest, under a number and mark of its own; or everything given back.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import {
  changeGuest,
  cloneGuest,
  coresOf,
  guestPower,
  memoryMiBOf,
  nameOf,
  plannedConfig,
  taskTypeOf,
} from "../pve/guests.ts";
import type { GuestAt } from "../pve/guests.ts";
import { guestAt, markOf, provisioner } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { ADDRESS, START } from "./launch.ts";
import { makeGuest, PREPARE, removeMade, RESERVE } from "./make.ts";
import type { Making } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { actTask } from "./task-step.ts";

export const clonePlan: Plan = {
  steps: [RESERVE, PREPARE, { name: "clone", act: copy }, { name: "configure", act: configureCopy }, START, ADDRESS],
  undo: async (job) => removeMade(job, cloneOf(await sourceOf(job))),
  serviceAfter: { succeeded: "ready", failed: "failed" },
};

async function copy(job: Job): Promise<Progress> {
  const source = await sourceOf(job);
  await requireOwnGuest(job, source);
  // The server copies a container that is on from a snapshot only; nothing has been made yet, so that it can be told.
  if (source.kind === "container" && job.facts.cloneSent !== true) {
    if ((await guestPower(await provisioner(job), source)) !== "stopped") throw new AppError("stop_first");
  }
  return makeGuest(job, cloneOf(source));
}

/** Sets a fresh copy to name, mark and size of its service; its user and password are those of what was copied. */
export async function configureCopy(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  const { name, cores, memoryMiB } = job.service;
  return actTask(job, {
    name: "configure",
    access,
    reached: async () => {
      const config = await plannedConfig(access, at);
      return coresOf(config) === cores && memoryMiBOf(config) === memoryMiB && nameOf(config) === name;
    },
    request: () => changeGuest(access, at, { name, description: `${markOf(job.service)}\n`, cores, memoryMiB }),
  });
}

/** The guest that is copied, which the operation holds as well. */
async function sourceOf(job: Job): Promise<GuestAt> {
  const [source] = await job.deps.db
    .select({ kind: services.kind, node: services.node, vmid: services.vmid })
    .from(services)
    .where(eq(services.id, String(job.facts.sourceId)));
  if (!source || source.node === null || source.vmid === null) throw new AppError("guest_lost");
  return { kind: source.kind, node: source.node, vmid: source.vmid };
}

function cloneOf(source: GuestAt): Making {
  return {
    name: "clone",
    node: source.node,
    taskType: taskTypeOf(source.kind, "clone"),
    taskVmid: source.vmid,
    request: (access, guest) => cloneGuest(access, source, { ...guest, full: true }),
  };
}
