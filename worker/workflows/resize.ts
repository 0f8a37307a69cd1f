// Another size: cores and memory at the next start of a running guest, the disk at once; or the old size again.
import { AppError } from "../errors.ts";
import { bootDiskOf, changeGuest, coresOf, diskGiBOf, memoryMiBOf, plannedConfig, resizeDisk } from "../pve/guests.ts";
import type { PveAccess } from "../pve/client.ts";
import { again, DONE, guestAt, provisioner, remember } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { lookAtGuest } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { noteSize, settleSize } from "./size.ts";
import { actTask, isAtWork } from "./task-step.ts";

/** While it goes on, the service is charged for the larger of both sizes. */
export const resizePlan: Plan = {
  steps: [
    { name: "configure", act: configure },
    { name: "disk", act: growDisk },
  ],
  undo: changeBack,
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: (job, outcome) => settleSize(job, sizeIn(job, outcome === "succeeded" ? "to" : "from")),
};

function sizeIn({ facts }: Job, prefix: "from" | "to") {
  return {
    cores: Number(facts[`${prefix}Cores`]),
    memoryMiB: Number(facts[`${prefix}MemoryMiB`]),
    diskGiB: Number(facts[`${prefix}DiskGiB`]),
  };
}

async function configure(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  await requireOwnGuest(job, guestAt(job));
  if ((await lookAtGuest(job)) !== "ours") throw new AppError("guest_lost");
  return setOptions(job, access, "configure", "to");
}

async function setOptions(job: Job, access: PveAccess, name: string, which: "from" | "to"): Promise<Progress> {
  const { cores, memoryMiB } = sizeIn(job, which);
  const at = guestAt(job);
  return actTask(job, {
    name,
    access,
    reached: async () => {
      const planned = await plannedConfig(access, at);
      return coresOf(planned) === cores && memoryMiBOf(planned) === memoryMiB;
    },
    request: async () => {
      const { digest } = await plannedConfig(access, at);
      await remember(job, { [`${name}SentAt`]: job.deps.now() });
      return changeGuest(access, at, { cores, memoryMiB }, digest);
    },
  });
}

async function growDisk(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  const { diskGiB } = sizeIn(job, "to");
  // Which disk it is, is seen where its size is looked at, and that comes before a request.
  let slot = "";
  const progress = await actTask(job, {
    name: "disk",
    access,
    reached: async () => {
      const planned = await plannedConfig(access, at);
      slot = bootDiskOf(planned) ?? "";
      if (slot === "") throw new AppError("cluster_misbehaved", { step: "disk" });
      return (diskGiBOf(planned, slot) ?? 0) >= diskGiB;
    },
    request: async () => {
      await remember(job, { diskSentAt: job.deps.now() });
      return resizeDisk(access, at, slot, diskGiB);
    },
  });
  if (progress.done) await noteSize(job, access);
  return progress;
}

/** Cores and memory go back; a disk that has grown stays so, and stays charged. */
async function changeBack(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  for (const [name, type] of [
    ["configure", "qmconfig"],
    ["disk", "resize"],
  ] as const) {
    if (await isAtWork(job, access, name, type)) return again(1_000);
  }
  if ((await lookAtGuest(job)) !== "ours") return DONE;
  if (job.facts.configureSentAt !== undefined) {
    const progress = await setOptions(job, access, "revert", "from");
    if (!progress.done) return progress;
  }
  await noteSize(job, access);
  return DONE;
}
