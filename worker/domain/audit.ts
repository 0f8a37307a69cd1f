// The audit: entries that are only ever added, each chained by its digest to the one before.
import { and, desc, eq, lt } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { auditEntries, auditIntents } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import type { AuditOutcome } from "../rules/views.ts";
import type { Statement } from "./ledger.ts";

export type AuditRow = typeof auditEntries.$inferSelect;

/** What a verb of the domain adds to the entry of the request that it serves. Never a secret. */
export interface Trail {
  /** Chain that the entry belongs to, where it is not that of the tenant in the path: the tenant it is about. */
  chain?: string;
  target?: { type: string; id: string; name?: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** An entry before it has its place in the chain. */
export interface AuditDraft extends Trail {
  chain: string;
  actor: { kind: AuditRow["actorKind"]; id: string; name: string };
  action: string;
  outcome: AuditOutcome;
  code?: string | null;
  ip: string | null;
  requestId: string;
  at?: number;
}

/** The portal itself, where it acts of its own accord. */
export const SYSTEM = { kind: "system", id: "system", name: "Nubemox" } as const;

/** Adds to the audit entry of this request; later calls overwrite what they name. */
export function trail(deps: Deps, more: Trail): void {
  Object.assign(deps.trail, more);
}

/** Others may append to the same chain at the same moment; each try then reads the new end. */
const APPEND_TRIES = 40;

/**
 * Appends an entry, in one batch with `along` (such as the removal of its intent). The database takes it only at the chain's end.
 */
export async function appendAudit(deps: Deps, draft: AuditDraft, along: Statement[] = []): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const [last] = await deps.db
      .select({ seq: auditEntries.seq, hash: auditEntries.hash })
      .from(auditEntries)
      .where(eq(auditEntries.chain, draft.chain))
      .orderBy(desc(auditEntries.seq))
      .limit(1);
    const row = await sealed(deps, draft, last);
    try {
      await deps.db.batch([deps.db.insert(auditEntries).values(row), ...along]);
      return;
    } catch (error) {
      const isMoved = refusedBy(error, "audit_chain_moved") || refusedBy(error, "audit_entries.chain");
      if (!isMoved || tries === APPEND_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
    }
  }
}

/** Notes what is about to be tried; see {@link settleIntents}. */
export async function noteIntent(deps: Deps, draft: AuditDraft): Promise<void> {
  await deps.db.insert(auditIntents).values({ requestId: draft.requestId, at: deps.now(), draft: { ...draft } });
}

export function removeIntent(deps: Deps, requestId: string): Statement {
  return deps.db.delete(auditIntents).where(eq(auditIntents.requestId, requestId));
}

/** A request that has not ended by then was cut off: no answer takes as long. */
const INTENT_LIFE_MS = 120_000;

/** Gives every change that was cut off before its entry was written one with the outcome `unknown`. */
export async function settleIntents(deps: Deps): Promise<void> {
  const rows = await deps.db
    .select()
    .from(auditIntents)
    .where(lt(auditIntents.at, deps.now() - INTENT_LIFE_MS))
    .limit(50);
  for (const row of rows) {
    const draft = row.draft as unknown as AuditDraft;
    await appendAudit(deps, { ...draft, outcome: "unknown", at: row.at }, [removeIntent(deps, row.requestId)]);
  }
}

async function sealed(
  deps: Deps,
  draft: AuditDraft,
  last: { seq: number; hash: string } | undefined,
): Promise<AuditRow> {
  const row: Omit<AuditRow, "hash"> = {
    id: deps.newId("aud"),
    chain: draft.chain,
    seq: (last?.seq ?? 0) + 1,
    at: draft.at ?? deps.now(),
    actorKind: draft.actor.kind,
    actorId: draft.actor.id,
    actorName: draft.actor.name,
    action: draft.action,
    outcome: draft.outcome,
    code: draft.code ?? null,
    targetType: draft.target?.type ?? null,
    targetId: draft.target?.id ?? null,
    targetName: draft.target?.name ?? null,
    before: draft.before ?? null,
    after: draft.after ?? null,
    ip: draft.ip,
    requestId: draft.requestId,
    prevHash: last?.hash ?? "",
  };
  return { ...row, hash: await digestOf(row) };
}

/**
 * SHA-256, in hex, over every column but the digest itself, as JSON in the order of the columns. JSON columns are written as
 * the database keeps them.
 */
export async function digestOf(row: Omit<AuditRow, "hash">): Promise<string> {
  const { id, chain, seq, at, actorKind, actorId, actorName, action, outcome, code } = row;
  const { targetType, targetId, targetName, before, after, ip, requestId, prevHash } = row;
  const what = [id, chain, seq, at, actorKind, actorId, actorName, action, outcome, code];
  const about = [targetType, targetId, targetName, before, after, ip, requestId, prevHash];
  const text = JSON.stringify(what.concat(about as typeof what));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Entries of a chain in order, from `after` (exclusive), for verifying and export. */
export function chainFrom(deps: Deps, chain: string, limit: number, before?: number): Promise<AuditRow[]> {
  return deps.db
    .select()
    .from(auditEntries)
    .where(and(eq(auditEntries.chain, chain), ...(before === undefined ? [] : [lt(auditEntries.seq, before)])))
    .orderBy(desc(auditEntries.seq))
    .limit(limit);
}
