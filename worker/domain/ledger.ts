// The quota ledger: reading envelopes, taking charges, giving them back, carving a child's envelope out of its parent's.
import { and, eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { refusedBy } from "../db/database.ts";
import { charges, defaultLimits, envelopes } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { ErrorParams } from "../errors.ts";
import { preview } from "../rules/quota.ts";
import type { Demand } from "../rules/quota.ts";
import { RESOURCES } from "../rules/views.ts";
import type { QuotaView, Resource } from "../rules/views.ts";

export type Statement = BatchItem<"sqlite">;
export type Limits = Partial<Record<Resource, number>>;

/** Every resource's nearest envelope at or above a tenant; a resource with none has a limit of zero. */
export async function quotaOf(deps: Deps, tenantId: string): Promise<QuotaView["resources"]> {
  const rows = await deps.db.all<{ resource: Resource; limit: number; used: number; depth: number }>(sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    )
    select e.resource as resource, e."limit" as "limit", e.used as used, up.depth as depth
    from up cross join envelopes e on e.tenant_id = up.id order by up.depth`);
  return RESOURCES.map((resource) => {
    const row = rows.find((candidate) => candidate.resource === resource);
    return { resource, limit: row?.limit ?? 0, used: row?.used ?? 0, own: row?.depth === 0 };
  });
}

/** Statements that charge a service's demand to the nearest envelopes; part of the batch that makes the operation. */
export function chargeService(
  deps: Deps,
  tenantId: string,
  serviceId: string,
  operationId: string,
  demands: readonly Demand[],
): Statement[] {
  return chargesOf(deps, tenantId, operationId, { serviceId }, demands);
}

/** Statements that charge a snapshot; they are given back with the snapshot's row. */
export function chargeSnapshot(deps: Deps, tenantId: string, snapshotId: string, operationId: string): Statement[] {
  return chargesOf(deps, tenantId, operationId, { snapshotId }, [{ resource: "snapshots", amount: 1 }]);
}

/** Statements that charge a backup, by number and by whole GiB; they are given back with the backup's row. */
export function chargeBackup(
  deps: Deps,
  tenantId: string,
  backupId: string,
  operationId: string,
  gib: number,
): Statement[] {
  return chargesOf(deps, tenantId, operationId, { backupId }, [
    { resource: "backups", amount: 1 },
    { resource: "backupGiB", amount: gib },
  ]);
}

function chargesOf(
  deps: Deps,
  tenantId: string,
  operationId: string,
  holder: { serviceId: string } | { snapshotId: string } | { backupId: string },
  demands: readonly Demand[],
): Statement[] {
  return demands.map(({ resource, amount }) =>
    deps.db.insert(charges).values({
      id: deps.newId("chg"),
      envelopeId: nearestEnvelope(tenantId, resource),
      ...holder,
      resource,
      amount,
      operationId,
      createdAt: deps.now(),
    }),
  );
}

/** Whether a batch was refused because a charge did not fit (or because no envelope at all was found). */
export function isQuotaRefusal(error: unknown): boolean {
  return refusedBy(error, "quota_exceeded") || refusedBy(error, "charges.envelope_id");
}

/** The refusal as the person sees it: what was asked, what is left, resource by resource. */
export async function quotaRefusal(deps: Deps, tenantId: string, demands: readonly Demand[]): Promise<AppError> {
  const { resources } = preview(await quotaOf(deps, tenantId), demands);
  const short = resources.find((row) => !row.fits) ?? resources[0];
  const params: ErrorParams = short
    ? { resource: short.resource, asked: short.asked, left: short.left, limit: short.limit }
    : {};
  return new AppError("quota_exceeded", params, { extra: { resources } });
}

/** What a new tenant below this one is given. */
export async function defaultLimitsOf(deps: Deps, parentId: string): Promise<Limits> {
  const rows = await deps.db.select().from(defaultLimits).where(eq(defaultLimits.tenantId, parentId));
  return Object.fromEntries(rows.map((row) => [row.resource, row.amount]));
}

/**
 * Statements that give a new tenant an envelope for every resource: empty ones, each charged to the parent's nearest, then
 * grown to its limit, which the database charges to the parent in the same statement.
 */
export function carveEnvelopes(deps: Deps, tenantId: string, parentId: string, limits: Limits): Statement[] {
  return RESOURCES.flatMap((resource) => {
    const envelopeId = deps.newId("env");
    return [
      deps.db.insert(envelopes).values({ id: envelopeId, tenantId, resource, limit: 0 }),
      deps.db.insert(charges).values({
        id: deps.newId("chg"),
        envelopeId: nearestEnvelope(parentId, resource),
        resource,
        amount: 0,
        childEnvelopeId: envelopeId,
        createdAt: deps.now(),
      }),
      ...setLimit(deps, tenantId, resource, limits[resource] ?? 0),
    ];
  });
}

/**
 * Sets limits of a tenant's own envelopes, all or none.
 * @throws AppError `limit_below_used` with the figures, or `quota_exceeded` where the parent has not enough left.
 */
export async function setLimits(deps: Deps, tenantId: string, parentId: string, limits: Limits): Promise<void> {
  const statements = RESOURCES.flatMap((resource) => setLimit(deps, tenantId, resource, limits[resource]));
  const [first, ...rest] = statements;
  if (!first) return;
  const before = await quotaOf(deps, tenantId);
  try {
    await deps.db.batch([first, ...rest]);
  } catch (error) {
    if (!isQuotaRefusal(error)) throw error;
    const rows = await quotaOf(deps, tenantId);
    const low = rows.find((row) => row.own && (limits[row.resource] ?? row.limit) < row.used);
    if (low) {
      throw new AppError("limit_below_used", {
        resource: low.resource,
        limit: limits[low.resource] ?? 0,
        used: low.used,
      });
    }
    throw await quotaRefusal(deps, parentId, growth(before, limits));
  }
}

/** How much more than now the limits ask of the parent, resource by resource. */
function growth(before: QuotaView["resources"], limits: Limits): Demand[] {
  return before
    .filter((row) => limits[row.resource] !== undefined)
    .map((row) => ({
      resource: row.resource,
      amount: Math.max(0, (limits[row.resource] ?? 0) - (row.own ? row.limit : 0)),
    }));
}

function setLimit(deps: Deps, tenantId: string, resource: Resource, limit: number | undefined): Statement[] {
  if (limit === undefined) return [];
  return [
    deps.db
      .update(envelopes)
      .set({ limit })
      .where(and(eq(envelopes.tenantId, tenantId), eq(envelopes.resource, resource))),
  ];
}

/**
 * Subquery for the envelope that a tenant's charge falls on; null, which the column refuses, where there is none. `cross join` makes
 * SQLite walk up the tree first and never through all the envelopes there are.
 */
export function nearestEnvelope(tenantId: string, resource: Resource) {
  return sql<string>`(
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    )
    select e.id from up cross join envelopes e on e.tenant_id = up.id and e.resource = ${resource} order by up.depth limit 1)`;
}
