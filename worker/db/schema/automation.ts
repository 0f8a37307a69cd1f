// Tables of what happens by itself: schedules with their runs, and scripts that were chosen for a service with theirs.
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Retention } from "../../rules/retention.ts";
import type { ScriptEvent } from "../../rules/scripts.ts";
import type { RunState, ScheduleAction, ScriptRunState } from "../../rules/views-automation.ts";
import { millis } from "./columns.ts";
import { scripts } from "./catalogue.ts";
import { services } from "./services.ts";
import { tenants } from "./tenants.ts";

export const schedules = sqliteTable(
  "schedules",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    action: text("action").$type<ScheduleAction>().notNull(),
    /** Calendar rule and time zone (rules/calendar.ts). */
    rule: text("rule").notNull(),
    timeZone: text("time_zone").notNull(),
    /** What is kept of the backups or snapshots that it makes; null keeps all. */
    retention: text("retention", { mode: "json" }).$type<Retention>(),
    paused: integer("paused", { mode: "boolean" }).notNull().default(false),
    /** The next run that nobody has taken yet; null where there is none. */
    nextAt: millis("next_at"),
    /** From when on it is to be looked whether retention removes something that it made; null where there is nothing to look for. */
    retainAt: millis("retain_at"),
    makerId: text("maker_id").notNull(),
    makerName: text("maker_name").notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    index("schedules_due")
      .on(table.nextAt)
      .where(sql`${table.paused} = 0 and ${table.nextAt} is not null`),
    index("schedules_retain")
      .on(table.retainAt)
      .where(sql`${table.retainAt} is not null`),
    index("schedules_service").on(table.serviceId),
    index("schedules_tenant").on(table.tenantId),
  ],
);

/** One row per run that came due, whatever became of it; a run is taken by whoever inserts its row first. */
export const scheduleRuns = sqliteTable(
  "schedule_runs",
  {
    id: text("id").primaryKey(),
    scheduleId: text("schedule_id")
      .notNull()
      .references(() => schedules.id, { onDelete: "cascade" }),
    dueAt: millis("due_at").notNull(),
    state: text("state").$type<RunState>().notNull(),
    operationId: text("operation_id"),
    /** Why it was not begun: an error's code. */
    code: text("code"),
    at: millis("at").notNull(),
  },
  (table) => [
    uniqueIndex("schedule_runs_once").on(table.scheduleId, table.dueAt),
    // Runs that were taken and not begun yet: few, and looked for every minute.
    index("schedule_runs_taken")
      .on(table.at)
      .where(sql`${table.state} = 'taken'`),
  ],
);

/** Scripts chosen for a service, with what was filled in. */
export const serviceScripts = sqliteTable(
  "service_scripts",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    scriptId: text("script_id")
      .notNull()
      .references(() => scripts.id, { onDelete: "restrict" }),
    event: text("event").$type<ScriptEvent>().notNull(),
    /** Parameters as JSON, sealed for `service_script:<id>`, since one may be a secret. */
    valuesSealed: text("values_sealed").notNull(),
    createdAt: millis("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("service_scripts_once").on(table.serviceId, table.scriptId, table.event),
    index("service_scripts_tenant").on(table.tenantId),
  ],
);

/** Runs of scripts, with the end of what they said. */
export const scriptRuns = sqliteTable(
  "script_runs",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    serviceId: text("service_id")
      .notNull()
      .references(() => services.id, { onDelete: "restrict" }),
    scriptName: text("script_name").notNull(),
    /** The operation that ran it. */
    operationId: text("operation_id"),
    event: text("event").$type<ScriptEvent>().notNull(),
    state: text("state").$type<ScriptRunState>().notNull(),
    exitCode: integer("exit_code"),
    /** Why it has no exit code, or ended otherwise than by itself: an error's code. */
    code: text("code"),
    /** The last 16 KiB. Guest-supplied: show as text. */
    output: text("output").notNull().default(""),
    startedAt: millis("started_at").notNull(),
    endedAt: millis("ended_at"),
  },
  (table) => [index("script_runs_service").on(table.serviceId, table.startedAt)],
);
