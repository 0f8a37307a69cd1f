// Tables of clusters and of the portal's credentials on them. Columns ending in `_sealed` are AES-GCM (worker/domain/sealing.ts).
import { integer, sqliteTable, text, primaryKey } from "drizzle-orm/sqlite-core";
import { millis } from "./columns.ts";
import { tenants } from "./tenants.ts";

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
