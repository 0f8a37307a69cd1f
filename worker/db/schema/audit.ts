// Tables of the audit: who did what, for whom; appended only, chained by digests.
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AuditOutcome } from "../../rules/views.ts";
import { millis } from "./columns.ts";

/**
 * One row per change and per refusal of rights. `chain` is the tenant's id, or `user:<id>` for what concerns a person alone; within
 * it `seq` counts without gaps and every `hash` covers the one before.
 */
export const auditEntries = sqliteTable(
  "audit_entries",
  {
    id: text("id").primaryKey(),
    chain: text("chain").notNull(),
    seq: integer("seq").notNull(),
    at: millis("at").notNull(),
    actorKind: text("actor_kind").$type<"person" | "key" | "system" | "stranger">().notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    /** Dotted verb: `service.launch`, `member.role`, `auth.sign-in`. */
    action: text("action").notNull(),
    outcome: text("outcome").$type<AuditOutcome>().notNull(),
    /** The error's code where it was refused or failed. */
    code: text("code"),
    targetType: text("target_type"),
    targetId: text("target_id"),
    targetName: text("target_name"),
    before: text("before", { mode: "json" }).$type<Record<string, unknown>>(),
    after: text("after", { mode: "json" }).$type<Record<string, unknown>>(),
    /** Address the request came from; null for the portal's own deeds. */
    ip: text("ip"),
    requestId: text("request_id").notNull(),
    prevHash: text("prev_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [
    uniqueIndex("audit_chain_seq").on(table.chain, table.seq),
    index("audit_chain_at").on(table.chain, table.at, table.seq),
    // For those who read many chains at once, newest first.
    index("audit_at").on(table.at, table.chain, table.seq),
  ],
);

/** Written before a change is tried and removed with its entry: what is left here was cut off in between. */
export const auditIntents = sqliteTable("audit_intents", {
  requestId: text("request_id").primaryKey(),
  at: millis("at").notNull(),
  draft: text("draft", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
});
