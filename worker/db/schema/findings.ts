// The table of the reconciler.
import { sql } from "drizzle-orm";
import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { FindingKind, FindingStatus } from "../../rules/views.ts";
import { millis } from "./columns.ts";
import { clusters } from "./clusters.ts";

/** Where ledger, services and cluster do not agree. One row per finding while it lasts. */
export const findings = sqliteTable(
  "findings",
  {
    id: text("id").primaryKey(),
    clusterId: text("cluster_id").references(() => clusters.id, { onDelete: "cascade" }),
    kind: text("kind").$type<FindingKind>().notNull(),
    /** What it is about, so that the same finding is found again: `guest:10012`, `svc_…`, a volume id. */
    subject: text("subject").notNull(),
    tenantId: text("tenant_id"),
    serviceId: text("service_id"),
    details: text("details", { mode: "json" }).$type<Record<string, string | number>>().notNull(),
    status: text("status").$type<FindingStatus>().notNull(),
    firstSeenAt: millis("first_seen_at").notNull(),
    lastSeenAt: millis("last_seen_at").notNull(),
    closedAt: millis("closed_at"),
    closedBy: text("closed_by"),
  },
  (table) => [
    uniqueIndex("findings_open")
      .on(table.kind, table.subject)
      .where(sql`${table.closedAt} is null`),
    index("findings_status").on(table.status, table.lastSeenAt),
  ],
);
