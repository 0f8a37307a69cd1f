// Telling those inside of what has changed above them, and cutting what is open where the right to it has ended.
import { and, eq, isNull, ne, notInArray, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { consoles, sessions, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { leashOf } from "../consoles.ts";
import type { CloseReason } from "../consoles.ts";
import { feedOf, publish } from "../feed.ts";
import { STRONG_FACTORS } from "../scope.ts";
import { subtreeOf } from "./subtree.ts";

/** How many feeds are told of a change of a whole tree; pages beyond learn of it with their next request. */
const MOST_FEEDS = 200;
/** Requests to objects that are under way at the same time. */
const AT_ONCE = 20;

/** Makes the open pages of a tenant ask anew who they are. */
export async function tellTenant(deps: Deps, tenantId: string): Promise<void> {
  await publish(deps, tenantId, { type: "tenant" });
}

/** The same, for everything below as well. */
export async function tellSubtree(deps: Deps, rootId: string): Promise<void> {
  const rows = await deps.db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(sql`${tenants.id} in ${subtreeOf(rootId)}`, ne(tenants.status, "deleted")))
    .limit(MOST_FEEDS);
  await inTurns(rows, (row) => tellTenant(deps, row.id));
}

/** Cuts the open consoles of every service of a tenant and of those below; answers of how many services. */
export function cutConsolesBelow(deps: Deps, rootId: string, reason: CloseReason): Promise<number> {
  return cutWhere(deps, sql`${consoles.tenantId} in ${subtreeOf(rootId)}`, {}, reason);
}

/** Cuts the consoles below a tenant whose sessions have shown no second factor. */
export async function cutWeakConsolesBelow(deps: Deps, rootId: string): Promise<void> {
  const rows = await deps.db
    .selectDistinct({ serviceId: consoles.serviceId, sessionId: consoles.sessionId })
    .from(consoles)
    .leftJoin(sessions, eq(sessions.id, consoles.sessionId))
    .where(
      and(
        sql`${consoles.tenantId} in ${subtreeOf(rootId)}`,
        isNull(consoles.closedAt),
        or(isNull(sessions.factor), notInArray(sessions.factor, [...STRONG_FACTORS])),
      ),
    );
  await inTurns(rows, async (row) => {
    await leashOf(deps, row.serviceId).cut({ sessionId: row.sessionId }, "revoked");
  });
}

/** Cuts what a person has open in one tenant: consoles, and, where `feeds` says so, its live pages. */
export async function cutPerson(deps: Deps, tenantId: string, userId: string, feeds: boolean): Promise<void> {
  const own = and(eq(consoles.tenantId, tenantId), eq(consoles.userId, userId));
  if (own) await cutWhere(deps, own, { userId }, "revoked");
  if (!feeds) return;
  const open = await deps.db.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, userId));
  await inTurns(open, (session) => feedOf(deps, tenantId).closeSession(session.id, "left"));
}

async function cutWhere(deps: Deps, which: SQL, filter: { userId?: string }, reason: CloseReason): Promise<number> {
  const rows = await deps.db
    .selectDistinct({ serviceId: consoles.serviceId })
    .from(consoles)
    .where(and(which, isNull(consoles.closedAt)));
  await inTurns(rows, async (row) => {
    await leashOf(deps, row.serviceId).cut(filter, reason);
  });
  return rows.length;
}

async function inTurns<T>(rows: readonly T[], act: (row: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await Promise.all(rows.slice(from, from + AT_ONCE).map(act));
  }
}
