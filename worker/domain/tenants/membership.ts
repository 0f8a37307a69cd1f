// Who belongs to which tenant: a person's scope in one, all that a person belongs to, the first tenant of a new person.
import { and, eq, ne, notInArray, sql } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { members, tenants, users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Limits } from "../../rules/views-tree.ts";
import type { MeView } from "../../rules/views.ts";
import { ownDeed } from "../audit.ts";
import { defaultLimitsOf, isQuotaRefusal } from "../ledger.ts";
import { isStrong, makeScope } from "../scope.ts";
import type { Actor, Scope } from "../scope.ts";
import { openInvitationsTo } from "./invitations.ts";
import { draftTenant } from "./new-tenant.ts";
import { PLATFORM_ID } from "./platform.ts";
import { tellOfApproval } from "./approval.ts";
import { frontOfLink } from "./storefronts.ts";

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
  const invitations = await openInvitationsTo(deps, actor.email);
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
    platformRequests: rows.find((row) => row.id === PLATFORM_ID)?.openRequests ?? 0,
    invitations: invitations.length,
  };
}

/**
 * What a person gets once the address is confirmed: the platform for those named in OPERATOR_EMAILS; nothing for those who
 * were invited somewhere and have yet to answer; a tenant of their own for everybody else, below the reseller at whose
 * front they signed up. Doing it twice changes nothing. Where there is no room left above, the tenant is made with empty
 * envelopes, so that the person is told to ask instead of being locked out.
 */
export async function ensureFirstTenant(deps: Deps, userId: string): Promise<void> {
  const [user] = await deps.db.select().from(users).where(eq(users.id, userId));
  if (!user?.emailVerified) return;
  if (deps.config.OPERATOR_EMAILS.includes(user.email.toLowerCase())) {
    const row = { tenantId: PLATFORM_ID, userId, role: "owner" as const, createdAt: deps.now() };
    await deps.db.insert(members).values(row).onConflictDoNothing();
    return;
  }
  const [founded] = await deps.db.select({ id: tenants.id }).from(tenants).where(eq(tenants.founderId, userId));
  if (founded || (await openInvitationsTo(deps, user.email)).length > 0) return;
  await makeFirstTenant(deps, user);
}

async function makeFirstTenant(deps: Deps, user: typeof users.$inferSelect): Promise<void> {
  const front = await frontOfLink(deps, user.storefront);
  // A front that has gone, or closed in between, lets in nobody by itself.
  if (front === null || (front.signUp === "closed" && user.storefront === null)) return;
  const status = front.signUp === "open" ? ("active" as const) : ("pending" as const);
  const draft = {
    kind: "tenant" as const,
    parentId: front.tenantId,
    name: user.organisation?.trim() || user.name,
    ownerId: user.id,
    founderId: user.id,
    status,
  };
  // What waits for approval is given its quota with it: sign-ups alone must not use up what the reseller has.
  const limits = status === "pending" ? {} : await defaultLimitsOf(deps, front.tenantId);
  const made = (limits: Limits) => {
    const { id, statements } = draftTenant(deps, { ...draft, limits });
    const deed = ownDeed(deps, {
      chain: id,
      actor: { kind: "person", id: user.id, name: user.name },
      action: "tenant.create",
      outcome: "done",
      target: { type: "tenant", id, name: draft.name },
      after: { status, limits },
    });
    return deps.db.batch([...statements, deed.note]).then(deed.tell);
  };
  try {
    await made(limits);
  } catch (error) {
    if (refusedBy(error, "tenants.founder_id") || refusedBy(error, "tenant_suspended")) return;
    if (!isQuotaRefusal(error)) throw error;
    deps.log("warn", "no_room_for_new_tenant", { userId: user.id, parentId: front.tenantId });
    await made({});
    return;
  }
  if (status === "pending") await tellOfApproval(deps, front.tenantId, draft.name);
}

export async function tenantIdsOf(deps: Deps, userId: string): Promise<string[]> {
  const rows = await deps.db.select({ id: members.tenantId }).from(members).where(eq(members.userId, userId));
  return rows.map((row) => row.id);
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
      // Only the latest are looked through: what it costs must not grow with the years.
      openRequests: sql<number>`(
        select count(*) from (
          select q.status from quota_requests q
          where q.parent_id = ${tenants.id} and ${tenants.kind} <> 'tenant' and ${members.role} <> 'viewer'
          order by q.created_at desc limit 50
        ) where status = 'open')`,
    })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .where(and(eq(members.userId, userId), ne(tenants.status, "deleted")))
    .orderBy(tenants.name);
}
