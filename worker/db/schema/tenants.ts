// Tables of tenants: the tree platform → reseller → tenant, who belongs to each, fronts and keys.
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex, primaryKey } from "drizzle-orm/sqlite-core";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Permission } from "../../rules/permissions.ts";
import type { Role, SignUpMode, TenantKind, TenantStatus } from "../../rules/views.ts";
import { millis } from "./columns.ts";
import { users } from "./accounts.ts";

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
    /** Set with a suspension whose services are to be shut down, until each of them was asked to. */
    shutDown: integer("shut_down", { mode: "boolean" }).notNull().default(false),
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
    // What the portal has yet to do by itself: few among many.
    index("tenants_unsettled")
      .on(table.status)
      .where(sql`${table.status} = 'deleting' or ${table.shutDown} = 1`),
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
