// The audit as it is read: pages of entries, newest first, of one chain, of a part of the tree, or of everything.
import { and, desc, eq, getTableColumns, gte, lt, lte, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { auditEntries, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { AuditOutcome } from "../../rules/views.ts";
import type { AuditEntryView, AuditPage } from "../../rules/views-audit.ts";
import type { AuditRow } from "../audit.ts";
import type { Scope } from "../scope.ts";
import { PLATFORM_ID } from "../tenants/platform.ts";

/** Which entries: those of one chain, of a tenant and all below it, or all there are. */
export type AuditPart = { chain: string } | { below: string } | "everything";

export interface AuditFilter {
  /** Id of a person or key, or a part of the name. */
  actor?: string | undefined;
  /** `service.launch`, or `service` for all that begin so. */
  action?: string | undefined;
  outcome?: AuditOutcome | undefined;
  /** Milliseconds since 1970; `from` is the first that counts, `to` the first that no longer does. */
  from?: number | undefined;
  to?: number | undefined;
}

/** Where a page ends: order is by time, then chain and number, all descending. */
export interface AuditCursor {
  at: number;
  chain: string;
  seq: number;
}

export const AUDIT_PAGE_SIZE = 50;

/**
 * What somebody may read: the own chain; of a tenant below, its chain; with `below` both, all of the subtree. Those who run the
 * platform read everything, or one tenant's. @throws AppError `not_found` for a tenant that is not below.
 */
export async function partFor(
  deps: Deps,
  scope: Scope,
  asked: { tenant?: string | undefined; below?: boolean },
): Promise<AuditPart> {
  const isPlatform = scope.tenantId === PLATFORM_ID;
  const tenant = asked.tenant ?? scope.tenantId;
  if (tenant !== scope.tenantId && !(await isBelow(deps, tenant, scope.tenantId))) throw new AppError("not_found");
  if (asked.below && tenant !== PLATFORM_ID) return { below: tenant };
  return isPlatform && asked.tenant === undefined ? "everything" : { chain: tenant };
}

/** A page of entries, newest first. */
export async function auditPage(
  deps: Deps,
  part: AuditPart,
  filter: AuditFilter,
  before: AuditCursor | null,
): Promise<AuditPage> {
  const rows = await auditRows(deps, part, filter, before, AUDIT_PAGE_SIZE + 1);
  const shown = rows.slice(0, AUDIT_PAGE_SIZE);
  const last = shown.at(-1);
  return {
    entries: shown.map(entryView),
    next: rows.length > AUDIT_PAGE_SIZE && last ? cursorText(last.row) : null,
  };
}

/** An entry as it stands, beside the name of the tenant whose chain it is in. */
export interface FoundEntry {
  row: AuditRow;
  tenantName: string | null;
}

/** At most `limit` entries after the cursor, newest first. */
export async function auditRows(
  deps: Deps,
  part: AuditPart,
  filter: AuditFilter,
  before: AuditCursor | null,
  limit: number,
): Promise<FoundEntry[]> {
  const found = await deps.db
    .select({ row: plainColumns, tenantName: tenants.name })
    .from(auditEntries)
    .leftJoin(tenants, eq(tenants.id, auditEntries.chain))
    .where(placesOf(part, and(...conditions(filter), before === null ? undefined : isBefore(before)), limit))
    .orderBy(desc(auditEntries.at), desc(auditEntries.chain), desc(auditEntries.seq))
    .limit(limit);
  return found.map(({ row, tenantName }) => ({ row: parsed(row), tenantName }));
}

/** Columns with those of JSON as the text that is stored: text that somebody has spoilt must not break the reading of the rest. */
export const plainColumns = {
  ...getTableColumns(auditEntries),
  before: sql<string | null>`${auditEntries.before}`.as("before_text"),
  after: sql<string | null>`${auditEntries.after}`.as("after_text"),
};

export type PlainRow = Omit<AuditRow, "before" | "after"> & { before: string | null; after: string | null };

export function parsed(row: PlainRow): AuditRow {
  return { ...row, before: json(row.before), after: json(row.after) };
}

/** The cursor that a text of {@link cursorText} stands for; null where it is none. */
export function cursorOf(text: string): AuditCursor | null {
  const [, at, seq, chain] = /^(\d{1,15})\.(\d{1,15})\.([\w:-]{1,80})$/.exec(text) ?? [];
  return at && seq && chain ? { at: Number(at), seq: Number(seq), chain } : null;
}

function cursorText({ at, seq, chain }: AuditCursor): string {
  return `${at}.${seq}.${chain}`;
}

export function entryView({ row, tenantName }: FoundEntry): AuditEntryView {
  return {
    id: row.id,
    seq: row.seq,
    at: row.at,
    tenant: row.chain.startsWith("user:") ? null : { id: row.chain, name: tenantName ?? row.chain },
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    action: row.action,
    outcome: row.outcome,
    code: row.code,
    target:
      row.targetType === null ? null : { type: row.targetType, id: row.targetId ?? "", name: row.targetName ?? null },
    before: row.before,
    after: row.after,
    ip: row.ip,
    requestId: row.requestId,
  };
}

async function isBelow(deps: Deps, tenantId: string, aboveId: string): Promise<boolean> {
  const rows = await deps.db.all<{ id: string }>(sql`
    with recursive up(id, parent_id) as (
      select id, parent_id from tenants where id = ${tenantId}
      union all select t.id, t.parent_id from tenants t join up on t.id = up.parent_id
    ) select id from up where id = ${aboveId} and id <> ${tenantId}`);
  return rows.length > 0;
}

/**
 * Where the entries are looked for. Below a tenant the newest of each chain are taken first: what that costs goes with the number of
 * tenants there, not with how much they have ever done.
 */
function placesOf(part: AuditPart, condition: SQL | undefined, limit: number): SQL | undefined {
  if (part === "everything") return condition;
  if ("chain" in part) return and(eq(auditEntries.chain, part.chain), condition);
  return sql`audit_entries.rowid in (
    with recursive down(id) as (
      select ${part.below} union all select t.id from tenants t join down on t.parent_id = down.id
    )
    select e.rowid from down join audit_entries e on e.rowid in (
      select audit_entries.rowid from audit_entries where audit_entries.chain = down.id and ${condition ?? sql`1`}
      order by audit_entries.at desc, audit_entries.seq desc limit ${limit}))`;
}

function isBefore({ at, chain, seq }: AuditCursor): SQL {
  const place = sql`(${auditEntries.at}, ${auditEntries.chain}, ${auditEntries.seq}) < (${at}, ${chain}, ${seq})`;
  // The bound on the time alone is what the index of a chain can use.
  return sql`(${lte(auditEntries.at, at)} and ${place})`;
}

function conditions({ actor, action, outcome, from, to }: AuditFilter): (SQL | undefined)[] {
  return [
    actor === undefined
      ? undefined
      : or(eq(auditEntries.actorId, actor), sql`instr(lower(${auditEntries.actorName}), lower(${actor})) > 0`),
    action === undefined
      ? undefined
      : or(
          eq(auditEntries.action, action),
          sql`substr(${auditEntries.action}, 1, ${action.length + 1}) = ${`${action}.`}`,
        ),
    outcome === undefined ? undefined : eq(auditEntries.outcome, outcome),
    from === undefined ? undefined : gte(auditEntries.at, from),
    to === undefined ? undefined : lt(auditEntries.at, to),
  ];
}

function json(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}
