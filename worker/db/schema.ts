// Every table of D1, by area; the triggers that keep the ledger honest are in migrations/ and named in docs/STORAGE.md.
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import type {
  AuditOutcome,
  EnvelopeMode,
  FindingKind,
  FindingStatus,
  OperationKind,
  OperationStatus,
  OperationView,
  PowerState,
  QuotaRequestStatus,
  Resource,
  Role,
  ServiceState,
  SignUpMode,
  TenantKind,
  TenantStatus,
} from "../rules/views.ts";
import type { Permission } from "../rules/permissions.ts";

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
  twoFactorEnabled: integer("two_factor_enabled", { mode: "boolean" }).notNull().default(false),
  /** Link of the storefront through which the person signed up; null for the platform's own. */
  storefront: text("storefront"),
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
    /** How the person proved who it is: `password`, `totp`, `recovery`, `passkey`, `oidc`, `mail`. */
    factor: text("factor"),
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

export const twoFactors = sqliteTable(
  "two_factors",
  {
    id: text("id").primaryKey(),
    /** Encrypted by better-auth under AUTH_SECRET, as the recovery codes are. */
    secret: text("secret").notNull(),
    backupCodes: text("backup_codes").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    verified: integer("verified", { mode: "boolean" }).default(true),
    failedVerificationCount: integer("failed_verification_count").default(0),
    lockedUntil: moment("locked_until"),
  },
  (table) => [index("two_factors_user").on(table.userId)],
);

export const passkeys = sqliteTable(
  "passkeys",
  {
    id: text("id").primaryKey(),
    name: text("name"),
    publicKey: text("public_key").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    credentialID: text("credential_id").notNull().unique(),
    counter: integer("counter").notNull(),
    deviceType: text("device_type").notNull(),
    backedUp: integer("backed_up", { mode: "boolean" }).notNull(),
    transports: text("transports"),
    aaguid: text("aaguid"),
    createdAt: moment("created_at"),
  },
  (table) => [index("passkeys_user").on(table.userId)],
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
    status: text("status").$type<TenantStatus>().notNull().default("active"),
    /**
     * The nearest tenant at or above this one that is not active, null where all are. Written with every change of a status, for
     * the whole subtree; triggers refuse what consumes while it is set.
     */
    heldBy: text("held_by"),
    /** Plain words for those inside, null where none were given. */
    statusReason: text("status_reason"),
    statusAt: millis("status_at"),
    /** Members must have signed in with a second factor (or a passkey) to do anything here or below. */
    requireSecondFactor: integer("require_second_factor", { mode: "boolean" }).notNull().default(false),
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

/** People asked in by mail; accepting makes a membership. The token stands here as a digest only. */
export const invitations = sqliteTable(
  "invitations",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    email: text("email").notNull(),
    role: text("role").$type<Role>().notNull(),
    tokenHash: text("token_hash").notNull().unique(),
    invitedBy: text("invited_by").notNull(),
    inviterName: text("inviter_name").notNull(),
    createdAt: millis("created_at").notNull(),
    expiresAt: millis("expires_at").notNull(),
    /** When it was accepted, withdrawn or declined; null while it is open. */
    closedAt: millis("closed_at"),
    outcome: text("outcome").$type<"accepted" | "withdrawn" | "declined">(),
  },
  (table) => [
    uniqueIndex("invitations_open")
      .on(table.tenantId, table.email)
      .where(sql`${table.closedAt} is null`),
    index("invitations_email").on(table.email),
    check("invitations_role", sql`${table.role} in ('owner', 'operator', 'viewer')`),
  ],
);

/** A reseller's own front: host name or link, brand, and how people sign up there. */
export const storefronts = sqliteTable("storefronts", {
  tenantId: text("tenant_id")
    .primaryKey()
    .references(() => tenants.id, { onDelete: "cascade" }),
  /** Host name that leads here, null where there is none. */
  host: text("host").unique(),
  /** Last part of `/join/<link>`. */
  link: text("link").notNull().unique(),
  brandName: text("brand_name").notNull(),
  /** `data:image/…;base64,…` of at most 64 KiB, null where there is none. */
  logo: text("logo"),
  /** Hue of the accent colour in OKLCH, 0 to 359; null is the product's own. */
  accentHue: integer("accent_hue"),
  signUp: text("sign_up").$type<SignUpMode>().notNull().default("closed"),
  updatedAt: millis("updated_at").notNull(),
});

/** Keys for programs: they act in one tenant, within their scopes and within what their maker may do there. */
export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** SHA-256 of the secret, in hex; the secret itself is shown once and kept nowhere. */
    secretHash: text("secret_hash").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<Permission[]>().notNull(),
    createdAt: millis("created_at").notNull(),
    expiresAt: millis("expires_at"),
    lastUsedAt: millis("last_used_at"),
    lastUsedFrom: text("last_used_from"),
    revokedAt: millis("revoked_at"),
  },
  (table) => [index("api_keys_tenant").on(table.tenantId), index("api_keys_user").on(table.userId)],
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
    snapshotId: text("snapshot_id").references(() => snapshots.id, { onDelete: "restrict" }),
    backupId: text("backup_id").references(() => backups.id, { onDelete: "restrict" }),
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

export const plans = sqliteTable(
  "plans",
  {
    id: text("id").primaryKey(),
    /** Whose plan it is: the platform's or a reseller's. A tenant is offered those of its nearest reseller that has any. */
    ownerId: text("owner_id").notNull().default("ten_platform"),
    name: text("name").notNull(),
    cores: integer("cores").notNull(),
    memoryMiB: integer("memory_mib").notNull(),
    diskGiB: integer("disk_gib").notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [uniqueIndex("plans_owner_name").on(table.ownerId, table.name)],
);

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
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
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
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
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

// Audit: who did what, for whom; appended only, chained by digests.

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
    index("audit_chain_at").on(table.chain, table.at),
    index("audit_target").on(table.targetId, table.at),
  ],
);

/** Written before a change is tried and removed with its entry: what is left here was cut off in between. */
export const auditIntents = sqliteTable(
  "audit_intents",
  {
    requestId: text("request_id").primaryKey(),
    at: millis("at").notNull(),
    draft: text("draft", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index("audit_intents_at").on(table.at)],
);

// Reconciler.

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
