// Suspending a tenant with everything below it, and letting it go on.
import { and, eq, gte, inArray, isNull, sql } from "drizzle-orm";
import { operations, services, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { trail } from "../audit.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { beginSystemOperation } from "../services/change.ts";
import { holdAnew } from "./held.ts";
import { cutConsolesBelow, tellSubtree } from "./notices.ts";
import { mailOwners } from "./owners.ts";
import { subtreeOf } from "./subtree.ts";
import { descendantOf } from "./tree.ts";

/**
 * Suspends a tenant below: whatever would consume is refused from the same moment on, there and in everything below it, and
 * open consoles are cut. With `shutDown` every service that runs there is asked to shut down as well.
 * @throws AppError `not_found`, `tenant_not_ready` where it is pending or being deleted.
 */
export async function suspend(
  deps: Deps,
  scope: Scope,
  childId: string,
  wish: { reason: string; shutDown: boolean },
): Promise<void> {
  const child = await descendantOf(deps, scope, childId);
  const [held] = await deps.db.batch([
    deps.db
      .update(tenants)
      .set({ status: "suspended", statusReason: wish.reason, statusAt: deps.now(), shutDown: wish.shutDown })
      .where(and(eq(tenants.id, childId), inArray(tenants.status, ["active", "suspended"])))
      .returning({ id: tenants.id }),
    holdAnew(deps, childId),
  ]);
  if (held.length === 0) throw new AppError("tenant_not_ready");
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: child.name },
    before: { status: child.status },
    after: { status: "suspended", ...wish },
  });
  await cutConsolesBelow(deps, childId, "suspended");
  await tellSubtree(deps, childId);
  if (child.status === "active")
    await mailOwners(deps, childId, "suspended", { tenant: child.name, reason: wish.reason });
  if (wish.shutDown) await shutDownBelow(deps, childId);
}

/**
 * Lets a suspended tenant go on. What is below stays held where it was suspended by itself, and the tenant itself where one
 * above it is.
 * @throws AppError `not_found`, `tenant_not_ready`, `tenant_suspended` where one is held oneself.
 */
export async function resume(deps: Deps, scope: Scope, childId: string): Promise<void> {
  refuseHeld(scope);
  const child = await descendantOf(deps, scope, childId);
  const [freed] = await deps.db.batch([
    deps.db
      .update(tenants)
      .set({ status: "active", statusReason: null, statusAt: deps.now(), shutDown: false })
      .where(and(eq(tenants.id, childId), eq(tenants.status, "suspended")))
      .returning({ id: tenants.id }),
    holdAnew(deps, childId),
  ]);
  if (freed.length === 0) throw new AppError("tenant_not_ready");
  trail(deps, {
    chain: childId,
    target: { type: "tenant", id: childId, name: child.name },
    before: { status: "suspended", ...(child.statusReason === null ? {} : { reason: child.statusReason }) },
    after: { status: "active" },
  });
  await tellSubtree(deps, childId);
}

/** How many services one pass asks to shut down; the rest follows with the next. */
const PASS_SIZE = 50;

/**
 * Asks each running service below a suspended tenant to shut down, once since the suspension. One that was busy is asked by a
 * later pass; when there is none left to ask, the wish is settled.
 */
export async function shutDownBelow(deps: Deps, rootId: string): Promise<void> {
  const [root] = await deps.db.select().from(tenants).where(eq(tenants.id, rootId));
  if (!root?.shutDown || root.status !== "suspended") return;
  const wasAsked = sql`exists (select 1 from ${operations} where ${and(
    eq(operations.serviceId, services.id),
    eq(operations.kind, "shutdown"),
    gte(operations.startedAt, root.statusAt ?? 0),
  )})`;
  const rows = await deps.db
    .select({ id: services.id, tenantId: services.tenantId })
    .from(services)
    .where(
      and(
        sql`${services.tenantId} in ${subtreeOf(rootId)}`,
        isNull(services.deletedAt),
        inArray(services.state, ["creating", "ready"]),
        sql`(${services.power} <> 'stopped' or ${services.operationId} is not null)`,
        sql`not ${wasAsked}`,
      ),
    )
    .limit(PASS_SIZE);
  for (const row of rows) await beginSystemOperation(deps, row.tenantId, row.id, "shutdown");
  if (rows.length > 0) return;
  await deps.db
    .update(tenants)
    .set({ shutDown: false })
    .where(and(eq(tenants.id, rootId), eq(tenants.status, "suspended")));
}
