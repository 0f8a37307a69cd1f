// Tables of the catalogue: templates and plans.
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ScriptEvent, ScriptParameter } from "../../rules/scripts.ts";
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
    /** Volume id of a container's archive (`local:vztmpl/…`), whose row has the number 0; null where a guest is the template. */
    volume: text("volume"),
    /** Containers: whether they may hold containers themselves (`features: nesting=1`). */
    nesting: integer("nesting", { mode: "boolean" }).notNull().default(false),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("templates_cluster_vmid")
      .on(table.clusterId, table.vmid)
      .where(sql`${table.volume} is null`),
    uniqueIndex("templates_cluster_volume").on(table.clusterId, table.volume),
  ],
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

/** Images that operators offer for the drives of virtual machines. */
export const images = sqliteTable(
  "images",
  {
    id: text("id").primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id, { onDelete: "restrict" }),
    /** Volume id on Proxmox VE: `local:iso/….iso`. */
    volume: text("volume").notNull(),
    name: text("name").notNull(),
    active: integer("active", { mode: "boolean" }).notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [uniqueIndex("images_cluster_volume").on(table.clusterId, table.volume)],
);

/** Scripts that operators have looked at; tenants choose them and fill in their parameters. */
export const scripts = sqliteTable("scripts", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull(),
  /** When it may run: at the first boot, after each boot, before a shutdown, or when asked. */
  events: text("events", { mode: "json" }).$type<ScriptEvent[]>().notNull(),
  parameters: text("parameters", { mode: "json" }).$type<ScriptParameter[]>().notNull(),
  /** POSIX shell; parameters come as environment variables. */
  body: text("body").notNull(),
  timeoutSeconds: integer("timeout_seconds").notNull(),
  active: integer("active", { mode: "boolean" }).notNull(),
  createdAt: millis("created_at").notNull(),
});
