// Asking the one above for more quota, and its answer; what is approved is applied in the same batch as the decision.
import { and, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { quotaRequests, tenants } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { Limits, QuotaRequestView } from "../rules/views-tree.ts";
import { RESOURCES } from "../rules/views.ts";
import type { QuotaView } from "../rules/views.ts";
import { trail } from "./audit.ts";
import { carveRefusal, carveStatements } from "./carving.ts";
import { publish } from "./feed.ts";
import { quotaOf } from "./ledger.ts";
import { refuseHeld } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { mailOwners } from "./tenants/owners.ts";

type RequestRow = typeof quotaRequests.$inferSelect;

/** How many a list shows, the newest first and those that are open before all others. */
const LIST_SIZE = 100;

export interface Wish {
  /** Limits wished for, in full. */
  wanted: Limits;
  message: string;
}

/**
 * Asks the one above for more; it is told by mail.
 * @throws AppError `request_open` where one waits already, `envelope_rejected`, `validation_failed` for what is there already,
 *   `tenant_suspended`.
 */
export async function askForMore(deps: Deps, scope: Scope, wish: Wish): Promise<QuotaRequestView> {
  refuseHeld(scope);
  checkWish(wish.wanted, await quotaOf(deps, scope.tenantId));
  const id = deps.newId("qrq");
  try {
    await deps.db.insert(quotaRequests).values({
      id,
      tenantId: scope.tenantId,
      parentId: sql<string>`(select parent_id from tenants where id = ${scope.tenantId})`,
      wanted: wish.wanted,
      message: wish.message,
      askedBy: scope.actor.userId,
      askerName: scope.actor.name,
      createdAt: deps.now(),
    });
  } catch (error) {
    if (refusedBy(error, "quota_requests.tenant_id")) throw new AppError("request_open");
    throw error;
  }
  trail(deps, { target: { type: "quota_request", id }, after: { wanted: wish.wanted, message: wish.message } });
  const row = await requestOf(deps, and(eq(quotaRequests.id, id)));
  await tellBoth(deps, row);
  await mailOwners(deps, row.parentId, "quota_asked", { tenant: scope.tenantName, message: wish.message });
  return viewOf(deps, row);
}

export async function requestsOf(deps: Deps, scope: Scope): Promise<QuotaRequestView[]> {
  return viewsOf(deps, await listed(deps, eq(quotaRequests.tenantId, scope.tenantId)));
}

/** Takes an open request back. @throws AppError `not_found`, `request_decided` */
export async function withdrawRequest(deps: Deps, scope: Scope, requestId: string): Promise<void> {
  const where = and(eq(quotaRequests.id, requestId), eq(quotaRequests.tenantId, scope.tenantId));
  const row = await requestOf(deps, where);
  await decided(() =>
    deps.db
      .update(quotaRequests)
      .set({ status: "withdrawn", decidedAt: deps.now() })
      .where(eq(quotaRequests.id, row.id)),
  );
  trail(deps, {
    target: { type: "quota_request", id: row.id },
    before: { status: row.status },
    after: { status: "withdrawn" },
  });
  await tellBoth(deps, row);
}

/** What those directly below ask for; from then on it counts as seen. */
export async function requestsBelow(deps: Deps, scope: Scope): Promise<QuotaRequestView[]> {
  const rows = await listed(deps, askedHere(scope));
  const unseen = rows.filter((row) => row.status === "open" && row.seenAt === null).map((row) => row.id);
  if (unseen.length > 0) {
    await deps.db
      .update(quotaRequests)
      .set({ seenAt: deps.now() })
      .where(and(inArray(quotaRequests.id, unseen), eq(quotaRequests.status, "open"), isNull(quotaRequests.seenAt)));
  }
  return viewsOf(deps, rows);
}

/**
 * Gives what was asked for, or other limits; decision and limits hold together or not at all, so that the request stays open where
 * one's own quota is too small.
 * @throws AppError `not_found`, `request_decided`, `quota_exceeded`, `limit_below_used`, `envelope_rejected`, `tenant_suspended`.
 */
export async function approveRequest(
  deps: Deps,
  scope: Scope,
  requestId: string,
  answer: { limits?: Limits | undefined; message: string },
): Promise<QuotaRequestView> {
  refuseHeld(scope);
  const row = await askedOf(deps, scope, requestId);
  const granted = answer.limits ?? row.wanted;
  const before = await quotaOf(deps, row.tenantId);
  try {
    await deps.db.batch([
      decision(deps, scope, row, { status: "approved", granted, answer: answer.message }),
      ...carveStatements(deps, row.tenantId, { limits: granted }),
    ]);
  } catch (error) {
    if (refusedBy(error, "request_decided")) throw new AppError("request_decided");
    throw await carveRefusal(deps, row.tenantId, scope.tenantId, { limits: granted }, error);
  }
  await settled(deps, row, { limits: limitsIn(before, granted) }, { status: "approved", limits: granted });
  const tenant = await nameOf(deps, row.tenantId);
  await mailOwners(deps, row.tenantId, "quota_approved", { tenant, message: answer.message });
  return viewOf(deps, await requestOf(deps, eq(quotaRequests.id, row.id)));
}

/** Says no, with a reason. @throws AppError `not_found`, `request_decided` */
export async function declineRequest(
  deps: Deps,
  scope: Scope,
  requestId: string,
  message: string,
): Promise<QuotaRequestView> {
  const row = await askedOf(deps, scope, requestId);
  await decided(() => decision(deps, scope, row, { status: "declined", answer: message }));
  await settled(deps, row, { status: row.status }, { status: "declined", message });
  const tenant = await nameOf(deps, row.tenantId);
  await mailOwners(deps, row.tenantId, "quota_declined", { tenant, message });
  return viewOf(deps, await requestOf(deps, eq(quotaRequests.id, row.id)));
}

/** @throws AppError `envelope_rejected`, `validation_failed` */
function checkWish(wanted: Limits, now: QuotaView["resources"]): void {
  const fields = now.flatMap((row) => {
    const value = wanted[row.resource];
    if (value === undefined) return [];
    if (row.mode === "reject") throw new AppError("envelope_rejected", { resource: row.resource });
    // What is shared has no limit of its own yet: any is more.
    const least = (row.own ? row.limit : 0) + 1;
    if (value >= least) return [];
    return [{ pointer: `#/wanted/${row.resource}`, code: "too_small", params: { minimum: least } }];
  });
  if (fields.length > 0) throw new AppError("validation_failed", {}, { fields });
}

function decision(deps: Deps, scope: Scope, row: RequestRow, outcome: Partial<RequestRow>) {
  const { userId, name } = scope.actor;
  // One that was decided in between is refused by the database, and with it whatever else is in the batch.
  return deps.db
    .update(quotaRequests)
    .set({ ...outcome, decidedBy: userId, deciderName: name, decidedAt: deps.now() })
    .where(eq(quotaRequests.id, row.id));
}

/** @throws AppError `request_decided` */
async function decided(write: () => PromiseLike<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw refusedBy(error, "request_decided") ? new AppError("request_decided") : error;
  }
}

async function settled(
  deps: Deps,
  row: RequestRow,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Promise<void> {
  trail(deps, { chain: row.tenantId, target: { type: "quota_request", id: row.id }, before, after });
  await tellBoth(deps, row);
}

async function tellBoth(deps: Deps, row: RequestRow): Promise<void> {
  await publish(deps, row.tenantId, { type: "quota" });
  await publish(deps, row.parentId, { type: "quota" });
}

function limitsIn(rows: QuotaView["resources"], named: Limits): Limits {
  return Object.fromEntries(
    rows.filter((row) => named[row.resource] !== undefined).map((row) => [row.resource, row.limit]),
  );
}

/** @throws AppError `not_found`, the same for what another was asked as for what never was. */
function askedOf(deps: Deps, scope: Scope, requestId: string): Promise<RequestRow> {
  return requestOf(deps, and(eq(quotaRequests.id, requestId), askedHere(scope)));
}

/** Those of tenants that are being taken down are no business of anybody's. */
function askedHere(scope: Scope) {
  return and(
    eq(quotaRequests.parentId, scope.tenantId),
    sql`(select status from tenants where id = ${quotaRequests.tenantId}) not in ('deleting', 'deleted')`,
  );
}

async function requestOf(deps: Deps, where: ReturnType<typeof and>): Promise<RequestRow> {
  const [row] = await deps.db.select().from(quotaRequests).where(where);
  if (!row) throw new AppError("not_found");
  return row;
}

function listed(deps: Deps, where: ReturnType<typeof and>): Promise<RequestRow[]> {
  return deps.db
    .select()
    .from(quotaRequests)
    .where(where)
    .orderBy(sql`${quotaRequests.status} <> 'open'`, desc(quotaRequests.createdAt))
    .limit(LIST_SIZE);
}

async function nameOf(deps: Deps, tenantId: string): Promise<string> {
  const [row] = await deps.db.select({ name: tenants.name }).from(tenants).where(eq(tenants.id, tenantId));
  return row?.name ?? "";
}

/** Each tenant is looked up once, however many requests it has made. */
async function viewsOf(deps: Deps, rows: readonly RequestRow[]): Promise<QuotaRequestView[]> {
  const ids = [...new Set(rows.map((row) => row.tenantId))];
  const known = new Map(
    await Promise.all(
      ids.map(async (id) => [id, { name: await nameOf(deps, id), quota: await quotaOf(deps, id) }] as const),
    ),
  );
  return rows.map((row) => {
    const { name, quota } = known.get(row.tenantId) ?? { name: "", quota: [] };
    return view(row, name, quota);
  });
}

async function viewOf(deps: Deps, row: RequestRow): Promise<QuotaRequestView> {
  const [name, quota] = await Promise.all([nameOf(deps, row.tenantId), quotaOf(deps, row.tenantId)]);
  return view(row, name, quota);
}

function view(row: RequestRow, name: string, quota: QuotaView["resources"]): QuotaRequestView {
  const named = RESOURCES.filter((resource) => row.wanted[resource] !== undefined);
  return {
    id: row.id,
    tenant: { id: row.tenantId, name },
    status: row.status,
    wanted: row.wanted,
    now: quota.filter(({ resource }) => named.includes(resource)),
    message: row.message,
    granted: row.granted,
    answer: row.answer,
    askedBy: row.askerName,
    decidedBy: row.deciderName,
    createdAt: row.createdAt,
    seenAt: row.seenAt,
    decidedAt: row.decidedAt,
  };
}
