// A tenant's children: making one with its owner and limits, changing what it may take.
import { eq } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { CarvePreview } from "../../rules/quota.ts";
import type { Limits, Modes } from "../../rules/views-tree.ts";
import type { ChildTenantView, TenantKind } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { carvePreview, carveRefusal, checkCarve, setLimits } from "../carving.ts";
import type { Carve } from "../carving.ts";
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
  modes?: Modes | undefined;
}

/**
 * Makes a tenant or reseller below one and carves its envelopes out of the parent's. Where the owner is only invited so far, it
 * stands without one until the invitation is accepted.
 * @throws AppError `quota_exceeded` where the parent has not enough left, `tenant_suspended`.
 */
export async function createChild(deps: Deps, scope: Scope, draft: ChildDraft): Promise<ChildTenantView> {
  refuseHeld(scope);
  checkCarve(draft);
  const email = draft.ownerEmail.trim().toLowerCase();
  const name = draft.name.trim();
  const [owner] = await deps.db.select().from(users).where(eq(users.email, email));
  const ownerId = owner?.emailVerified ? owner.id : null;
  const { kind, limits, modes } = draft;
  const { id, statements } = draftTenant(deps, {
    kind,
    parentId: scope.tenantId,
    name,
    ownerId,
    founderId: null,
    limits,
    modes,
  });
  const by = { userId: scope.actor.userId, name: scope.actor.name };
  const invitation =
    ownerId === null ? await draftInvitation(deps, { tenantId: id, tenantName: name, email, role: "owner", by }) : null;
  try {
    await deps.db.batch([...statements, ...(invitation?.statements ?? [])]);
  } catch (error) {
    if (refusedBy(error, "tenant_suspended")) throw new AppError("tenant_suspended");
    throw await carveRefusal(deps, id, scope.tenantId, draft, error);
  }
  await invitation?.send();
  trail(deps, {
    chain: id,
    target: { type: "tenant", id, name },
    after: { kind, owner: email, isInvited: ownerId === null, limits, ...(modes ? { modes } : {}) },
  });
  return childOf(deps, scope.tenantId, id);
}

/** Sets a child's limits and modes; see {@link setLimits} for the refusals. */
export async function setChildLimits(
  deps: Deps,
  parentId: string,
  childId: string,
  carve: Carve,
): Promise<ChildTenantView> {
  const before = await childOf(deps, parentId, childId);
  await setLimits(deps, childId, parentId, carve);
  const after = await childOf(deps, parentId, childId);
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: after.name },
    before: envelopesIn(before),
    after: envelopesIn(after),
  });
  await tellTenant(deps, childId);
  return after;
}

/**
 * What limits and modes would do to the parent's own quota, for a child that is there or a new one (null).
 * @throws AppError `not_found`, `validation_failed`
 */
export async function previewChild(
  deps: Deps,
  parentId: string,
  childId: string | null,
  carve: Carve,
): Promise<CarvePreview> {
  if (childId !== null) await childOf(deps, parentId, childId);
  return carvePreview(deps, parentId, childId, carve);
}

/** What stands in the audit: a limit, or how else the resource is handed out. */
function envelopesIn(child: ChildTenantView): Record<string, unknown> {
  return Object.fromEntries(child.quota.map((row) => [row.resource, row.mode === "carve" ? row.limit : row.mode]));
}
