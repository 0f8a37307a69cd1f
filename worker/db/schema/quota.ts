// Tables of the quota: envelopes, the charges that take from them, requests for more.
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex, primaryKey } from "drizzle-orm/sqlite-core";
import type { EnvelopeMode, QuotaRequestStatus, Resource } from "../../rules/views.ts";
import { millis } from "./columns.ts";
import { backups, operations, services, snapshots } from "./services.ts";
import { tenants } from "./tenants.ts";

export const envelopes = sqliteTable(
  "envelopes",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    resource: text("resource").$type<Resource>().notNull(),
    limit: integer("limit").notNull(),
    /** Kept by triggers on charges; never written by the application. */
    used: integer("used").notNull().default(0),
    /** Counts the changes of `used`, so that one which no charge has made is refused. */
    moves: integer("moves").notNull().default(0),
    /** `carve`: a limit of its own, charged to the parent. `reject`: the same with nothing in it, and not to be asked for. */
    mode: text("mode").$type<Exclude<EnvelopeMode, "share">>().notNull().default("carve"),
  },
  (table) => [
    uniqueIndex("envelopes_tenant_resource").on(table.tenantId, table.resource),
    check("quota_exceeded", sql`${table.used} <= ${table.limit}`),
    check("envelopes_used_positive", sql`${table.used} >= 0`),
  ],
);

export const charges = sqliteTable(
  "charges",
  {
    id: text("id").primaryKey(),
    envelopeId: text("envelope_id")
      .notNull()
      .references(() => envelopes.id, { onDelete: "restrict" }),
    resource: text("resource").$type<Resource>().notNull(),
    amount: integer("amount").notNull(),
    serviceId: text("service_id").references(() => services.id, { onDelete: "restrict" }),
    /** Goes with its snapshot, as that of a backup does; until then triggers keep it. */
    snapshotId: text("snapshot_id").references(() => snapshots.id, { onDelete: "cascade" }),
    backupId: text("backup_id").references(() => backups.id, { onDelete: "cascade" }),
    /** The operation that took it. */
    operationId: text("operation_id").references(() => operations.id, { onDelete: "restrict" }),
    /** Set where the charge is what a child's envelope takes from its parent. */
    childEnvelopeId: text("child_envelope_id")
      .unique()
      .references(() => envelopes.id, { onDelete: "restrict" }),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    index("charges_envelope").on(table.envelopeId),
    uniqueIndex("charges_service_resource").on(table.serviceId, table.resource),
    uniqueIndex("charges_snapshot_resource").on(table.snapshotId, table.resource),
    uniqueIndex("charges_backup_resource").on(table.backupId, table.resource),
    check("charges_amount_positive", sql`${table.amount} >= 0`),
    check(
      "charges_one_holder",
      sql`(${table.serviceId} is not null) + (${table.snapshotId} is not null) + (${table.backupId} is not null) + (${table.childEnvelopeId} is not null) = 1`,
    ),
  ],
);

/** What the platform has of a resource, and how many times over it is handed out; the product is the platform's limit. */
export const capacity = sqliteTable(
  "capacity",
  {
    resource: text("resource").$type<Resource>().primaryKey(),
    physical: integer("physical").notNull(),
    /** Overcommit in percent: 100 hands out what there is, 400 four times as much. */
    ratioPercent: integer("ratio_percent").notNull(),
  },
  (table) => [check("capacity_ratio", sql`${table.ratioPercent} between 1 and 10000 and ${table.physical} >= 0`)],
);

/** A tenant asking the one above for more. */
export const quotaRequests = sqliteTable(
  "quota_requests",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    /** The one that is asked: the parent when it was sent. */
    parentId: text("parent_id").notNull(),
    /** Limits wished for, in full (not the difference). */
    wanted: text("wanted", { mode: "json" }).$type<Partial<Record<Resource, number>>>().notNull(),
    message: text("message").notNull(),
    status: text("status").$type<QuotaRequestStatus>().notNull().default("open"),
    /** Limits that were given, where it was approved; may differ from what was wished for. */
    granted: text("granted", { mode: "json" }).$type<Partial<Record<Resource, number>>>(),
    answer: text("answer"),
    askedBy: text("asked_by").notNull(),
    askerName: text("asker_name").notNull(),
    decidedBy: text("decided_by"),
    deciderName: text("decider_name"),
    createdAt: millis("created_at").notNull(),
    /** When the one above first opened the list with it in. */
    seenAt: millis("seen_at"),
    decidedAt: millis("decided_at"),
  },
  (table) => [
    uniqueIndex("quota_requests_open")
      .on(table.tenantId)
      .where(sql`${table.status} = 'open'`),
    index("quota_requests_parent").on(table.parentId, table.createdAt),
    index("quota_requests_tenant").on(table.tenantId, table.createdAt),
  ],
);

/** What a new tenant below this one is given; a resource without a row is given nothing. */
export const defaultLimits = sqliteTable(
  "default_limits",
  {
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    resource: text("resource").$type<Resource>().notNull(),
    amount: integer("amount").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.resource] })],
);
