// Handing out quota: what each child has of its own, shares or is refused, and the change from one to the other.
import { and, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { charges, envelopes } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { presentOf, previewCarve } from "../rules/quota.ts";
import type { CarvePreview } from "../rules/quota.ts";
import type { ChildQuotaRow, Limits, Modes } from "../rules/views-tree.ts";
import { RESOURCES } from "../rules/views.ts";
import type { EnvelopeMode, Resource } from "../rules/views.ts";
import { isQuotaRefusal, nearestEnvelope, quotaOf, quotaRefusal } from "./ledger.ts";
import type { Statement } from "./ledger.ts";

/** What a parent wants of a child's envelopes; what is not named stays as it is, or is zero where the child is new. */
export interface Carve {
  limits: Limits;
  modes?: Modes | undefined;
}

/**
 * Statements that give a new tenant its envelopes: empty ones, each charged to the parent's nearest, then grown to its limit,
 * which the database charges to the parent in the same statement. A resource that is shared gets none.
 */
export function carveEnvelopes(deps: Deps, tenantId: string, parentId: string, carve: Carve): Statement[] {
  return RESOURCES.flatMap((resource) => {
    const mode = carve.modes?.[resource] ?? "carve";
    if (mode === "share") return [];
    const envelopeId = deps.newId("env");
    return [
      deps.db.insert(envelopes).values({ id: envelopeId, tenantId, resource, limit: 0, mode }),
      deps.db.insert(charges).values({
        id: deps.newId("chg"),
        envelopeId: nearestEnvelope(parentId, resource),
        resource,
        amount: 0,
        childEnvelopeId: envelopeId,
        createdAt: deps.now(),
      }),
      deps.db
        .update(envelopes)
        .set({ limit: mode === "reject" ? 0 : (carve.limits[resource] ?? 0) })
        .where(eq(envelopes.id, envelopeId)),
    ];
  });
}

/**
 * Sets limits and modes of a tenant, all or none.
 * @throws AppError `limit_below_used` with the figures, `quota_exceeded` where the parent has not enough left,
 *   `envelope_rejected`, `validation_failed` for a limit of what is not carved, `not_found` where the tenant was deleted.
 */
export async function setLimits(deps: Deps, tenantId: string, parentId: string, carve: Carve): Promise<void> {
  checkCarve(carve);
  const [first, ...rest] = carveStatements(deps, tenantId, carve);
  if (!first) return;
  try {
    await deps.db.batch([first, ...rest]);
  } catch (error) {
    throw await carveRefusal(deps, tenantId, parentId, carve, error);
  }
}

/**
 * Statements that bring a tenant's envelopes to what a carve wants. They look for themselves how things stand, so that a change
 * which came in between is met as it is.
 */
export function carveStatements(deps: Deps, tenantId: string, carve: Carve): Statement[] {
  return RESOURCES.flatMap((resource) => {
    const limit = carve.limits[resource];
    const mode = carve.modes?.[resource];
    if (mode === "share") return share(deps, tenantId, resource);
    return limit === undefined && mode === undefined ? [] : hold(deps, tenantId, resource, mode, limit);
  });
}

/** Why a batch with {@link carveStatements} was refused; an error that is none of the ledger's comes back as it is. */
export async function carveRefusal(
  deps: Deps,
  tenantId: string,
  parentId: string,
  carve: Carve,
  error: unknown,
): Promise<unknown> {
  if (refusedBy(error, "tenant_is_gone")) return new AppError("not_found");
  const isRejected = refusedBy(error, "envelope_rejects");
  if (!isRejected && !isQuotaRefusal(error)) return error;
  const [mine, child] = await Promise.all([quotaOf(deps, parentId), childQuotaOf(deps, tenantId)]);
  if (isRejected) {
    const row = child.find(({ resource, mode }) => mode === "reject" && (carve.limits[resource] ?? 0) > 0);
    return new AppError("envelope_rejected", row ? { resource: row.resource } : {});
  }
  const rows = previewCarve(mine, child, carve).resources;
  const low = rows.find((row) => row.asked < row.least);
  if (low) return new AppError("limit_below_used", { resource: low.resource, limit: low.asked, used: low.least });
  const growth = rows.map((row) => {
    const present = child.find((candidate) => candidate.resource === row.resource);
    return { resource: row.resource, amount: Math.max(0, row.asked - presentOf(present)) };
  });
  return quotaRefusal(deps, parentId, growth);
}

/** What a tenant takes of each resource: of its own envelope, or, where it shares, of one further up, with all below it. */
export async function childQuotaOf(deps: Deps, tenantId: string): Promise<ChildQuotaRow[]> {
  const [own, shared] = await Promise.all([
    deps.db.select().from(envelopes).where(eq(envelopes.tenantId, tenantId)),
    deps.db.all<{ resource: Resource; used: number }>(sql`
      ${below(tenantId)}
      select c.resource as resource, sum(c.amount) as used from charges c join envelopes e on e.id = c.envelope_id
      where e.tenant_id not in (select id from below) and ${isOfThoseBelow(tenantId, sql`c`)} group by c.resource`),
  ]);
  return RESOURCES.map((resource) => {
    const envelope = own.find((row) => row.resource === resource);
    if (envelope) return { resource, mode: envelope.mode, limit: envelope.limit, used: envelope.used };
    return {
      resource,
      mode: "share",
      limit: 0,
      used: shared.find((row) => row.resource === resource)?.used ?? 0,
    };
  });
}

/** What a carve would do to the one who carves; for a child that is there already, or a new one (null). */
export async function carvePreview(
  deps: Deps,
  parentId: string,
  childId: string | null,
  carve: Carve,
): Promise<CarvePreview> {
  checkCarve(carve);
  const [mine, child] = await Promise.all([
    quotaOf(deps, parentId),
    childId === null ? Promise.resolve([]) : childQuotaOf(deps, childId),
  ]);
  return previewCarve(mine, child, carve);
}

/** A limit is of what is carved; what is shared or refused has none. @throws AppError `validation_failed` */
export function checkCarve({ limits, modes = {} }: Carve): void {
  const fields = RESOURCES.filter(
    (resource) => (modes[resource] ?? "carve") !== "carve" && (limits[resource] ?? 0) > 0,
  ).map((resource) => ({ pointer: `#/limits/${resource}`, code: "too_big", params: { maximum: 0 } }));
  if (fields.length > 0) throw new AppError("validation_failed", {}, { fields });
}

/** An envelope of its own: made where there is none, with the charges of the tenant and those below it moved into it. */
function hold(
  deps: Deps,
  tenantId: string,
  resource: Resource,
  mode: Exclude<EnvelopeMode, "share"> | undefined,
  limit: number | undefined,
): Statement[] {
  const own = ownEnvelope(tenantId, resource);
  const parent = sql`(select parent_id from tenants where id = ${tenantId})`;
  const isOwn = and(eq(envelopes.tenantId, tenantId), eq(envelopes.resource, resource));
  const target = mode === "reject" ? 0 : limit;
  return [
    // All columns in the order of the table, as a selection must have them.
    deps.db
      .insert(envelopes)
      .select(sql`select ${deps.newId("env")}, ${tenantId}, ${resource}, 0, 0, 0, 'carve' where ${own} is null`),
    deps.db.insert(charges).select(sql`
      select ${deps.newId("chg")}, ${nearestEnvelope(parent, resource)}, ${resource}, 0, null, null, null, null, ${own}, ${deps.now()}
      where not exists (select 1 from charges where child_envelope_id = ${own})`),
    // Only an envelope that was made just now has charges to get: the giver's are not walked through for any other.
    deps.db
      .update(charges)
      .set({ envelopeId: own })
      .where(
        sql`envelope_id = (
          select c.envelope_id from envelopes e join charges c on c.child_envelope_id = e.id
          where e.tenant_id = ${tenantId} and e.resource = ${resource} and e.moves = 0 and e."limit" = 0)
        and id in (${below(tenantId)} select c.id from charges c where ${isOfThoseBelow(tenantId, sql`c`)})`,
      ),
    ...(mode === undefined && target === undefined
      ? []
      : [
          deps.db
            .update(envelopes)
            .set({ ...(mode === undefined ? {} : { mode }), ...(target === undefined ? {} : { limit: target }) })
            .where(isOwn),
        ]),
  ];
}

/** No envelope of its own: its charges, and those of tenants below that share it, move to the one above; it goes. */
function share(deps: Deps, tenantId: string, resource: Resource): Statement[] {
  const own = ownEnvelope(tenantId, resource);
  const isOwn = and(eq(envelopes.tenantId, tenantId), eq(envelopes.resource, resource));
  return [
    deps.db
      .update(charges)
      .set({ envelopeId: sql`(select c.envelope_id from charges c where c.child_envelope_id = ${own})` })
      .where(sql`envelope_id = ${own}`),
    deps.db.update(envelopes).set({ mode: "carve", limit: 0 }).where(isOwn),
    deps.db.delete(charges).where(sql`child_envelope_id = ${own}`),
    deps.db.delete(envelopes).where(isOwn),
  ];
}

function ownEnvelope(tenantId: string, resource: Resource): SQL<string> {
  return sql<string>`(select id from envelopes where tenant_id = ${tenantId} and resource = ${resource})`;
}

/** Names a tenant and all that are below it `below`. */
function below(tenantId: string): SQL {
  return sql`with recursive below(id) as (
    select ${tenantId} union all select t.id from below cross join tenants t on t.parent_id = below.id)`;
}

/** Whether a charge is of one of those `below` or an envelope of theirs; the tenant's own carve is its parent's. */
function isOfThoseBelow(tenantId: string, charge: SQL): SQL {
  return sql`(
    ${charge}.service_id in (select s.id from below cross join services s on s.tenant_id = below.id)
    or ${charge}.snapshot_id in (select s.id from below cross join snapshots s on s.tenant_id = below.id)
    or ${charge}.backup_id in (select b.id from below cross join backups b on b.tenant_id = below.id)
    or ${charge}.child_envelope_id in (
      select e.id from below cross join envelopes e on e.tenant_id = below.id where below.id <> ${tenantId}))`;
}
