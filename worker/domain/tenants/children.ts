// A tenant's children: making one with its owner and limits, changing what it may take.
import { eq } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Limits } from "../../rules/views-tree.ts";
import type { ChildTenantView, TenantKind } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { isQuotaRefusal, quotaRefusal, setLimits } from "../ledger.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { draftInvitation } from "./invitations.ts";
import { draftTenant } from "./new-tenant.ts";
import { tellTenant } from "./notices.ts";
import { childOf } from "./tree.ts";

export interface ChildDraft {
  name: string;
  /** Becomes the owner at once where the address belongs to somebody who has confirmed it; is invited else. */
  ownerEmail: string;
  kind: Exclude<TenantKind, "platform">;
  limits: Limits;
}

/**
 * Makes a tenant or reseller below one and carves its envelopes out of the parent's. Where the owner is only invited so far, it
 * stands without one until the invitation is accepted.
 * @throws AppError `quota_exceeded` where the parent has not enough left, `tenant_suspended`.
 */
export async function createChild(deps: Deps, scope: Scope, draft: ChildDraft): Promise<ChildTenantView> {
  refuseHeld(scope);
  const email = draft.ownerEmail.trim().toLowerCase();
  const name = draft.name.trim();
  const [owner] = await deps.db.select().from(users).where(eq(users.email, email));
  const ownerId = owner?.emailVerified ? owner.id : null;
  const { kind, limits } = draft;
  const { id, statements } = draftTenant(deps, {
    kind,
    parentId: scope.tenantId,
    name,
    ownerId,
    founderId: null,
    limits,
  });
  const by = { userId: scope.actor.userId, name: scope.actor.name };
  const invitation =
    ownerId === null ? await draftInvitation(deps, { tenantId: id, tenantName: name, email, role: "owner", by }) : null;
  try {
    await deps.db.batch([...statements, ...(invitation?.statements ?? [])]);
  } catch (error) {
    if (refusedBy(error, "tenant_suspended")) throw new AppError("tenant_suspended");
    if (!isQuotaRefusal(error)) throw error;
    const demands = Object.entries(limits).map(([resource, amount]) => ({
      resource: resource as keyof Limits,
      amount: amount ?? 0,
    }));
    throw await quotaRefusal(deps, scope.tenantId, demands);
  }
  await invitation?.send();
  trail(deps, {
    chain: id,
    target: { type: "tenant", id, name },
    after: { kind, owner: email, isInvited: ownerId === null, limits },
  });
  return childOf(deps, scope.tenantId, id);
}

/** Sets a child's limits; see {@link setLimits} for the refusals. */
export async function setChildLimits(
  deps: Deps,
  parentId: string,
  childId: string,
  limits: Limits,
): Promise<ChildTenantView> {
  const before = await childOf(deps, parentId, childId);
  await setLimits(deps, childId, parentId, limits);
  const after = await childOf(deps, parentId, childId);
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: after.name },
    before: limitsIn(before),
    after: limitsIn(after),
  });
  await tellTenant(deps, childId);
  return after;
}

function limitsIn(child: ChildTenantView): Limits {
  return Object.fromEntries(child.quota.filter((row) => row.own).map((row) => [row.resource, row.limit]));
}
