// Putting services and guests right: each looks again at what it changes, for the finding may be minutes old.
import { and, eq, inArray, isNull } from "drizzle-orm";
import { identities, services, snapshots } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { poolsWithComment, removePool, removeUser } from "../../pve/access.ts";
import type { PveAccess } from "../../pve/client.ts";
import { isPveError } from "../../pve/errors.ts";
import { changeGuest, deleteGuest, guestPower, powerGuest } from "../../pve/guests.ts";
import type { GuestAt } from "../../pve/guests.ts";
import { configIfSeen, isNumberFree, moveToPool, removeVolume, sizeOf } from "../../pve/inventory.ts";
import { taskState } from "../../pve/tasks.ts";
import { publish } from "../feed.ts";
import { isQuotaRefusal, quotaRefusal } from "../ledger.ts";
import { viewOfService } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";
import { carriesMark, isSettled, servicesByNumber } from "./survey.ts";

/** What a repair works on: the finding's cluster and the words that it was found with. */
export interface Bench {
  access: PveAccess;
  clusterId: string;
  tenantId: string | null;
  serviceId: string | null;
  subject: string;
  details: Record<string, string | number>;
}

/**
 * Gives up a service whose guest is gone: its charges and those of its snapshots are given back, it stays in the list as failed.
 * @throws AppError `service_busy`, or `guest_not_ours` where the number is in use again.
 */
export async function writeOff(deps: Deps, bench: Bench): Promise<void> {
  const service = await settledService(deps, bench);
  if (!(await isNumberFree(bench.access, service.vmid ?? 0))) throw new AppError("guest_not_ours");
  const isFailed = and(eq(services.id, service.id), eq(services.state, "failed"));
  const ofIt = inArray(snapshots.serviceId, deps.db.select({ id: services.id }).from(services).where(isFailed));
  await deps.db.batch([
    deps.db
      .update(services)
      .set({ state: "failed", power: "unknown", address: null })
      .where(and(eq(services.id, service.id), eq(services.state, "ready"), isNull(services.operationId))),
    deps.db.update(snapshots).set({ state: "deleting" }).where(ofIt),
    deps.db.delete(snapshots).where(ofIt),
  ]);
  await tell(deps, service);
}

/** Puts a marked guest back into its own tenant's pool. @throws AppError `guest_not_ours` */
export async function moveBack(deps: Deps, bench: Bench): Promise<void> {
  const service = await settledService(deps, bench);
  await markedConfig(bench, service);
  const [identity] = await deps.db
    .select({ pool: identities.pool })
    .from(identities)
    .where(and(eq(identities.tenantId, service.tenantId), eq(identities.clusterId, bench.clusterId)));
  if (!identity) throw new AppError("not_found");
  await moveToPool(bench.access, identity.pool, service.vmid ?? 0).catch((error: unknown) => {
    if (!isPveError(error) || !error.detail.includes("already a pool member")) throw error;
  });
}

/**
 * Charges a service for what its guest really takes.
 * @throws AppError `quota_exceeded` with the figures, where the tenant has no room for it.
 */
export async function chargeReal(deps: Deps, bench: Bench): Promise<void> {
  const service = await settledService(deps, bench);
  const real = sizeOf(await markedConfig(bench, service));
  try {
    await deps.db
      .update(services)
      .set(real)
      .where(and(eq(services.id, service.id), eq(services.state, "ready"), isNull(services.operationId)));
  } catch (error) {
    if (!isQuotaRefusal(error)) throw error;
    const more = (key: "cores" | "memoryMiB" | "diskGiB") => Math.max(0, real[key] - service[key]);
    throw await quotaRefusal(deps, service.tenantId, [
      { resource: "vcpu", amount: more("cores") },
      { resource: "memoryMiB", amount: more("memoryMiB") },
      { resource: "diskGiB", amount: more("diskGiB") },
    ]);
  }
  await tell(deps, service);
}

/** Sets a guest's cores and memory to what is charged; a running one takes them at its next start. Disks never shrink. */
export async function resetGuest(deps: Deps, bench: Bench): Promise<void> {
  const service = await settledService(deps, bench);
  const config = await markedConfig(bench, service);
  const { cores, memoryMiB } = service;
  const upid = await changeGuest(bench.access, atOf(bench, service), { cores, memoryMiB }, config.digest);
  if (upid !== null) await finished(bench.access, upid);
}

/**
 * Removes a guest with the mark and number of a service that has ended.
 * @throws AppError `guest_not_ours` where either is not so, `task_failed`
 */
export async function removeGuest(deps: Deps, bench: Bench): Promise<void> {
  const owner = await endedOwner(deps, bench);
  const at = { kind: owner.kind, node: String(bench.details.node), vmid: owner.vmid ?? 0 };
  const config = await configIfSeen(bench.access, at);
  if (config === null) return;
  if (!carriesMark(config.description, owner.id)) throw new AppError("guest_not_ours");
  if ((await guestPower(bench.access, at)) !== "stopped")
    await finished(bench.access, await powerGuest(bench.access, at, "stop"));
  await finished(bench.access, await deleteGuest(bench.access, at));
}

/** Removes a disk with the number of a service that has ended, while no guest has that number. @throws AppError `guest_not_ours` */
export async function removeDisk(deps: Deps, bench: Bench): Promise<void> {
  const owner = await endedOwner(deps, bench);
  if (!(await isNumberFree(bench.access, owner.vmid ?? 0))) throw new AppError("guest_not_ours");
  const upid = await removeVolume(bench.access, String(bench.details.node), bench.subject);
  if (upid !== "") await finished(bench.access, upid);
}

/** Removes an empty pool or a user of a tenant that is deleted, if it still carries that tenant's mark. */
export async function removeLeftover(bench: Bench): Promise<void> {
  const [what, name = ""] = bench.subject.split(/:(.*)/s);
  const mark = `nubemox:${String(bench.details.mark)}`;
  if (what === "user") await removeUser(bench.access, name, mark);
  else if ((await poolsWithComment(bench.access, mark)).includes(name)) await removePool(bench.access, name);
}

async function settledService(deps: Deps, bench: Bench): Promise<ServiceRow> {
  const [row] = await deps.db
    .select()
    .from(services)
    .where(eq(services.id, bench.serviceId ?? ""));
  if (!row) throw new AppError("not_found");
  if (!isSettled(row)) throw new AppError("service_busy");
  return row;
}

/** The service that had this number on this cluster; it must have ended. */
async function endedOwner(deps: Deps, bench: Bench): Promise<ServiceRow> {
  const vmid = Number(bench.details.vmid);
  const owner = (await servicesByNumber(deps, bench.clusterId, [vmid])).get(vmid);
  const hasEnded = owner !== undefined && owner.operationId === null && ["failed", "deleted"].includes(owner.state);
  if (!hasEnded) throw new AppError("guest_not_ours");
  return owner;
}

async function markedConfig(bench: Bench, service: ServiceRow) {
  const config = await configIfSeen(bench.access, atOf(bench, service));
  if (!config || !carriesMark(config.description, service.id)) throw new AppError("guest_not_ours");
  return config;
}

function atOf(bench: Bench, service: ServiceRow): GuestAt {
  return { kind: service.kind, node: String(bench.details.node ?? service.node), vmid: service.vmid ?? 0 };
}

/** How long a repair waits for one task before it leaves the rest to another try. */
const TASK_PATIENCE_MS = 25_000;

async function finished(access: PveAccess, upid: string): Promise<void> {
  const deadline = Date.now() + TASK_PATIENCE_MS;
  for (;;) {
    const state = await taskState(access, upid);
    if (!state.running && state.ok) return;
    if (!state.running || Date.now() > deadline) throw new AppError("task_failed", { step: "repair" });
    await new Promise((wake) => setTimeout(wake, 300));
  }
}

async function tell(deps: Deps, service: ServiceRow): Promise<void> {
  const view = await viewOfService(deps, service.id);
  if (view) await publish(deps, service.tenantId, { type: "service", service: view });
  await publish(deps, service.tenantId, { type: "quota" });
}
