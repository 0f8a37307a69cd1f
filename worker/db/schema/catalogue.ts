// Tables of the catalogue: templates and plans.
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { millis } from "./columns.ts";
import { clusters } from "./clusters.ts";

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
