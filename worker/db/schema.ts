// Every table of D1, by area; the triggers that keep the ledger honest are in migrations/ and named in docs/STORAGE.md.
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import type {
  OperationKind,
  OperationStatus,
  OperationView,
  PowerState,
  Resource,
  Role,
  ServiceState,
  TenantKind,
} from "../rules/views.ts";

const moment = (name: string) => integer(name, { mode: "timestamp_ms" });
/** Milliseconds since 1970, as a plain number. */
const millis = (name: string) => integer(name);

// Accounts: the columns are those that better-auth 1.7 reads and writes.

export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: integer("email_verified", { mode: "boolean" }).notNull().default(false),
  image: text("image"),
  /** Name that the person gave to the tenant made at sign-up. */
  organisation: text("organisation"),
  locale: text("locale"),
  createdAt: moment("created_at").notNull(),
  updatedAt: moment("updated_at").notNull(),
});

export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    token: text("token").notNull().unique(),
    expiresAt: moment("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("sessions_user").on(table.userId)],
);

export const accounts = sqliteTable(
  "accounts",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: moment("access_token_expires_at"),
    refreshTokenExpiresAt: moment("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("accounts_user").on(table.userId)],
);

export const verifications = sqliteTable(
  "verifications",
  {
    id: text("id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: moment("expires_at").notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("verifications_identifier").on(table.identifier)],
);

export const rateLimits = sqliteTable("rate_limits", {
  id: text("id").primaryKey(),
  key: text("key").notNull().unique(),
  count: integer("count").notNull(),
  lastRequest: integer("last_request").notNull(),
});

// Tenants: the tree platform → reseller → tenant, and who belongs to each.

export const tenants = sqliteTable(
  "tenants",
  {
    id: text("id").primaryKey(),
    kind: text("kind").$type<TenantKind>().notNull(),
    parentId: text("parent_id").references((): AnySQLiteColumn => tenants.id, { onDelete: "restrict" }),
    name: text("name").notNull(),
    /** Last part of the pool's name on Proxmox VE; never changes. */
    slug: text("slug").notNull().unique(),
    status: text("status").$type<"active" | "suspended">().notNull().default("active"),
    /** The person whose sign-up made this tenant; at most one each. */
    founderId: text("founder_id")
      .unique()
      .references(() => users.id, { onDelete: "set null" }),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    index("tenants_parent").on(table.parentId),
    check("tenants_kind", sql`${table.kind} in ('platform', 'reseller', 'tenant')`),
    check("tenants_root", sql`(${table.kind} = 'platform') = (${table.parentId} is null)`),
  ],
);

export const members = sqliteTable(
  "members",
  {
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text("role").$type<Role>().notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.userId] }),
    index("members_user").on(table.userId),
    check("members_role", sql`${table.role} in ('owner', 'operator', 'viewer')`),
  ],
);

// Quota: envelopes and the charges that take from them.

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
    check("charges_amount_positive", sql`${table.amount} >= 0`),
    check("charges_one_holder", sql`(${table.serviceId} is null) <> (${table.childEnvelopeId} is null)`),
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

// Clusters, and the portal's credentials on them. Columns ending in `_sealed` are AES-GCM (worker/domain/sealing.ts).

export const clusters = sqliteTable("clusters", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  url: text("url").notNull(),
  tokenId: text("token_id").notNull(),
  tokenSecretSealed: text("token_secret_sealed").notNull(),
  /** Pool under which every tenant's pool is made. */
  pool: text("pool").notNull(),
  tenantGroup: text("tenant_group").notNull(),
  tenantRole: text("tenant_role").notNull(),
  /** Storage of full clones; linked clones stay where their template is. */
  storage: text("storage").notNull(),
  /** The next VMID to hand out; only ever grows, so that no number comes back. */
  vmidNext: integer("vmid_next").notNull(),
  vmidTo: integer("vmid_to").notNull(),
  version: text("version"),
  status: text("status").$type<"ok" | "unreachable" | "denied">().notNull(),
  missing: text("missing", { mode: "json" }).$type<string[]>().notNull(),
  nodes: text("nodes", { mode: "json" }).$type<{ name: string; online: boolean }[]>().notNull(),
  lastSeenAt: millis("last_seen_at"),
  createdAt: millis("created_at").notNull(),
});

/** A tenant's own pool, user and token on a cluster: the second wall. */
export const identities = sqliteTable(
  "identities",
  {
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id, { onDelete: "restrict" }),
    pool: text("pool").notNull(),
    tokenId: text("token_id").notNull(),
    tokenSecretSealed: text("token_secret_sealed").notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.clusterId] })],
);

// Catalogue.

export const templates = sqliteTable(
  "templates",
  {
    id: text("id").primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id, { onDelete: "restrict" }),
    vmid: integer("vmid").notNull(),
    node: text("node").notNull(),
    kind: text("kind").$type<"vm" | "container">().notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    logo: text("logo").notNull(),
    category: text("category").notNull(),
    minCores: integer("min_cores").notNull(),
    minMemoryMiB: integer("min_memory_mib").notNull(),
    minDiskGiB: integer("min_disk_gib").notNull(),
    defaultUser: text("default_user").notNull(),
    active: integer("active", { mode: "boolean" }).notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [uniqueIndex("templates_cluster_vmid").on(table.clusterId, table.vmid)],
);

export const plans = sqliteTable("plans", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  cores: integer("cores").notNull(),
  memoryMiB: integer("memory_mib").notNull(),
  diskGiB: integer("disk_gib").notNull(),
  createdAt: millis("created_at").notNull(),
});

// Services and the operations that change them.

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
    createdAt: millis("created_at").notNull(),
    deletedAt: millis("deleted_at"),
  },
  (table) => [
    uniqueIndex("services_tenant_name")
      .on(table.tenantId, table.name)
      .where(sql`${table.deletedAt} is null`),
    uniqueIndex("services_cluster_vmid").on(table.clusterId, table.vmid),
    index("services_tenant").on(table.tenantId, table.createdAt),
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
  ],
);
