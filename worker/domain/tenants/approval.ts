// Sign-ups that a reseller looks at first: approving and declining them.
import { and, eq } from "drizzle-orm";
import { tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Limits } from "../../rules/views-tree.ts";
import type { ChildTenantView } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { setLimits } from "../carving.ts";
import { defaultLimitsOf } from "../ledger.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { holdAnew } from "./held.ts";
import { tellTenant } from "./notices.ts";
import { mailOwners } from "./owners.ts";
import { childOf, descendantOf } from "./tree.ts";

/** Writes to those who may approve. */
export async function tellOfApproval(deps: Deps, resellerId: string, tenantName: string): Promise<void> {
  await mailOwners(deps, resellerId, "approval_wanted", { tenant: tenantName });
  await tellTenant(deps, resellerId);
}

/**
 * Opens a tenant that waits, with the limits given or those that new tenants get. The limits come first: where there is not
 * enough left for them, nothing is approved.
 * @throws AppError `not_found`, `tenant_not_ready`, `quota_exceeded`, `tenant_suspended`.
 */
export async function approve(deps: Deps, scope: Scope, childId: string, limits?: Limits): Promise<ChildTenantView> {
  refuseHeld(scope);
  const child = await pendingBelow(deps, scope, childId);
  const parentId = child.parentId ?? "";
  const granted = limits ?? (await defaultLimitsOf(deps, parentId));
  await setLimits(deps, childId, parentId, { limits: granted });
  const [opened] = await deps.db.batch([
    deps.db
      .update(tenants)
      .set({ status: "active", statusReason: null, statusAt: deps.now() })
      .where(and(eq(tenants.id, childId), eq(tenants.status, "pending")))
      .returning({ id: tenants.id }),
    holdAnew(deps, childId),
  ]);
  if (opened.length === 0) throw new AppError("tenant_not_ready");
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: child.name },
    before: { status: "pending" },
    after: { status: "active", limits: granted },
  });
  await mailOwners(deps, childId, "approved", { tenant: child.name });
  await tellTenant(deps, childId);
  return childOf(deps, parentId, childId);
}

/**
 * Turns a sign-up away: the tenant, in which nothing can have been made yet, is torn down.
 * @throws AppError `not_found`, `tenant_not_ready`.
 */
export async function decline(deps: Deps, scope: Scope, childId: string, reason: string): Promise<void> {
  const child = await pendingBelow(deps, scope, childId);
  const [closed] = await deps.db.batch([
    deps.db
      .update(tenants)
      .set({ status: "deleting", statusReason: reason, statusAt: deps.now() })
      .where(and(eq(tenants.id, childId), eq(tenants.status, "pending")))
      .returning({ id: tenants.id }),
    holdAnew(deps, childId),
  ]);
  if (closed.length === 0) throw new AppError("tenant_not_ready");
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: child.name },
    before: { status: "pending" },
    after: { status: "deleting", reason },
  });
  await mailOwners(deps, childId, "declined", { tenant: child.name, reason });
  await tellTenant(deps, childId);
}

async function pendingBelow(deps: Deps, scope: Scope, childId: string) {
  const child = await descendantOf(deps, scope, childId);
  if (child.status !== "pending") throw new AppError("tenant_not_ready");
  return child;
}
