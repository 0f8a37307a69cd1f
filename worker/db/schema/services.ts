// Tables of services, the operations that change them, their snapshots and backups, and open consoles.
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { OperationKind, OperationStatus, OperationView, PowerState, ServiceState } from "../../rules/views.ts";
import { millis } from "./columns.ts";
import { templates } from "./catalogue.ts";
import { clusters } from "./clusters.ts";
import { tenants } from "./tenants.ts";

export const services = sqliteTable(
  "services",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id, { onDelete: "restrict" }),
    templateId: text("template_id")
      .notNull()
      .references(() => templates.id, { onDelete: "restrict" }),
    kind: text("kind").$type<"vm" | "container">().notNull(),
    name: text("name").notNull(),
    state: text("state").$type<ServiceState | "deleted">().notNull(),
    power: text("power").$type<PowerState>().notNull().default("unknown"),
    /** When an operation last saw the power state for itself; a poll's older word does not count against it. */
    powerSeenAt: millis("power_seen_at").notNull().default(0),
    cores: integer("cores").notNull(),
    memoryMiB: integer("memory_mib").notNull(),
    diskGiB: integer("disk_gib").notNull(),
    /** Number on the cluster; taken from the counter, given up only with the guest. */
    vmid: integer("vmid"),
    node: text("node"),
    address: text("address"),
    loginUser: text("login_user").notNull(),
    /** OpenSSH public keys, one a line; empty where none were given. */
    sshKeys: text("ssh_keys").notNull(),
    /** Login password of the launch form while a launch may still need it; null afterwards. */
    passwordSealed: text("password_sealed"),
    /** The one operation that may change the service now. */
    operationId: text("operation_id"),
    /** The person's own words, and words to find it by. */
    description: text("description").notNull().default(""),
    tags: text("tags", { mode: "json" }).$type<string[]>().notNull().default([]),
    /** Whether a change waits for the next start. */
    restartNeeded: integer("restart_needed", { mode: "boolean" }).notNull().default(false),
    /** Image in the drive, null where the drive is empty. */
    imageId: text("image_id"),
    /** When it is shut down by itself, and how far that has gone: 0 nothing, then one more per warning, then the end. */
    expiresAt: millis("expires_at"),
    expiryStage: integer("expiry_stage").notNull().default(0),
    /** Set where it was deleted with grace: then, and not before, it is gone. */
    deleteAt: millis("delete_at"),
    createdAt: millis("created_at").notNull(),
    deletedAt: millis("deleted_at"),
  },
  (table) => [
    uniqueIndex("services_tenant_name")
      .on(table.tenantId, table.name)
      .where(sql`${table.deletedAt} is null`),
    uniqueIndex("services_cluster_vmid").on(table.clusterId, table.vmid),
    index("services_tenant").on(table.tenantId, table.createdAt),
    // What the portal has to look after by itself: few among many.
    index("services_expiry")
      .on(table.expiresAt)
      .where(sql`${table.expiresAt} is not null`),
    index("services_delete_at")
      .on(table.deleteAt)
      .where(sql`${table.deleteAt} is not null`),
  ],
);

/** Snapshots of a service; each takes one from the envelope `snapshots` for as long as its row is here. */
export const snapshots = sqliteTable(
  "snapshots",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    /** Name on Proxmox VE: a letter, then letters, digits, `_` and `-`. */
    name: text("name").notNull(),
    description: text("description").notNull(),
    /** Whether the memory was kept as well. */
    withMemory: integer("with_memory", { mode: "boolean" }).notNull(),
    /** The snapshot that the guest stood on when this one was made; null at the root. */
    parentName: text("parent_name"),
    state: text("state").$type<"creating" | "ready" | "deleting">().notNull(),
    /** The schedule that made it: its retention, and no other, may remove it. */
    scheduleId: text("schedule_id"),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    index("snapshots_schedule")
      .on(table.scheduleId)
      .where(sql`${table.scheduleId} is not null`),
    uniqueIndex("snapshots_service_name").on(table.serviceId, table.name),
    index("snapshots_tenant").on(table.tenantId),
  ],
);

/** Backups; they outlive their service, and take from `backups` and `backupGiB` until they are deleted. */
export const backups = sqliteTable(
  "backups",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    /** What was backed up; the row stays when the service is deleted. */
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id, { onDelete: "restrict" }),
    node: text("node").notNull(),
    storage: text("storage").notNull(),
    /** Volume id on Proxmox VE, null until the task has told it. */
    volid: text("volid"),
    /** Size of the archive, null until it is known. */
    sizeBytes: integer("size_bytes"),
    /** What is charged: the disk's size while it is made, the archive's afterwards, in whole GiB. */
    chargedGiB: integer("charged_gib").notNull(),
    /** Size of the service when it was made: a restore to new needs as much. */
    cores: integer("cores").notNull(),
    memoryMiB: integer("memory_mib").notNull(),
    diskGiB: integer("disk_gib").notNull(),
    notes: text("notes").notNull(),
    protected: integer("protected", { mode: "boolean" }).notNull(),
    state: text("state").$type<"creating" | "ready" | "deleting">().notNull(),
    /** The operation that uses it now: a restore, its deletion. */
    operationId: text("operation_id"),
    /** The schedule that made it: its retention, and no other, may remove it. */
    scheduleId: text("schedule_id"),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    index("backups_schedule")
      .on(table.scheduleId)
      .where(sql`${table.scheduleId} is not null`),
    index("backups_tenant").on(table.tenantId, table.createdAt),
    index("backups_service").on(table.serviceId, table.createdAt),
    uniqueIndex("backups_volid").on(table.clusterId, table.volid),
  ],
);

export const operations = sqliteTable(
  "operations",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    serviceName: text("service_name").notNull(),
    kind: text("kind").$type<OperationKind>().notNull(),
    status: text("status").$type<OperationStatus>().notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    idempotencyKey: text("idempotency_key").notNull(),
    /** SHA-256 of route and body, so that a key cannot stand for two different requests. */
    requestHash: text("request_hash").notNull(),
    steps: text("steps", { mode: "json" }).$type<OperationView["steps"]>().notNull(),
    /** What the steps have learnt so far: task ids, tries, flags (worker/workflows/turn.ts). */
    facts: text("facts", { mode: "json" }).$type<Record<string, string | number | boolean>>().notNull(),
    errorCode: text("error_code"),
    errorParams: text("error_params", { mode: "json" }).$type<Record<string, string | number>>(),
    /** Counts the runs; only the latest may write. */
    attempt: integer("attempt").notNull().default(1),
    /** Until then the latest run is presumed alive. */
    leaseUntil: millis("lease_until").notNull(),
    startedAt: millis("started_at").notNull(),
    endedAt: millis("ended_at"),
    /** When somebody called it off; the run sees it at its next turn (rules/cancelling.ts says where that is safe). */
    cancelAt: millis("cancel_at"),
  },
  (table) => [
    uniqueIndex("operations_tenant_key").on(table.tenantId, table.idempotencyKey),
    index("operations_tenant").on(table.tenantId, table.startedAt),
    index("operations_service").on(table.serviceId, table.startedAt),
    index("operations_lease")
      .on(table.leaseUntil)
      .where(sql`${table.endedAt} is null`),
  ],
);

/** Consoles that were opened: who holds which leash. */
export const consoles = sqliteTable(
  "consoles",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "cascade" }),
    userId: text("user_id").notNull(),
    sessionId: text("session_id").notNull(),
    openedAt: millis("opened_at").notNull(),
    closedAt: millis("closed_at"),
    /** Why it ended: `left`, `signed_out`, `expired`, `revoked`. */
    closeReason: text("close_reason"),
  },
  (table) => [
    index("consoles_session")
      .on(table.sessionId)
      .where(sql`${table.closedAt} is null`),
    index("consoles_service").on(table.serviceId, table.openedAt),
    // Cutting what a tenant has open must not look through all that ever was.
    index("consoles_open")
      .on(table.tenantId)
      .where(sql`${table.closedAt} is null`),
  ],
);
