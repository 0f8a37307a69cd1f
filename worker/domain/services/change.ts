// Requests that change a service that is there, or copy it: power, size, clone, deletion; by people, or by the portal itself.
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { pendingSize } from "../../pve/guests.ts";
import { deletionAt } from "../../rules/expiry.ts";
import { demandOfService, growthOfService } from "../../rules/quota.ts";
import type { Size } from "../../rules/quota.ts";
import type { Accepted, OperationKind, PowerState } from "../../rules/views.ts";
import type { PendingView } from "../../rules/views-copies.ts";
import { SYSTEM, trail } from "../audit.ts";
import { templateById } from "../catalogue.ts";
import { clusterById } from "../clusters.ts";
import { tenantAccess } from "../identities.ts";
import { chargeService } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency, OperationRow } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { begin, beginOn, busyWith, lock, refuseUnready, replayed } from "./begin.ts";
import { checkSize } from "./launch.ts";
import { copyOf, serviceIn, serviceOf } from "./services.ts";
import type { ServiceRow } from "./services.ts";

export type PowerAction = Extract<
  OperationKind,
  "start" | "shutdown" | "stop" | "reboot" | "reset" | "suspend" | "resume"
>;

/** What is asked of a service's power; the time is how long the guest is given to follow, the force what comes after it. */
export interface PowerRequest {
  action: PowerAction;
  timeoutSeconds: number;
  force: boolean;
}

const STARTING: readonly PowerAction[] = ["start", "reboot", "reset", "resume"];
/** Proxmox VE has these for virtual machines only; a container's are experimental there. */
const OF_MACHINES: readonly PowerAction[] = ["reset", "suspend", "resume"];

/**
 * Switches a service on or off, or suspends it. Where the list knows already that it cannot be, it is refused at once.
 * @throws AppError `kind_unsupported`, `not_running`, `not_paused`, `service_busy`, `service_not_ready`; for what lets it run
 * also `tenant_suspended`, `service_expired`, `service_leaving`.
 */
export async function powerService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  request: PowerRequest,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  const { action, timeoutSeconds, force } = request;
  const isStarting = STARTING.includes(action);
  if (isStarting) refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const isWaiting = action === "shutdown" || action === "reboot";
  const facts: Record<string, number | boolean> = isWaiting ? { seconds: timeoutSeconds, force } : {};
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { action, ...facts } });
  if (service.kind === "container" && OF_MACHINES.includes(action)) throw new AppError("kind_unsupported");
  await refuseUnready(deps, service, isStarting ? "starts" : "spares");
  refusePower(action, service.power);
  return beginOn(deps, scope, service, action, idempotency, { facts });
}

function refusePower(action: PowerAction, power: PowerState): void {
  if (power === "unknown") return;
  if (action === "resume" && power !== "paused") throw new AppError("not_paused");
  if (action === "suspend" && power === "stopped") throw new AppError("not_running");
  if (action === "reset" && power !== "running") throw new AppError("not_running");
}

/**
 * Deletes a service and gives its quota back when its guest is gone. With days of grace it is shut down and kept, charged, until
 * they are over. A failed one, which holds nothing, goes at once.
 * @throws AppError `confirmation_mismatch`, `service_busy`; with grace `service_not_ready`.
 */
export async function deleteService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  wish: { typedName: string; graceDays: number },
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  const service = await serviceOf(deps, scope, serviceId);
  const { graceDays } = wish;
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { graceDays } });
  if (wish.typedName !== service.name) throw new AppError("confirmation_mismatch");
  if (service.operationId !== null) throw await busyWith(deps, service.id);
  if (graceDays > 0 && service.state !== "failed") {
    await refuseUnready(deps, service, "spares");
    const changes = { deleteAt: deletionAt(deps.now(), graceDays) };
    // One that does not listen is switched off: nobody is to use what is about to go.
    return beginOn(deps, scope, service, "shutdown", idempotency, { changes, facts: UNYIELDING });
  }
  return beginOn(deps, scope, service, "delete", idempotency, { changes: { state: "deleting" } });
}

/**
 * Gives a service another size. From the request on it is charged for the larger of both, resource by resource, and for the
 * new one alone when the guest has it.
 * @throws AppError `disk_only_grows`, `size_below_template`, `quota_exceeded`, `service_busy`, `service_not_ready`,
 * `service_leaving`, `tenant_suspended`.
 */
export async function resizeService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  size: Size,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const { cores, memoryMiB, diskGiB } = service;
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { cores, memoryMiB, diskGiB }, after: { ...size } });
  await refuseUnready(deps, service);
  if (size.diskGiB < diskGiB) {
    const fields = [{ pointer: "#/diskGiB", code: "too_small", params: { minimum: diskGiB } }];
    throw new AppError("disk_only_grows", { diskGiB }, { fields });
  }
  checkSize(size, await templateById(deps, service.templateId), "#");
  return beginResize(deps, scope, service, { from: { cores, memoryMiB, diskGiB }, to: size }, idempotency);
}

/**
 * Takes back a change of size that waits for the next start: the guest keeps what it has now.
 * @throws AppError `not_pending`, `service_busy`, `service_not_ready`, `service_leaving`, `tenant_suspended`.
 */
export async function revertSize(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name } });
  await refuseUnready(deps, service);
  // What a guest that is off has is what it gets.
  if (service.power === "stopped") throw new AppError("not_pending");
  const { restartNeeded, cores, memoryMiB } = await pendingOf(deps, scope, serviceId);
  if (!restartNeeded) throw new AppError("not_pending");
  const { diskGiB } = service;
  const from = { cores: cores.next, memoryMiB: memoryMiB.next, diskGiB };
  const to = { cores: cores.now, memoryMiB: memoryMiB.now, diskGiB };
  trail(deps, { before: { ...from }, after: { ...to } });
  return beginResize(deps, scope, service, { from, to }, idempotency);
}

function beginResize(
  deps: Deps,
  scope: Scope,
  service: ServiceRow,
  { from, to }: { from: Size; to: Size },
  idempotency: Idempotency,
): Promise<Accepted> {
  const charged = {
    cores: Math.max(service.cores, to.cores),
    memoryMiB: Math.max(service.memoryMiB, to.memoryMiB),
    diskGiB: to.diskGiB,
  };
  return beginOn(deps, scope, service, "resize", idempotency, {
    changes: charged,
    facts: {
      fromCores: from.cores,
      fromMemoryMiB: from.memoryMiB,
      fromDiskGiB: from.diskGiB,
      toCores: to.cores,
      toMemoryMiB: to.memoryMiB,
      toDiskGiB: to.diskGiB,
    },
    demands: growthOfService(service, charged),
  });
}

/**
 * Makes a copy of a service, of the same size, with disks of its own; user and password are the same, address and name are not.
 * @throws AppError `name_taken`, `quota_exceeded`, `service_busy`, `service_not_ready`, `stop_first` (containers), `tenant_suspended`.
 */
export async function cloneService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  name: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const source = await serviceOf(deps, scope, serviceId);
  const id = deps.newId("svc");
  trail(deps, { target: { type: "service", id, name }, after: { of: source.name } });
  await refuseUnready(deps, source, "spares");
  if (source.kind === "container" && source.power !== "stopped") throw new AppError("stop_first");
  const operation = draftOperation(deps, scope, { id, name }, "clone", idempotency);
  operation.facts = { sourceId: source.id };
  const { cores, memoryMiB, diskGiB, node } = source;
  const demands = demandOfService(source);
  return begin(deps, scope, idempotency, {
    operation,
    clusterId: source.clusterId,
    name,
    demands,
    before: [
      lock(deps, source, operation.id),
      deps.db.insert(services).values({
        ...copyOf(source),
        id,
        name,
        cores,
        memoryMiB,
        diskGiB,
        node,
        operationId: operation.id,
        createdAt: deps.now(),
      }),
    ],
    after: chargeService(deps, scope.tenantId, id, operation.id, demands),
  });
}

/** What of a service's size takes effect at its next start, asked of the cluster itself. @throws AppError `not_found` */
export async function pendingOf(deps: Deps, scope: Scope, serviceId: string): Promise<PendingView> {
  const service = await serviceOf(deps, scope, serviceId);
  if (service.vmid === null || service.node === null || service.state !== "ready")
    throw new AppError("service_not_ready");
  const cluster = await clusterById(deps, service.clusterId);
  const access = await tenantAccess(deps, scope.tenantId, cluster);
  const { cores, memoryMiB } = await pendingSize(access, {
    kind: service.kind,
    node: service.node,
    vmid: service.vmid,
  });
  return { restartNeeded: cores.now !== cores.next || memoryMiB.now !== memoryMiB.next, cores, memoryMiB };
}

/**
 * The portal itself shuts down, stops or deletes a service, whatever state its tenant is in. Answers the operation's id, or
 * null where there is nothing to do or another operation is under way: whoever wants it done asks again later.
 */
export async function beginSystemOperation(
  deps: Deps,
  tenantId: string,
  serviceId: string,
  kind: Extract<OperationKind, "shutdown" | "stop" | "delete">,
  facts: OperationRow["facts"] = {},
): Promise<string | null> {
  const service = await serviceIn(deps, tenantId, serviceId);
  if (!service || service.operationId !== null) return null;
  if (kind !== "delete" && service.state !== "ready") return null;
  const by = { tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `system-${crypto.randomUUID()}`, requestHash: "" };
  const changes = kind === "delete" ? { state: "deleting" as const } : {};
  try {
    return (await beginOn(deps, by, service, kind, idempotency, { changes, facts })).operation.id;
  } catch (error) {
    if (error instanceof AppError && error.code === "service_busy") return null;
    throw error;
  }
}

/** A shutdown that ends with the plug pulled where the guest has not followed in so many seconds. */
export const UNYIELDING = { seconds: 60, force: true } as const;
