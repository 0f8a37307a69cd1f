// Putting an image into the drive of a virtual machine, or taking it out, with the boot order that goes with it.
import { eq } from "drizzle-orm";
import { services } from "../db/schema.ts";
import { imagesOfCluster } from "../domain/images.ts";
import type { Statement } from "../domain/ledger.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import { guestPower, plannedConfig } from "../pve/guests.ts";
import { changeDrive, imagesOn, pendingOptions } from "../pve/media.ts";
import { driveOf, ejecting, imageIn, mounting } from "../rules/drives.ts";
import type { DriveChange, Options } from "../rules/drives.ts";
import { guestAt, provisioner, remember } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { lookAtGuest } from "./make.ts";
import { requireOwnGuest } from "./second-wall.ts";
import { actTask } from "./task-step.ts";

/** Nothing is given back where it fails: the drive is as it was, or as it was to be. */
export const mediaPlan: Plan = {
  steps: [{ name: "media", act: change }],
  serviceAfter: { succeeded: "ready", failed: "ready" },
  settle: ({ deps, facts, service }, outcome) => {
    if (outcome === "failed") return [];
    const imageId = typeof facts.imageId === "string" ? facts.imageId : null;
    // What else waits for the next start goes on waiting.
    const waits = facts.waits === true ? { restartNeeded: true } : {};
    return [
      deps.db
        .update(services)
        .set({ imageId, ...waits })
        .where(eq(services.id, service.id)),
    ];
  },
};

/** Notes what is in the drive of a guest whose configuration has come back from an earlier day. */
export async function noteImage(job: Job, access: PveAccess): Promise<void> {
  if (job.service.kind === "container") return;
  const rows = await imagesOfCluster(job.deps, job.cluster.id);
  const config = await plannedConfig(access, guestAt(job));
  const slot = driveOf(
    config,
    rows.map((image) => image.volume),
  );
  const image = rows.find(({ volume }) => volume === imageIn(config, slot));
  await remember(job, { seenImage: image?.id ?? "" });
}

/** Statements that set the service's drive to what was noted, if anything was. */
export function settleImage({ deps, facts, service }: Job): Statement[] {
  if (typeof facts.seenImage !== "string") return [];
  const imageId = facts.seenImage === "" ? null : facts.seenImage;
  return [deps.db.update(services).set({ imageId }).where(eq(services.id, service.id))];
}

async function change(job: Job): Promise<Progress> {
  const access = await provisioner(job);
  const at = guestAt(job);
  await requireOwnGuest(job, at);
  if ((await lookAtGuest(job)) !== "ours") throw new AppError("guest_lost");
  const volumes = await knownVolumes(job);
  await refuseMissing(job, access);
  const progress = await actTask(job, {
    name: "media",
    access,
    reached: async () => isAsWished(job, volumes, (await pendingOptions(access, at)).next),
    request: async () => {
      const planned = await plannedConfig(access, at);
      const isOn = (await guestPower(access, at)) !== "stopped";
      return changeDrive(access, at, changeOf(job, volumes, planned, isOn), planned.digest);
    },
  });
  if (progress.done) {
    const { next, waiting } = await pendingOptions(access, at);
    const slot = driveOf(next, volumes);
    // A drive that is new cannot be put into a machine that is on, nor is the order read before the next start.
    await remember(job, { waits: waiting.has("boot") || (slot !== null && waiting.has(slot)) });
  }
  return progress;
}

function changeOf(job: Job, volumes: readonly string[], config: Options, isOn: boolean): DriveChange {
  const { volume, boot } = job.facts;
  if (typeof volume !== "string") return ejecting(config, volumes, isOn);
  const mount = mounting(config, volumes, volume, boot === true);
  if (!mount) throw new AppError("image_unavailable");
  return mount;
}

function isAsWished(job: Job, volumes: readonly string[], config: Options): boolean {
  const { volume, boot } = job.facts;
  const slot = driveOf(config, volumes);
  const isFirst = slot !== null && new RegExp(`order=${slot}(;|,|$)`).test(String(config.boot ?? ""));
  if (typeof volume !== "string") return imageIn(config, slot) === null && !isFirst;
  return imageIn(config, slot) === volume && isFirst === (boot === true);
}

/** An image on a node's own storage may not be there on another one. */
async function refuseMissing(job: Job, access: PveAccess): Promise<void> {
  const { volume } = job.facts;
  if (typeof volume !== "string" || job.facts.seen === true) return;
  const found = await imagesOn(access, guestAt(job).node, volume.split(":")[0] ?? "");
  if (!found.some(({ volid }) => volid === volume)) throw new AppError("image_unavailable");
  await remember(job, { seen: true });
}

async function knownVolumes(job: Job): Promise<string[]> {
  return (await imagesOfCluster(job.deps, job.cluster.id)).map((image) => image.volume);
}
