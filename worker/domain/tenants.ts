// Tenants and who belongs to them: the tree, the first tenant of a new person, a reseller's children.
import { and, count, eq, isNull, ne, notInArray, sql } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { members, services, tenants, users } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { ChildTenantView, MeView, TenantKind } from "../rules/views.ts";
import { carveEnvelopes, defaultLimitsOf, isQuotaRefusal, quotaOf, quotaRefusal, setLimits } from "./ledger.ts";
import type { Limits } from "./ledger.ts";
import { isStrong, makeScope } from "./scope.ts";
import type { Actor, Scope } from "./scope.ts";

/** Root of the tree, made by a migration; its members run the platform. */
export const PLATFORM_ID = "ten_platform";

/**
 * The scope of an actor in a tenant, and whether the tenant or one above it demands a second factor; null where the person is no
 * member, where a key is another tenant's, where the tenant does not exist or exists no more.
 */
export async function membershipOf(
  deps: Deps,
  actor: Actor,
  tenantId: string,
): Promise<{ scope: Scope; needsSecondFactor: boolean } | null> {
  if (actor.key && actor.key.tenantId !== tenantId) return null;
  const needsSecondFactor = sql<number>`(
    with recursive up(parent_id, needs) as (
      select parent_id, require_second_factor from tenants where id = ${tenantId}
      union all select t.parent_id, t.require_second_factor from tenants t join up on t.id = up.parent_id
    ) select max(needs) from up)`;
  const [row] = await deps.db
    .select({
      role: members.role,
      name: tenants.name,
      kind: tenants.kind,
      status: tenants.status,
      heldBy: tenants.heldBy,
      needsSecondFactor,
    })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .where(
      and(eq(members.tenantId, tenantId), eq(members.userId, actor.userId), notInArray(tenants.status, ["deleted"])),
    );
  if (!row) return null;
  const scope = makeScope({
    tenantId,
    tenantName: row.name,
    tenantKind: row.kind,
    tenantStatus: row.status,
    heldBy: row.heldBy,
    role: row.role,
    actor,
  });
  return { scope, needsSecondFactor: row.needsSecondFactor === 1 };
}

/** The person, and every tenant that the person belongs to. Makes the first tenant where there is none yet. */
export async function meOf(deps: Deps, actor: Actor): Promise<MeView> {
  let rows = await membershipsOf(deps, actor.userId);
  if (rows.length === 0) {
    await ensureFirstTenant(deps, actor.userId);
    rows = await membershipsOf(deps, actor.userId);
  }
  return {
    user: { id: actor.userId, email: actor.email, name: actor.name },
    operator: rows.some((row) => row.id === PLATFORM_ID),
    tenants: rows
      .filter((row) => row.id !== PLATFORM_ID)
      .map(({ heldBy, needsSecondFactor, ...row }) => ({
        ...row,
        open: heldBy === null,
        secondFactorMissing: needsSecondFactor === 1 && !isStrong(actor),
      })),
  };
}

/**
 * What a person gets once the address is confirmed: the platform for those named in OPERATOR_EMAILS, a tenant of their own with
 * the default envelope for everybody else. Doing it twice changes nothing. Where the platform has no room left, the
 * tenant is made with empty envelopes, so that the person is told to ask instead of being locked out.
 */
export async function ensureFirstTenant(deps: Deps, userId: string): Promise<void> {
  const [user] = await deps.db.select().from(users).where(eq(users.id, userId));
  if (!user?.emailVerified) return;
  if (deps.config.OPERATOR_EMAILS.includes(user.email.toLowerCase())) {
    const row = { tenantId: PLATFORM_ID, userId, role: "owner" as const, createdAt: deps.now() };
    await deps.db.insert(members).values(row).onConflictDoNothing();
    return;
  }
  const name = user.organisation?.trim() || user.name;
  const draft = { kind: "tenant" as const, parentId: PLATFORM_ID, name, ownerId: userId, founderId: userId };
  const limits = await defaultLimitsOf(deps, PLATFORM_ID);
  try {
    await insertTenant(deps, { ...draft, limits });
  } catch (error) {
    if (refusedBy(error, "tenants.founder_id")) return;
    if (!isQuotaRefusal(error)) throw error;
    deps.log("warn", "platform_has_no_room", { userId });
    await insertTenant(deps, { ...draft, limits: {} });
  }
}

/** Tenants directly below one, with what they may take and have taken. */
export async function childrenOf(deps: Deps, parentId: string): Promise<ChildTenantView[]> {
  const rows = await deps.db.select().from(tenants).where(eq(tenants.parentId, parentId)).orderBy(tenants.name);
  return Promise.all(rows.map((row) => childView(deps, row)));
}

/** Every tenant of the platform, for its operators, with the name of the one above. */
export async function allTenants(deps: Deps): Promise<(ChildTenantView & { parentName: string | null })[]> {
  const rows = await deps.db.select().from(tenants).where(ne(tenants.kind, "platform")).orderBy(tenants.name);
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return Promise.all(
    rows.map(async (row) => ({ ...(await childView(deps, row)), parentName: names.get(row.parentId ?? "") ?? null })),
  );
}

export interface ChildDraft {
  name: string;
  /** Address of a person who has confirmed it; becomes the owner. */
  ownerEmail: string;
  limits: Limits;
}

/**
 * Makes a tenant or reseller below one and carves its envelopes out of the parent's.
 * @throws AppError `owner_unknown`, or `quota_exceeded` where the parent has not enough left.
 */
export async function createChild(
  deps: Deps,
  parentId: string,
  kind: Exclude<TenantKind, "platform">,
  draft: ChildDraft,
): Promise<ChildTenantView> {
  const email = draft.ownerEmail.trim().toLowerCase();
  const [owner] = await deps.db.select().from(users).where(eq(users.email, email));
  if (!owner?.emailVerified) throw new AppError("owner_unknown", { email });
  try {
    const id = await insertTenant(deps, {
      kind,
      parentId,
      name: draft.name.trim(),
      ownerId: owner.id,
      founderId: null,
      limits: draft.limits,
    });
    return childOf(deps, parentId, id);
  } catch (error) {
    if (!isQuotaRefusal(error)) throw error;
    const demands = Object.entries(draft.limits).map(([resource, amount]) => ({
      resource: resource as keyof Limits,
      amount: amount ?? 0,
    }));
    throw await quotaRefusal(deps, parentId, demands);
  }
}

/** Sets a child's limits; see {@link setLimits} for the refusals. */
export async function setChildLimits(
  deps: Deps,
  parentId: string,
  childId: string,
  limits: Limits,
): Promise<ChildTenantView> {
  await childOf(deps, parentId, childId);
  await setLimits(deps, childId, parentId, limits);
  return childOf(deps, parentId, childId);
}

export async function tenantIdsOf(deps: Deps, userId: string): Promise<string[]> {
  const rows = await deps.db.select({ id: members.tenantId }).from(members).where(eq(members.userId, userId));
  return rows.map((row) => row.id);
}

async function childOf(deps: Deps, parentId: string, childId: string): Promise<ChildTenantView> {
  const [row] = await deps.db
    .select()
    .from(tenants)
    .where(and(eq(tenants.id, childId), eq(tenants.parentId, parentId)));
  if (!row) throw new AppError("not_found");
  return childView(deps, row);
}

async function childView(deps: Deps, row: typeof tenants.$inferSelect): Promise<ChildTenantView> {
  const [live] = await deps.db
    .select({ services: count() })
    .from(services)
    .where(and(eq(services.tenantId, row.id), isNull(services.deletedAt)));
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    status: row.status,
    createdAt: row.createdAt,
    quota: await quotaOf(deps, row.id),
    services: live?.services ?? 0,
  };
}

async function membershipsOf(deps: Deps, userId: string) {
  return deps.db
    .select({
      id: tenants.id,
      kind: tenants.kind,
      name: tenants.name,
      role: members.role,
      status: tenants.status,
      heldBy: tenants.heldBy,
      needsSecondFactor: sql<number>`(
        with recursive up(parent_id, needs) as (
          select t.parent_id, t.require_second_factor from tenants t where t.id = ${tenants.id}
          union all select t.parent_id, t.require_second_factor from tenants t join up on t.id = up.parent_id
        ) select max(needs) from up)`,
    })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .where(and(eq(members.userId, userId), ne(tenants.status, "deleted")))
    .orderBy(tenants.name);
}

interface TenantDraft {
  kind: Exclude<TenantKind, "platform">;
  parentId: string;
  name: string;
  ownerId: string;
  founderId: string | null;
  limits: Limits;
}

async function insertTenant(deps: Deps, draft: TenantDraft): Promise<string> {
  const id = deps.newId("ten");
  const createdAt = deps.now();
  await deps.db.batch([
    deps.db.insert(tenants).values({
      id,
      kind: draft.kind,
      parentId: draft.parentId,
      name: draft.name,
      // Pool names on Proxmox VE take letters, digits, `-`, `_` and `.`; ids are such already.
      slug: id.replace("ten_", "t-"),
      founderId: draft.founderId,
      createdAt,
    }),
    deps.db.insert(members).values({ tenantId: id, userId: draft.ownerId, role: "owner", createdAt }),
    ...carveEnvelopes(deps, id, draft.parentId, draft.limits),
  ]);
  return id;
}
