// The team of a tenant: who belongs to it with which role, changing roles, leaving, handing over. An owner is always left.
import { and, eq, exists, isNull, sql } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { apiKeys, members, passkeys, users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { may } from "../../rules/permissions.ts";
import type { MemberView, TeamView } from "../../rules/views-people.ts";
import type { Role } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import type { Scope } from "../scope.ts";
import { invitationsOf } from "./invitations.ts";
import { cutPerson, tellTenant } from "./notices.ts";

/** Everybody who belongs to the tenant, owners first, and, for those who may invite, who was asked in. */
export async function teamOf(deps: Deps, scope: Scope): Promise<TeamView> {
  const mayInvite = may(scope.role, "team.manage");
  const [people, invitations] = await Promise.all([
    selectMembers(deps).where(eq(members.tenantId, scope.tenantId)),
    mayInvite ? invitationsOf(deps, scope.tenantId) : [],
  ]);
  const order: Role[] = ["owner", "operator", "viewer"];
  const sorted = people
    .map(memberView)
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role) || a.name.localeCompare(b.name));
  return { members: sorted, invitations };
}

/**
 * Gives a member another role; what the former one had open is cut where the new one does not carry it.
 * @throws AppError `not_found`, `last_owner`.
 */
export async function changeRole(deps: Deps, scope: Scope, memberId: string, role: Role): Promise<MemberView> {
  const before = await memberOf(deps, scope, memberId);
  await unlessLastOwner(
    deps.db
      .update(members)
      .set({ role })
      .where(and(eq(members.tenantId, scope.tenantId), eq(members.userId, memberId))),
  );
  tell(deps, before, { before: { role: before.role }, after: { role } });
  if (!may(role, "service.console")) await cutPerson(deps, scope.tenantId, memberId, false);
  await tellTenant(deps, scope.tenantId);
  return { ...before, role };
}

/**
 * Takes a member out, or leaves where it is oneself: keys, consoles and pages of that person in this tenant end at once.
 * @throws AppError `not_found`, `role_missing`, `last_owner`.
 */
export async function removeMember(deps: Deps, scope: Scope, memberId: string): Promise<void> {
  if (memberId !== scope.actor.userId && !may(scope.role, "team.manage"))
    throw new AppError("role_missing", { permission: "team.manage" });
  const before = await memberOf(deps, scope, memberId);
  const { tenantId } = scope;
  await unlessLastOwner(
    deps.db.batch([
      deps.db.delete(members).where(and(eq(members.tenantId, tenantId), eq(members.userId, memberId))),
      deps.db
        .update(apiKeys)
        .set({ revokedAt: deps.now() })
        .where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.userId, memberId), isNull(apiKeys.revokedAt))),
    ]),
  );
  tell(deps, before, { before: { role: before.role } });
  await tellTenant(deps, tenantId);
  await cutPerson(deps, tenantId, memberId, true);
}

/**
 * Hands the tenant over: the other becomes owner, oneself operator, both or neither.
 * @throws AppError `not_found`, `already_member` where the other is an owner already.
 */
export async function transfer(deps: Deps, scope: Scope, memberId: string): Promise<void> {
  const { tenantId, actor } = scope;
  const other = await memberOf(deps, scope, memberId);
  if (other.role === "owner") throw new AppError("already_member", { email: other.email });
  const isOwner = (userId: string) =>
    exists(
      deps.db
        .select({ one: sql`1` })
        .from(sql`members as owner`)
        .where(sql`owner.tenant_id = ${tenantId} and owner.user_id = ${userId} and owner.role = 'owner'`),
    );
  const [promoted] = await deps.db.batch([
    deps.db
      .update(members)
      .set({ role: "owner" })
      .where(and(eq(members.tenantId, tenantId), eq(members.userId, memberId), isOwner(actor.userId)))
      .returning({ userId: members.userId }),
    deps.db
      .update(members)
      .set({ role: "operator" })
      .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.userId), isOwner(memberId))),
  ]);
  if (promoted.length === 0) throw new AppError("not_found");
  tell(deps, other, { before: { role: other.role }, after: { role: "owner", formerOwner: actor.email } });
  await tellTenant(deps, tenantId);
}

async function memberOf(deps: Deps, scope: Scope, memberId: string): Promise<MemberView> {
  const [row] = await selectMembers(deps).where(
    and(eq(members.tenantId, scope.tenantId), eq(members.userId, memberId)),
  );
  if (!row) throw new AppError("not_found");
  return memberView(row);
}

function selectMembers(deps: Deps) {
  return deps.db
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      role: members.role,
      hasTotp: users.twoFactorEnabled,
      hasPasskey: sql<number>`exists (select 1 from ${passkeys} where ${passkeys.userId} = ${users.id})`,
      since: members.createdAt,
    })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId));
}

function memberView(row: Awaited<ReturnType<typeof selectMembers>>[number]): MemberView {
  const { hasTotp, hasPasskey, ...rest } = row;
  return { ...rest, secondFactor: hasTotp || hasPasskey === 1 };
}

/** The database lets no tenant be without an owner, whoever asks at the same moment. */
async function unlessLastOwner<T>(change: PromiseLike<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (refusedBy(error, "last_owner")) throw new AppError("last_owner");
    throw error;
  }
}

function tell(deps: Deps, member: MemberView, more: { before: object; after?: object }): void {
  const target = { type: "member", id: member.id, name: member.email };
  trail(deps, {
    target,
    before: { ...more.before },
    ...(more.after === undefined ? {} : { after: { ...more.after } }),
  });
}
