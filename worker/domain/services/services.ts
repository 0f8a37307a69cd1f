// Services: what a tenant has launched, as it is read and as Proxmox VE reports it.
import { and, desc, eq, isNull, ne, sql } from "drizzle-orm";
import { clusters, services, templates } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { isPveError } from "../../pve/errors.ts";
import { guestAddress } from "../../pve/guests.ts";
import type { ServiceView } from "../../rules/views.ts";
import type { TemplateRow } from "../catalogue.ts";
import { publish } from "../feed.ts";
import { tenantAccess } from "../identities.ts";
import type { Scope } from "../scope.ts";

/** Value of `services.expiry_stage` from which on a service has expired. */
export const EXPIRED = 3;

export type ServiceRow = typeof services.$inferSelect;

export async function listServices(deps: Deps, scope: Scope): Promise<ServiceView[]> {
  const rows = await selectViews(deps)
    .where(and(eq(services.tenantId, scope.tenantId), isNull(services.deletedAt)))
    .orderBy(desc(services.createdAt));
  return rows.map((row) => serviceView(row.service, row.template));
}

/** @throws AppError `not_found`, the same for another tenant's service as for one that never was. */
export async function serviceOf(deps: Deps, scope: Scope, serviceId: string): Promise<ServiceRow> {
  const row = await serviceIn(deps, scope.tenantId, serviceId);
  if (!row) throw new AppError("not_found");
  return row;
}

/** The row of a tenant's service that is not deleted; null where there is none. */
export async function serviceIn(deps: Deps, tenantId: string, serviceId: string): Promise<ServiceRow | null> {
  const [row] = await deps.db
    .select()
    .from(services)
    .where(and(eq(services.tenantId, tenantId), eq(services.id, serviceId), isNull(services.deletedAt)));
  return row ?? null;
}

/** The view of one service, deleted ones included; null where there is none. */
export async function viewOfService(deps: Deps, serviceId: string): Promise<ServiceView | null> {
  const [row] = await selectViews(deps).where(eq(services.id, serviceId));
  return row ? serviceView(row.service, row.template) : null;
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
    description: row.description,
    tags: row.tags,
    restartNeeded: row.restartNeeded,
    imageId: row.imageId,
    expiresAt: row.expiresAt,
    expired: row.expiryStage >= EXPIRED,
    deleteAt: row.deleteAt,
    createdAt: row.createdAt,
    live: null,
  };
}

/** What a copy of a service has from it; number, name, size and place are its own. */
export function copyOf(source: ServiceRow) {
  const { tenantId, clusterId, templateId, kind, loginUser, sshKeys } = source;
  return { tenantId, clusterId, templateId, kind, loginUser, sshKeys, state: "creating", power: "unknown" } as const;
}

/** Notes the power state that Proxmox VE reports, and tells whoever watches. */
export async function notePower(deps: Deps, serviceId: string, power: ServiceRow["power"]): Promise<void> {
  const changed = await deps.db
    .update(services)
    .set({ power, ...(power === "stopped" ? { address: null, restartNeeded: false } : {}) })
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
    const { kind, node, vmid } = row.service;
    const address = await guestAddress(access, { kind, node, vmid });
    if (address !== null) await noteAddress(deps, serviceId, address);
  } catch (error) {
    if (!isPveError(error)) throw error;
  }
}

/** Tells whoever watches how a service is now. */
export async function publishService(deps: Deps, tenantId: string, serviceId: string): Promise<void> {
  const service = await viewOfService(deps, serviceId);
  if (service) await publish(deps, tenantId, { type: "service", service });
}

function selectViews(deps: Deps) {
  return deps.db
    .select({ service: services, template: { id: templates.id, name: templates.name, logo: templates.logo } })
    .from(services)
    .innerJoin(templates, eq(templates.id, services.templateId));
}
