// The quota ledger: reading envelopes, taking charges, and what a refusal says; giving back is the database's own doing.
import { eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { refusedBy } from "../db/database.ts";
import { charges, defaultLimits } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { ErrorParams } from "../errors.ts";
import { demandOfBackup, demandOfSnapshot, preview } from "../rules/quota.ts";
import type { Demand } from "../rules/quota.ts";
import type { Limits } from "../rules/views-tree.ts";
import { RESOURCES } from "../rules/views.ts";
import type { EnvelopeMode, QuotaView, Resource } from "../rules/views.ts";

export type Statement = BatchItem<"sqlite">;

/** Every resource's nearest envelope at or above a tenant; a resource with none has a limit of zero. */
export async function quotaOf(deps: Deps, tenantId: string): Promise<QuotaView["resources"]> {
  const rows = await deps.db.all<{
    resource: Resource;
    limit: number;
    used: number;
    mode: EnvelopeMode;
    depth: number;
  }>(sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    )
    select e.resource as resource, e."limit" as "limit", e.used as used, e.mode as mode, up.depth as depth
    from up cross join envelopes e on e.tenant_id = up.id order by up.depth`);
  return RESOURCES.map((resource) => {
    const row = rows.find((candidate) => candidate.resource === resource);
    const own = row?.depth === 0;
    return { resource, limit: row?.limit ?? 0, used: row?.used ?? 0, own, mode: row && own ? row.mode : "share" };
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
  return charge(deps, tenantId, demands, { serviceId, operationId });
}

/** The same for a snapshot; its row goes before, in the same batch, and takes its charge with it when it is deleted. */
export function chargeSnapshot(deps: Deps, tenantId: string, snapshotId: string, operationId: string): Statement[] {
  return charge(deps, tenantId, demandOfSnapshot(), { snapshotId, operationId });
}

/** The same for a backup that is charged with this many GiB; a change of `charged_gib` is charged by the database. */
export function chargeBackup(
  deps: Deps,
  tenantId: string,
  backupId: string,
  operationId: string,
  gib: number,
): Statement[] {
  return charge(deps, tenantId, demandOfBackup(gib), { backupId, operationId });
}

/** Whether a service is charged; one that has failed is not, whatever it is called while it is removed. */
export async function holdsCharges(deps: Deps, serviceId: string): Promise<boolean> {
  const rows = await deps.db.select({ id: charges.id }).from(charges).where(eq(charges.serviceId, serviceId)).limit(1);
  return rows.length > 0;
}

/** Whether a batch was refused because a charge did not fit (or because no envelope at all was found). */
export function isQuotaRefusal(error: unknown): boolean {
  return refusedBy(error, "quota_exceeded") || refusedBy(error, "charges.envelope_id");
}

/** The refusal as the person sees it: what was asked, what is left, resource by resource, and whose envelope is short. */
export async function quotaRefusal(deps: Deps, tenantId: string, demands: readonly Demand[]): Promise<AppError> {
  const { resources } = preview(await quotaOf(deps, tenantId), demands);
  const short = resources.find((row) => !row.fits);
  // It would fit by now: somebody has freed room between the refusal and this look, and figures that fit would explain nothing.
  if (!short) return new AppError("quota_moved");
  const params: ErrorParams = {
    resource: short.resource,
    asked: short.asked,
    left: short.left,
    limit: short.limit,
    whose: short.own ? "own" : "shared",
  };
  return new AppError("quota_exceeded", params, { extra: { resources } });
}

/** What a new tenant below this one is given. */
export async function defaultLimitsOf(deps: Deps, parentId: string): Promise<Limits> {
  const rows = await deps.db.select().from(defaultLimits).where(eq(defaultLimits.tenantId, parentId));
  return Object.fromEntries(rows.map((row) => [row.resource, row.amount]));
}

/**
 * Subquery for the envelope that the charge of a tenant falls on; null, which the column refuses, where there is none. `cross
 * join` makes SQLite walk up the tree first and never through all the envelopes there are.
 */
export function nearestEnvelope(tenantId: string | SQL, resource: Resource): SQL<string> {
  return sql<string>`(
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    )
    select e.id from up cross join envelopes e on e.tenant_id = up.id and e.resource = ${resource} order by up.depth limit 1)`;
}

type Holder = { operationId: string } & ({ serviceId: string } | { snapshotId: string } | { backupId: string });

function charge(deps: Deps, tenantId: string, demands: readonly Demand[], holder: Holder): Statement[] {
  return demands.map(({ resource, amount }) =>
    deps.db.insert(charges).values({
      id: deps.newId("chg"),
      envelopeId: nearestEnvelope(tenantId, resource),
      resource,
      amount,
      ...holder,
      createdAt: deps.now(),
    }),
  );
}
