// Verifying the audit: every entry's digest and its link to the one before, read from the database page by page.
import { and, asc, eq, gt, sql } from "drizzle-orm";
import { auditEntries } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { AuditVerdict } from "../../rules/views-audit.ts";
import { digestOf } from "../audit.ts";
import { parsed, plainColumns } from "./reading.ts";
import type { PlainRow } from "./reading.ts";

const PAGE_SIZE = 500;

/**
 * Goes through one chain, or through all, from its first entry to its newest. That the newest were cut off shows only to somebody
 * who has noted the `head` of an earlier verdict.
 */
export async function verifyAudit(deps: Deps, chain: string | null): Promise<AuditVerdict> {
  let entries = 0;
  let last: PlainRow | null = null;
  for (;;) {
    const page: PlainRow[] = await pageAfter(deps, chain, last);
    for (const row of page) {
      const before: PlainRow | null = last?.chain === row.chain ? last : null;
      const why = await faultOf(row, before);
      if (why !== null) {
        const broken = { chain: row.chain, seq: why === "gap" ? (before?.seq ?? 0) + 1 : row.seq, id: row.id, why };
        return { ok: false, entries, head: before?.hash ?? null, broken };
      }
      entries += 1;
      last = row;
    }
    if (page.length < PAGE_SIZE) break;
  }
  return { ok: true, entries, head: last?.hash ?? null, broken: null };
}

async function faultOf(row: PlainRow, before: PlainRow | null): Promise<"digest" | "link" | "gap" | null> {
  if (row.seq !== (before?.seq ?? 0) + 1) return "gap";
  if (row.prevHash !== (before?.hash ?? "")) return "link";
  const { hash, ...sealed } = parsed(row);
  return (await digestOf(sealed)) === hash ? null : "digest";
}

function pageAfter(deps: Deps, chain: string | null, last: PlainRow | null): Promise<PlainRow[]> {
  const isAfter =
    chain === null
      ? sql`(${auditEntries.chain}, ${auditEntries.seq}) > (${last?.chain ?? ""}, ${last?.seq ?? 0})`
      : and(eq(auditEntries.chain, chain), gt(auditEntries.seq, last?.seq ?? 0));
  return deps.db
    .select(plainColumns)
    .from(auditEntries)
    .where(isAfter)
    .orderBy(asc(auditEntries.chain), asc(auditEntries.seq))
    .limit(PAGE_SIZE);
}
