// The audit as it is written: entries that are only ever added, each chained by its digest to the one before.
import { desc, eq, lt, sql } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { auditEntries, auditIntents } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import type { OWN_ACTIONS } from "../rules/audit-actions.ts";
import type { AuditOutcome } from "../rules/views.ts";
import type { Statement } from "./ledger.ts";

export type AuditRow = typeof auditEntries.$inferSelect;

export interface AuditActor {
  kind: AuditRow["actorKind"];
  id: string;
  name: string;
}

/** What a verb of the domain adds to the entry of the request that it serves. Never a secret. */
export interface Trail {
  /** Chain that the entry belongs to, where it is not that of the tenant in the path: the tenant it is about. */
  chain?: string;
  /** Who it turned out to be, where a request begins as nobody's: signing in. */
  actor?: AuditActor;
  target?: { type: string; id: string; name?: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  /** Why it failed, where the answer itself is no error: one that leads a browser on. */
  code?: string | null;
}

/** An entry before it has its place in the chain. */
export interface AuditDraft extends Trail {
  chain: string;
  actor: AuditActor;
  action: string;
  outcome: AuditOutcome;
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

/** Thrown where the intent that an entry should replace is gone: it was told of already. */
export class IntentGone extends Error {}

/**
 * Appends an entry; the database takes it only at the chain's end. With `replaces`, the intent of that request goes in the same
 * batch, and there is no entry where it has gone before (@throws IntentGone): however often this is tried, there is one.
 */
export async function appendAudit(deps: Deps, draft: AuditDraft, replaces?: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const [last] = await deps.db
      .select({ seq: auditEntries.seq, hash: auditEntries.hash })
      .from(auditEntries)
      .where(eq(auditEntries.chain, draft.chain))
      .orderBy(desc(auditEntries.seq))
      .limit(1);
    const insert = deps.db.insert(auditEntries).values(await sealed(deps, draft, last));
    try {
      if (replaces === undefined) await insert;
      else await deps.db.batch([mustBeNoted(deps, replaces), insert, removeIntent(deps, replaces)]);
      return;
    } catch (error) {
      if (refusedBy(error, "audit_intents.request_id")) throw new IntentGone();
      const isMoved = refusedBy(error, "audit_chain_moved") || refusedBy(error, "audit_entries.chain");
      if (!isMoved || tries === APPEND_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
    }
  }
}

/**
 * Statement that notes an entry to be appended: what is about to be tried (outcome `unknown`), or what is done in the same batch.
 * Where nobody comes to replace it, {@link settleIntents} does.
 */
export function noteIntent(deps: Deps, draft: AuditDraft): Statement {
  const noted = { at: draft.at ?? deps.now(), draft: { ...draft } };
  return deps.db
    .insert(auditIntents)
    .values({ requestId: draft.requestId, ...noted })
    .onConflictDoUpdate({ target: auditIntents.requestId, set: noted });
}

export function removeIntent(deps: Deps, requestId: string): Statement {
  return deps.db.delete(auditIntents).where(eq(auditIntents.requestId, requestId));
}

/**
 * An entry about something that no request of its own stands for. `note` goes into the batch of the deed, `tell` is called behind it
 * and never fails: where it does not come to it, {@link settleIntents} does.
 */
export function ownDeed(
  deps: Deps,
  deed: Omit<AuditDraft, "ip" | "requestId" | "action"> & { action: (typeof OWN_ACTIONS)[number] },
): { note: Statement; tell: () => Promise<void> } {
  const draft = { ...deed, ip: null, requestId: deps.newId("req"), at: deps.now() };
  const tell = async () => {
    try {
      await appendAudit(deps, draft, draft.requestId);
    } catch (error) {
      if (!(error instanceof IntentGone))
        deps.log("warn", "audit_delayed", { action: deed.action, error: String(error) });
    }
  };
  return { note: noteIntent(deps, draft), tell };
}

/** A request that has not ended by then was cut off: no answer takes as long. */
export const INTENT_LIFE_MS = 120_000;

/** Gives every change whose Worker died before its entry was written one: what became of a request is `unknown` then. */
export async function settleIntents(deps: Deps): Promise<void> {
  const rows = await deps.db
    .select()
    .from(auditIntents)
    .where(lt(auditIntents.at, deps.now() - INTENT_LIFE_MS))
    .limit(50);
  for (const row of rows) {
    const draft = row.draft as unknown as AuditDraft;
    try {
      await appendAudit(deps, { ...draft, at: row.at }, row.requestId);
    } catch (error) {
      if (!(error instanceof IntentGone)) throw error;
    }
  }
}

/** Fails with `audit_intents.request_id` where there is no such intent: the column takes no null. */
function mustBeNoted(deps: Deps, requestId: string): Statement {
  return deps.db
    .insert(auditIntents)
    .select(sql`select null, 0, '{}' where not exists (select 1 from audit_intents where request_id = ${requestId})`);
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
    actorName: plain(draft.actor.name),
    action: draft.action,
    outcome: draft.outcome,
    code: draft.code ?? null,
    targetType: draft.target?.type ?? null,
    targetId: draft.target === undefined ? null : plain(draft.target.id),
    targetName: draft.target?.name === undefined ? null : plain(draft.target.name),
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

/** Text as the database gives it back, so that its digest stays true: no half of a surrogate pair, no NUL. */
function plain(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "");
}
