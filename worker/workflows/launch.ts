// Launching a service: number, clone, configuration, disk, start, address; or everything given back.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { machineTemplate } from "../domain/catalogue.ts";
import { open } from "../domain/sealing.ts";
import { AppError } from "../errors.ts";
import { cardLike, createContainer, isConfined } from "../pve/containers.ts";
import { isPveError } from "../pve/errors.ts";
import {
  bootDiskOf,
  cloneGuest,
  configureGuest,
  diskGiBOf,
  guestAddress,
  guestConfig,
  guestPower,
  powerGuest,
  resizeDisk,
  taskTypeOf,
} from "../pve/guests.ts";
import type { GuestAt, GuestConfig } from "../pve/guests.ts";
import { again, DONE, guestAt, markOf, provisioner, tenant } from "./job.ts";
import type { Job, Plan, Progress, Step } from "./job.ts";
import { makeGuest, PREPARE, removeMade, RESERVE } from "./make.ts";
import type { Making } from "./make.ts";
import { actTask } from "./task-step.ts";

/** A fresh guest gets name, size and login, and a disk of its own size. */
export const CONFIGURE: Step = { name: "configure", act: configure };
export const DISK: Step = { name: "disk", act: growDisk };
/** What every new guest ends with: it is on, and its address is known where it tells one. */
export const START: Step = { name: "start", act: start };
export const ADDRESS: Step = { name: "address", act: findAddress };

export const launchPlan: Plan = {
  steps: [
    RESERVE,
    PREPARE,
    { name: "clone", act: (job) => makeGuest(job, launchMaking(job)) },
    CONFIGURE,
    DISK,
    START,
    ADDRESS,
  ],
  undo: (job) => removeMade(job, launchMaking(job)),
  serviceAfter: { succeeded: "ready", failed: "failed" },
};

/** A virtual machine is cloned from a template, a container is made from an archive. */
export function launchMaking(job: Job): Making {
  const { template } = job;
  if (template.volume !== null) return creationOf(job, template.volume);
  const source: GuestAt = { kind: template.kind, node: template.node, vmid: template.vmid };
  return {
    name: "clone",
    node: source.node,
    taskType: taskTypeOf(source.kind, "clone"),
    taskVmid: source.vmid,
    request: (access, guest) => cloneGuest(access, source, guest),
  };
}

function creationOf(job: Job, archive: string): Making {
  const { template, service, cluster } = job;
  return {
    name: "clone",
    node: template.node,
    taskType: taskTypeOf("container", "create"),
    taskVmid: service.vmid ?? 0,
    request: async (access, guest) => {
      const { cores, memoryMiB, diskGiB, sshKeys } = service;
      const { nesting } = template;
      const card = cardOf(job) ?? (await cardLike(access, await machineTemplate(job.deps, cluster.id)));
      const password = await passwordOf(job);
      const place = { archive, storage: cluster.storage, diskGiB };
      const settings = { ...place, cores, memoryMiB, card, nesting, password, sshKeys };
      return createContainer(access, template.node, guest, settings);
    },
  };
}

/** The network card that the guest had before it was made anew; of a launch none. */
function cardOf({ facts }: Job): string | undefined {
  return typeof facts.card === "string" ? facts.card : undefined;
}

async function passwordOf({ deps, service }: Job): Promise<string | null> {
  const { passwordSealed: sealed } = service;
  return sealed === null ? null : open(deps, `service:${service.id}`, sealed);
}

async function configure(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  if (job.service.kind === "container") {
    // All of it was set when it was made; one that is less confined than was asked for does not live.
    if (isConfined(await guestConfig(access, guestAt(job)), job.template.nesting)) return DONE;
    throw new AppError("cluster_misbehaved", { step: "configure" });
  }
  const { service } = job;
  return actTask(job, {
    name: "configure",
    access,
    reached: async () => job.facts.configured === true && isConfigured(await guestConfig(access, guestAt(job)), job),
    request: async () => {
      const password = await passwordOf(job);
      const upid = await configureGuest(access, guestAt(job), {
        name: service.name,
        description: `${markOf(service)}\n`,
        cores: service.cores,
        memoryMiB: service.memoryMiB,
        user: service.loginUser,
        password,
        sshKeys: service.sshKeys,
        card: cardOf(job),
      });
      // The password cannot be read back, so a configuration counts only once it was sent.
      job.facts.configured = true;
      return upid;
    },
  });
}

function isConfigured(config: GuestConfig, job: Job): boolean {
  return (
    Number(config.cores ?? 1) === job.service.cores &&
    Number(config.memory ?? 0) === job.service.memoryMiB &&
    config.name === job.service.name &&
    config.ciuser === job.service.loginUser &&
    (cardOf(job) === undefined || macOf(config.net0) === macOf(cardOf(job)))
  );
}

/** Address of a network card's line, such as `virtio=BC:24:11:…,bridge=vmbr0`. */
function macOf(card: unknown): string | undefined {
  return /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/i.exec(String(card))?.[0].toUpperCase();
}

async function growDisk(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  // Which disk it is, is seen where its size is looked at, and that comes before a request.
  let slot = "";
  return actTask(job, {
    name: "disk",
    access,
    reached: async () => {
      const config = await guestConfig(access, at);
      slot = bootDiskOf(config) ?? "";
      if (slot === "") throw new AppError("cluster_misbehaved", { step: "disk" });
      return (diskGiBOf(config, slot) ?? 0) >= job.service.diskGiB;
    },
    request: () => resizeDisk(access, at, slot, job.service.diskGiB),
  });
}

async function start(job: Job): Promise<Progress> {
  const access = await tenant(job);
  const at = guestAt(job);
  const progress = await actTask(job, {
    name: "start",
    access,
    reached: async () => (await guestPower(access, at)) === "running",
    request: () => powerGuest(access, at, "start"),
  });
  if (progress.done)
    await job.deps.db
      .update(services)
      .set({ power: "running", powerSeenAt: job.deps.now() })
      .where(eq(services.id, job.service.id));
  return progress;
}

/** A guest without an agent never tells its address; the launch is a success all the same after this long. */
const ADDRESS_PATIENCE_MS = 60_000;

async function findAddress(job: Job): Promise<Progress> {
  const started = job.operation.steps.find((step) => step.name === "address")?.startedAt ?? job.deps.now();
  const address = await guestAddress(await tenant(job), guestAt(job)).catch((error: unknown) => {
    if (isPveError(error)) return null;
    throw error;
  });
  if (address === null && job.deps.now() - started < ADDRESS_PATIENCE_MS) return again(1_000);
  await job.deps.db.update(services).set({ address }).where(eq(services.id, job.service.id));
  return DONE;
}
