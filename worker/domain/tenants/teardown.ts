// Deleting a tenant: level-triggered and resumable. Each pass looks at what is left and takes the next steps; nothing is remembered.
import { and, count, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import {
  apiKeys,
  backups,
  charges,
  clusters,
  defaultLimits,
  envelopes,
  identities,
  invitations,
  members,
  operations,
  plans,
  quotaRequests,
  services,
  snapshots,
  storefronts,
  tenants,
} from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { poolsWithComment, removePool, removeUser } from "../../pve/access.ts";
import { isPveError } from "../../pve/errors.ts";
import type { ChildDetailView } from "../../rules/views-tree.ts";
import { ownDeed, SYSTEM, trail } from "../audit.ts";
import { provisionerOf } from "../clusters.ts";
import type { ClusterRow } from "../clusters.ts";
import { beginSystemBackupRemoval } from "../copies/backups.ts";
import type { Scope } from "../scope.ts";
import { beginSystemOperation } from "../services/change.ts";
import { holdAnew } from "./held.ts";
import { invitationsOf } from "./invitations.ts";
import { cutConsolesBelow, tellSubtree, tellTenant } from "./notices.ts";
import { ownersOf } from "./owners.ts";
import { subtreeOf } from "./subtree.ts";
import { shutDownBelow } from "./suspension.ts";
import { childOf, descendantOf } from "./tree.ts";
import type { TenantRow } from "./tree.ts";

/**
 * Begins to delete a tenant below with everything below it. What it holds goes first, on the clusters too; its quota comes back
 * to the one above at the very end.
 * @throws AppError `not_found`, `confirmation_mismatch`.
 */
export async function beginTeardown(deps: Deps, scope: Scope, childId: string, typedName: string): Promise<void> {
  const child = await descendantOf(deps, scope, childId);
  trail(deps, { chain: childId, target: { type: "tenant", id: childId, name: child.name } });
  if (typedName.trim() !== child.name) throw new AppError("confirmation_mismatch");
  await deps.db.batch([
    deps.db
      .update(tenants)
      .set({ status: "deleting", statusAt: deps.now(), shutDown: false })
      .where(and(sql`${tenants.id} in ${subtreeOf(childId)}`, sql`${tenants.status} not in ('deleting', 'deleted')`)),
    holdAnew(deps, childId),
  ]);
  trail(deps, { before: { status: child.status }, after: { status: "deleting" } });
  await cutConsolesBelow(deps, childId, "suspended");
  await tellSubtree(deps, childId);
  await settleTenants(deps);
}

/** A tenant below as its superior sees it in full; while it is being deleted, with what is left to do. @throws AppError `not_found` */
export async function childPage(deps: Deps, scope: Scope, childId: string): Promise<ChildDetailView> {
  const row = await descendantOf(deps, scope, childId);
  const [view, owners, invited, left] = await Promise.all([
    childOf(deps, row.parentId ?? "", childId),
    ownersOf(deps, childId),
    invitationsOf(deps, childId),
    row.status === "deleting" ? leftOf(deps, childId) : null,
  ]);
  return {
    ...view,
    parentId: row.parentId ?? "",
    reason: row.statusReason,
    statusAt: row.statusAt,
    isHeldFromAbove: row.heldBy !== null && row.heldBy !== row.id,
    owners: owners.map(({ name, email }) => ({ name, email })),
    invited: invited.map(({ email, role }) => ({ email, role })),
    left,
  };
}

/** How many tenants one pass looks after; the rest waits for the next. */
const PASS_SIZE = 20;

/** Goes on with every deletion and every shutdown that is not settled: after a request, with every poll, with every tick. */
export async function settleTenants(deps: Deps): Promise<void> {
  const rows = await deps.db
    .select()
    .from(tenants)
    // Word for word the condition of the index on these few; with bound values it could not be used.
    .where(sql`${tenants.status} = 'deleting' or ${tenants.shutDown} = 1`)
    // By lot, so that none that cannot go on holds up the others.
    .orderBy(sql`random()`)
    .limit(PASS_SIZE);
  for (const row of rows) {
    try {
      if (row.status === "deleting") await advanceTeardown(deps, row);
      else await shutDownBelow(deps, row.id);
    } catch (error) {
      deps.log("warn", "tenant_not_settled", { tenantId: row.id, error: String(error) });
    }
  }
}

/** One pass over a tenant that is being deleted; every step is taken only where those before it have nothing left. */
async function advanceTeardown(deps: Deps, tenant: TenantRow): Promise<void> {
  const left = await leftOf(deps, tenant.id);
  if (left.services > 0) await deleteServices(deps, tenant.id);
  if (left.backups > 0) await deleteBackups(deps, tenant.id);
  if (left.children > 0 || left.services > 0 || left.backups > 0) return;
  if (!(await leaveClusters(deps, tenant))) return;
  await finish(deps, tenant);
}

/** After a deletion has failed, the next one waits: whatever stands in the way needs time, or a person. */
const RETRY_POLLS = 6;

async function deleteServices(deps: Deps, tenantId: string): Promise<void> {
  const rows = await deps.db
    .select({ id: services.id, operationId: services.operationId })
    .from(services)
    .where(and(eq(services.tenantId, tenantId), ne(services.state, "deleted")));
  for (const row of rows) {
    if (row.operationId !== null) continue;
    if (await hasJustFailed(deps, row.id, eq(operations.kind, "delete"))) continue;
    await beginSystemOperation(deps, tenantId, row.id, "delete");
  }
}

/** Protected ones as well: they protect from slips of the hand, not from an end. */
async function deleteBackups(deps: Deps, tenantId: string): Promise<void> {
  const rows = await deps.db
    .select({ id: backups.id, serviceId: backups.serviceId })
    .from(backups)
    .where(and(eq(backups.tenantId, tenantId), eq(backups.state, "ready")));
  for (const row of rows) {
    const ofThis = and(
      eq(operations.kind, "backup_delete"),
      sql`json_extract(${operations.facts}, '$.backupId') = ${row.id}`,
    );
    if (await hasJustFailed(deps, row.serviceId, ofThis)) continue;
    await beginSystemBackupRemoval(deps, tenantId, row.id);
  }
}

async function hasJustFailed(deps: Deps, serviceId: string, which: SQL | undefined): Promise<boolean> {
  const [last] = await deps.db
    .select({ endedAt: operations.endedAt })
    .from(operations)
    .where(and(eq(operations.serviceId, serviceId), which))
    .orderBy(desc(operations.startedAt))
    .limit(1);
  return last !== undefined && (last.endedAt ?? 0) + RETRY_POLLS * deps.config.POLL_PERIOD_MS > deps.now();
}

/**
 * Removes what the portal has made for the tenant on clusters: its user with tokens and rules, its pools. Only what carries the
 * tenant's own mark is touched. Answers whether all is gone; a cluster that does not answer is asked again by a later pass.
 */
async function leaveClusters(deps: Deps, tenant: TenantRow): Promise<boolean> {
  const mark = `nubemox:${tenant.id}`;
  let isGone = true;
  for (const cluster of await clustersOf(deps, tenant.id)) {
    try {
      const access = await provisionerOf(deps, cluster);
      await removeUser(access, `${tenant.slug}@pve`, mark);
      for (const pool of await poolsWithComment(access, mark)) await removePool(access, pool);
      await deps.db
        .delete(identities)
        .where(and(eq(identities.tenantId, tenant.id), eq(identities.clusterId, cluster.id)));
    } catch (error) {
      if (!isPveError(error)) throw error;
      deps.log("warn", "cluster_not_left", { tenantId: tenant.id, clusterId: cluster.id, error: error.message });
      isGone = false;
    }
  }
  return isGone;
}

/** Where the tenant, or one below it, whose pool stands in its own, has ever launched. */
async function clustersOf(deps: Deps, tenantId: string): Promise<ClusterRow[]> {
  const ever = sql`select cluster_id from services where tenant_id in ${subtreeOf(tenantId)}
    union select cluster_id from identities where tenant_id = ${tenantId}`;
  return deps.db
    .select()
    .from(clusters)
    .where(sql`${clusters.id} in (${ever})`);
}

/** Takes the last rows away and gives the quota back: all of it, or nothing, where something was overlooked. */
async function finish(deps: Deps, tenant: TenantRow): Promise<void> {
  const { id } = tenant;
  const now = deps.now();
  const target = { type: "tenant", id, name: tenant.name };
  const deed = ownDeed(deps, { chain: id, actor: SYSTEM, action: "child.deleted", outcome: "done", target });
  const own = deps.db.select({ id: envelopes.id }).from(envelopes).where(eq(envelopes.tenantId, id));
  await deps.db.batch([
    deps.db.delete(snapshots).where(eq(snapshots.tenantId, id)),
    deps.db.update(envelopes).set({ limit: 0 }).where(eq(envelopes.tenantId, id)),
    deps.db.delete(charges).where(inArray(charges.childEnvelopeId, own)),
    deps.db.delete(envelopes).where(eq(envelopes.tenantId, id)),
    deps.db.delete(defaultLimits).where(eq(defaultLimits.tenantId, id)),
    deps.db.delete(plans).where(eq(plans.ownerId, id)),
    deps.db.delete(storefronts).where(eq(storefronts.tenantId, id)),
    deps.db.delete(invitations).where(eq(invitations.tenantId, id)),
    deps.db.delete(quotaRequests).where(eq(quotaRequests.tenantId, id)),
    deps.db.delete(apiKeys).where(eq(apiKeys.tenantId, id)),
    deps.db.update(tenants).set({ status: "deleted", statusAt: now, heldBy: id }).where(eq(tenants.id, id)),
    deps.db.delete(members).where(eq(members.tenantId, id)),
    deed.note,
  ]);
  await deed.tell();
  await tellTenant(deps, id);
}

/** What is still there of a tenant that is being deleted. */
async function leftOf(deps: Deps, tenantId: string): Promise<NonNullable<ChildDetailView["left"]>> {
  const [[children], [live], [kept], [places]] = await deps.db.batch([
    deps.db
      .select({ n: count() })
      .from(tenants)
      .where(and(eq(tenants.parentId, tenantId), ne(tenants.status, "deleted"))),
    deps.db
      .select({ n: count() })
      .from(services)
      .where(and(eq(services.tenantId, tenantId), ne(services.state, "deleted"))),
    deps.db.select({ n: count() }).from(backups).where(eq(backups.tenantId, tenantId)),
    deps.db.select({ n: count() }).from(identities).where(eq(identities.tenantId, tenantId)),
  ]);
  return { children: children?.n ?? 0, services: live?.n ?? 0, backups: kept?.n ?? 0, clusters: places?.n ?? 0 };
}
