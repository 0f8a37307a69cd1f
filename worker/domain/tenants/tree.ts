// Looking down the tree: a tenant's children, everything below it, and who is below whom.
import { and, eq, sql } from "drizzle-orm";
import { tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { TreeNodeView } from "../../rules/views-tree.ts";
import { RESOURCES } from "../../rules/views.ts";
import type { ChildTenantView, QuotaView, TenantKind, TenantStatus } from "../../rules/views.ts";
import { quotaOf } from "../ledger.ts";
import { PLATFORM_ID } from "./platform.ts";

export type TenantRow = typeof tenants.$inferSelect;

/** No page shows more levels; a deeper branch is asked for by its own root. */
const DEEPEST = 20;

interface NodeRow {
  id: string;
  parentId: string | null;
  name: string;
  kind: TenantKind;
  status: TenantStatus;
  createdAt: number;
  depth: number;
  services: number;
  envelopes: string;
}

/** Everything below a tenant, itself first, parents before their children; deleted ones are left out. */
export async function treeOf(deps: Deps, rootId: string, depth = DEEPEST): Promise<TreeNodeView[]> {
  const rows = await nodesBelow(deps, rootId, Math.min(depth, DEEPEST));
  return rows.map(({ id, parentId, name, kind, status, depth, services, envelopes }) => ({
    id,
    parentId,
    name,
    kind,
    status,
    depth,
    services,
    envelopes: ownEnvelopes(envelopes),
  }));
}

/** Tenants directly below one, with what they may take and have taken; two queries, however many there are. */
export async function childrenOf(deps: Deps, parentId: string): Promise<ChildTenantView[]> {
  const [rows, quota] = await Promise.all([nodesBelow(deps, parentId, 1), quotaOf(deps, parentId)]);
  return rows.filter((row) => row.depth === 1).map((row) => childView(row, quota));
}

/** Every tenant of the platform, for its operators, with the name of the one above. */
export async function allTenants(deps: Deps): Promise<(ChildTenantView & { parentName: string | null })[]> {
  const [[, ...rows], quota] = await Promise.all([nodesBelow(deps, PLATFORM_ID, DEEPEST), quotaOf(deps, PLATFORM_ID)]);
  const known = new Map<string, { name: string; quota: QuotaView["resources"] }>();
  const views = rows.map((row) => {
    const above = known.get(row.parentId ?? "");
    const view = childView(row, above?.quota ?? quota);
    known.set(row.id, { name: row.name, quota: view.quota });
    return { ...view, parentName: above?.name ?? null };
  });
  return views.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** @throws AppError `not_found`, the same for what is not directly below as for what never was. */
export async function childOf(deps: Deps, parentId: string, childId: string): Promise<ChildTenantView> {
  const [row] = await nodesBelow(deps, childId, 0);
  if (!row || row.parentId !== parentId) throw new AppError("not_found");
  return childView(row, await quotaOf(deps, parentId));
}

/**
 * A tenant somewhere below one, not itself.
 * @throws AppError `not_found`, the same for what is elsewhere, deleted, or never was.
 */
export async function descendantOf(deps: Deps, scope: { tenantId: string }, childId: string): Promise<TenantRow> {
  const [row] = await deps.db
    .select()
    .from(tenants)
    .where(
      and(
        eq(tenants.id, childId),
        sql`${tenants.status} <> 'deleted'`,
        sql`${tenants.id} <> ${scope.tenantId}`,
        sql`${scope.tenantId} in (
          with recursive up(id, parent_id) as (
            select id, parent_id from tenants where id = ${childId}
            union all select t.id, t.parent_id from tenants t join up on t.id = up.parent_id
          ) select id from up)`,
      ),
    );
  if (!row) throw new AppError("not_found");
  return row;
}

function childView(row: NodeRow, above: QuotaView["resources"]): ChildTenantView {
  const own = ownEnvelopes(row.envelopes);
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    status: row.status,
    createdAt: row.createdAt,
    quota: RESOURCES.map((resource) => {
      const envelope = own.find((candidate) => candidate.resource === resource);
      if (envelope) return { resource, limit: envelope.limit, used: envelope.used, own: true, mode: envelope.mode };
      const shared = above.find((candidate) => candidate.resource === resource);
      return { resource, limit: shared?.limit ?? 0, used: shared?.used ?? 0, own: false, mode: "share" };
    }),
    services: row.services,
  };
}

function ownEnvelopes(text: string): TreeNodeView["envelopes"] {
  return JSON.parse(text) as TreeNodeView["envelopes"];
}

function nodesBelow(deps: Deps, rootId: string, depth: number): Promise<NodeRow[]> {
  return deps.db.all<NodeRow>(sql`
    with recursive down(id, depth) as (
      select id, 0 from tenants where id = ${rootId}
      union all
      select t.id, down.depth + 1 from tenants t join down on t.parent_id = down.id
      where down.depth < ${depth} and t.status <> 'deleted'
    )
    select t.id as id, t.parent_id as parentId, t.name as name, t.kind as kind, t.status as status,
      t.created_at as createdAt, down.depth as depth,
      (select count(*) from services s where s.tenant_id = t.id and s.deleted_at is null) as services,
      (select json_group_array(json_object('resource', e.resource, 'limit', e."limit", 'used', e.used, 'mode', e.mode))
         from envelopes e where e.tenant_id = t.id) as envelopes
    from down cross join tenants t on t.id = down.id order by down.depth, t.name, t.id`);
}
