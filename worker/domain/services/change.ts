// Requests that change a service that is there, or copy it: power, size, clone, deletion; by people, or by the portal itself.
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { pendingSize } from "../../pve/guests.ts";
import { demandOfService, growthOfService } from "../../rules/quota.ts";
import type { Size } from "../../rules/quota.ts";
import type { Accepted, OperationKind } from "../../rules/views.ts";
import type { PendingView } from "../../rules/views-copies.ts";
import { SYSTEM, trail } from "../audit.ts";
import { templateById } from "../catalogue.ts";
import { clusterById } from "../clusters.ts";
import { tenantAccess } from "../identities.ts";
import { chargeService } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { begin, beginOn, busyWith, lock, refuseUnready, replayed } from "./begin.ts";
import { checkSize } from "./launch.ts";
import { copyOf, serviceIn, serviceOf } from "./services.ts";

/**
 * Starts, shuts down, stops or reboots a service.
 * @throws AppError `service_busy`, `service_not_ready`, `tenant_suspended` (for starting).
 */
export async function powerService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  action: Extract<OperationKind, "start" | "shutdown" | "stop" | "reboot">,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  if (action === "start" || action === "reboot") refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { action } });
  await refuseUnready(deps, service);
  return beginOn(deps, scope, service, action, idempotency);
}

/**
 * Deletes a service and gives its quota back when its guest is gone. A failed one, which holds nothing, goes at once.
 * @throws AppError `confirmation_mismatch`, `service_busy`.
 */
export async function deleteService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  typedName: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name } });
  if (typedName !== service.name) throw new AppError("confirmation_mismatch");
  if (service.operationId !== null) throw await busyWith(deps, service.id);
  return beginOn(deps, scope, service, "delete", idempotency, { changes: { state: "deleting" } });
}

/**
 * Gives a service another size. From the request on it is charged for the larger of both, resource by resource, and for the
 * new one alone when the guest has it.
 * @throws AppError `disk_only_grows`, `size_below_template`, `quota_exceeded`, `service_busy`, `service_not_ready`,
 * `tenant_suspended`.
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
  const charged = {
    cores: Math.max(cores, size.cores),
    memoryMiB: Math.max(memoryMiB, size.memoryMiB),
    diskGiB: size.diskGiB,
  };
  return beginOn(deps, scope, service, "resize", idempotency, {
    changes: charged,
    facts: {
      fromCores: cores,
      fromMemoryMiB: memoryMiB,
      fromDiskGiB: diskGiB,
      toCores: size.cores,
      toMemoryMiB: size.memoryMiB,
      toDiskGiB: size.diskGiB,
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
  await refuseUnready(deps, source);
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
): Promise<string | null> {
  const service = await serviceIn(deps, tenantId, serviceId);
  if (!service || service.operationId !== null) return null;
  if (kind !== "delete" && service.state !== "ready") return null;
  const by = { tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `system-${crypto.randomUUID()}`, requestHash: "" };
  const changes = kind === "delete" ? { state: "deleting" as const } : {};
  try {
    return (await beginOn(deps, by, service, kind, idempotency, { changes })).operation.id;
  } catch (error) {
    if (error instanceof AppError && error.code === "service_busy") return null;
    throw error;
  }
}
