// Services: what a tenant has launched, and the requests that change it.
import { and, desc, eq, isNull, ne, sql } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { clusters, services, templates } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { isPveError } from "../pve/errors.ts";
import { guestAddress } from "../pve/guests.ts";
import { demandOfService, SIZE_BOUNDS } from "../rules/quota.ts";
import type { Size } from "../rules/quota.ts";
import type { Accepted, OperationKind, ServiceView } from "../rules/views.ts";
import { launchableTemplate } from "./catalogue.ts";
import type { TemplateRow } from "./catalogue.ts";
import { watchCluster } from "./clusters.ts";
import { publish } from "./feed.ts";
import { tenantAccess } from "./identities.ts";
import { chargeService, isQuotaRefusal, quotaRefusal } from "./ledger.ts";
import { draftOperation, insertOperation, operationOf, operationView, replayOf, runOperation } from "./operations.ts";
import type { Idempotency, OperationRow } from "./operations.ts";
import { seal } from "./sealing.ts";
import type { Scope } from "./scope.ts";

export type ServiceRow = typeof services.$inferSelect;

export async function listServices(deps: Deps, scope: Scope): Promise<ServiceView[]> {
  const rows = await selectViews(deps)
    .where(and(eq(services.tenantId, scope.tenantId), isNull(services.deletedAt)))
    .orderBy(desc(services.createdAt));
  return rows.map((row) => serviceView(row.service, row.template));
}

/** @throws AppError `not_found`, the same for another tenant's service as for one that never was. */
export async function serviceOf(deps: Deps, scope: Scope, serviceId: string): Promise<ServiceRow> {
  const [row] = await deps.db
    .select()
    .from(services)
    .where(and(eq(services.tenantId, scope.tenantId), eq(services.id, serviceId), isNull(services.deletedAt)));
  if (!row) throw new AppError("not_found");
  return row;
}

/** The view of one service, deleted ones included; null where there is none. */
export async function viewOfService(deps: Deps, serviceId: string): Promise<ServiceView | null> {
  const [row] = await selectViews(deps).where(eq(services.id, serviceId));
  return row ? serviceView(row.service, row.template) : null;
}

export interface LaunchRequest {
  templateId: string;
  name: string;
  size: Size;
  login: { user: string; password: string | null; sshKeys: string };
}

/**
 * Charges the quota, makes the service and starts its launch, all in one batch: nothing is taken unless everything fits.
 * @throws AppError `quota_exceeded` with what is left, `name_taken`, `size_below_template`, `template_unavailable`, `tenant_suspended`.
 */
export async function launchService(
  deps: Deps,
  scope: Scope,
  request: LaunchRequest,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayOf(deps, scope, idempotency);
  if (before) return acceptedAs(deps, before);
  refuseSuspended(scope);
  const template = await launchableTemplate(deps, request.templateId);
  checkSize(request.size, template);
  const id = deps.newId("svc");
  const operation = draftOperation(deps, scope, { id, name: request.name }, "launch", idempotency);
  const demands = demandOfService(request.size);
  const { password } = request.login;
  try {
    await deps.db.batch([
      deps.db.insert(services).values({
        id,
        tenantId: scope.tenantId,
        clusterId: template.clusterId,
        templateId: template.id,
        kind: template.kind,
        name: request.name,
        state: "creating",
        power: "unknown",
        ...request.size,
        node: template.node,
        loginUser: request.login.user,
        sshKeys: request.login.sshKeys,
        passwordSealed: password === null ? null : await seal(deps, `service:${id}`, password),
        operationId: operation.id,
        createdAt: deps.now(),
      }),
      insertOperation(deps, operation),
      ...chargeService(deps, scope.tenantId, id, operation.id, demands),
    ]);
  } catch (error) {
    return await answerOfRefusedLaunch(deps, scope, request, idempotency, error);
  }
  return begin(deps, operation, template.clusterId);
}

/**
 * Launches a failed service once more, with what was typed the first time; the quota is charged anew.
 * @throws AppError `not_retryable`, `quota_exceeded`, `tenant_suspended`.
 */
export async function retryLaunch(
  deps: Deps,
  scope: Scope,
  operationId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayOf(deps, scope, idempotency);
  if (before) return acceptedAs(deps, before);
  refuseSuspended(scope);
  const failed = operationView(await operationOf(deps, scope, operationId));
  if (!failed.retryable) throw new AppError("not_retryable");
  const service = await serviceOf(deps, scope, failed.serviceId).catch(() => null);
  if (service?.state !== "failed") throw new AppError("not_retryable");
  await launchableTemplate(deps, service.templateId);
  const operation = draftOperation(deps, scope, service, "launch", idempotency);
  const demands = demandOfService(service);
  try {
    await deps.db.batch([
      deps.db
        .update(services)
        .set({ state: "creating", power: "unknown", operationId: operation.id, vmid: null, address: null })
        .where(and(eq(services.id, service.id), eq(services.state, "failed"), isNull(services.operationId))),
      insertOperation(deps, operation),
      ...chargeService(deps, scope.tenantId, service.id, operation.id, demands),
    ]);
  } catch (error) {
    if (isQuotaRefusal(error)) throw await quotaRefusal(deps, scope.tenantId, demands);
    return answerOfLostLock(deps, scope, idempotency, error);
  }
  return begin(deps, operation, service.clusterId);
}

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
  const before = await replayOf(deps, scope, idempotency);
  if (before) return acceptedAs(deps, before);
  if (action === "start" || action === "reboot") refuseSuspended(scope);
  const service = await serviceOf(deps, scope, serviceId);
  if (service.state !== "ready") throw new AppError(service.operationId ? "service_busy" : "service_not_ready");
  return beginOn(deps, scope, service, action, idempotency, {});
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
  const before = await replayOf(deps, scope, idempotency);
  if (before) return acceptedAs(deps, before);
  const service = await serviceOf(deps, scope, serviceId);
  if (typedName !== service.name) throw new AppError("confirmation_mismatch");
  if (service.state === "creating" || service.state === "deleting") throw new AppError("service_busy");
  return beginOn(deps, scope, service, "delete", idempotency, { state: "deleting" });
}

export function serviceView(row: ServiceRow, template: Pick<TemplateRow, "id" | "name" | "logo">): ServiceView {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    state: row.state === "deleted" ? "deleting" : row.state,
    power: row.power,
    cores: row.cores,
    memoryMiB: row.memoryMiB,
    diskGiB: row.diskGiB,
    template: { id: template.id, name: template.name, logo: template.logo },
    address: row.address,
    loginUser: row.loginUser,
    operationId: row.operationId,
    createdAt: row.createdAt,
    live: null,
  };
}

/** Notes the power state that Proxmox VE reports, and tells whoever watches. */
export async function notePower(deps: Deps, serviceId: string, power: ServiceRow["power"]): Promise<void> {
  const changed = await deps.db
    .update(services)
    .set({ power, ...(power === "stopped" ? { address: null } : {}) })
    .where(and(eq(services.id, serviceId), ne(services.power, power), isNull(services.deletedAt)))
    .returning({ tenantId: services.tenantId });
  const [row] = changed;
  if (row) await publishService(deps, row.tenantId, serviceId);
}

async function noteAddress(deps: Deps, serviceId: string, address: string): Promise<void> {
  const [row] = await deps.db
    .update(services)
    .set({ address })
    .where(and(eq(services.id, serviceId), sql`${services.address} is not ${address}`))
    .returning({ tenantId: services.tenantId });
  if (row) await publishService(deps, row.tenantId, serviceId);
}

/** Asks a running guest once for its address; one that does not answer is asked again by a later poll. */
export async function lookUpAddress(deps: Deps, serviceId: string): Promise<void> {
  const [row] = await deps.db
    .select({ service: services, cluster: clusters })
    .from(services)
    .innerJoin(clusters, eq(clusters.id, services.clusterId))
    .where(and(eq(services.id, serviceId), isNull(services.deletedAt)));
  if (!row || row.service.vmid === null || row.service.node === null) return;
  try {
    const access = await tenantAccess(deps, row.service.tenantId, row.cluster);
    const address = await guestAddress(access, { node: row.service.node, vmid: row.service.vmid });
    if (address !== null) await noteAddress(deps, serviceId, address);
  } catch (error) {
    if (!isPveError(error)) throw error;
  }
}

async function publishService(deps: Deps, tenantId: string, serviceId: string): Promise<void> {
  const service = await viewOfService(deps, serviceId);
  if (service) await publish(deps, tenantId, { type: "service", service });
}

async function beginOn(
  deps: Deps,
  scope: Scope,
  service: ServiceRow,
  kind: OperationKind,
  idempotency: Idempotency,
  changes: Partial<ServiceRow>,
): Promise<Accepted> {
  const operation = draftOperation(deps, scope, service, kind, idempotency);
  try {
    await deps.db.batch([
      deps.db
        .update(services)
        .set({ operationId: operation.id, ...changes })
        .where(and(eq(services.id, service.id), eq(services.state, service.state), isNull(services.operationId))),
      insertOperation(deps, operation),
    ]);
  } catch (error) {
    return answerOfLostLock(deps, scope, idempotency, error);
  }
  return begin(deps, operation, service.clusterId);
}

async function begin(deps: Deps, operation: OperationRow, clusterId: string): Promise<Accepted> {
  await runOperation(deps, operation.id, operation.attempt);
  await watchCluster(deps, clusterId);
  const accepted = await acceptedAs(deps, operation);
  await publish(deps, operation.tenantId, { type: "operation", operation: accepted.operation });
  await publish(deps, operation.tenantId, { type: "service", service: accepted.service });
  await publish(deps, operation.tenantId, { type: "quota" });
  return accepted;
}

async function acceptedAs(deps: Deps, operation: OperationRow): Promise<Accepted> {
  const service = await viewOfService(deps, operation.serviceId);
  if (!service) throw new AppError("not_found");
  return { operation: operationView(operation), service };
}

async function answerOfRefusedLaunch(
  deps: Deps,
  scope: Scope,
  request: LaunchRequest,
  idempotency: Idempotency,
  error: unknown,
): Promise<Accepted> {
  const twin = await replayOf(deps, scope, idempotency);
  if (twin) return acceptedAs(deps, twin);
  if (refusedBy(error, "services.name")) {
    throw new AppError("name_taken", { name: request.name }, { fields: [{ pointer: "#/name", code: "taken" }] });
  }
  if (isQuotaRefusal(error)) throw await quotaRefusal(deps, scope.tenantId, demandOfService(request.size));
  throw error;
}

async function answerOfLostLock(deps: Deps, scope: Scope, idempotency: Idempotency, error: unknown): Promise<Accepted> {
  const twin = await replayOf(deps, scope, idempotency);
  if (twin) return acceptedAs(deps, twin);
  if (refusedBy(error, "service_busy")) throw new AppError("service_busy");
  throw error;
}

/** @throws AppError `tenant_suspended`; the database refuses the operation as well, should the tenant be held in between. */
export function refuseSuspended(scope: Scope): void {
  if (scope.heldBy !== null) throw new AppError("tenant_suspended");
}

function checkSize(size: Size, template: TemplateRow): void {
  const least: Size = { cores: template.minCores, memoryMiB: template.minMemoryMiB, diskGiB: template.minDiskGiB };
  const keys = Object.keys(SIZE_BOUNDS) as (keyof Size)[];
  const fields = keys
    .filter((key) => size[key] < least[key])
    .map((key) => ({ pointer: `#/size/${key}`, code: "too_small", params: { minimum: least[key] } }));
  if (fields.length > 0) throw new AppError("size_below_template", { ...least }, { fields });
}

function selectViews(deps: Deps) {
  return deps.db
    .select({ service: services, template: { id: templates.id, name: templates.name, logo: templates.logo } })
    .from(services)
    .innerJoin(templates, eq(templates.id, services.templateId));
}
