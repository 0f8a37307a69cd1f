// The database as the domain uses it, and how its refusals are recognised.
import { drizzle } from "drizzle-orm/d1";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema>;

export function openDatabase(binding: D1Database): Database {
  return drizzle(binding, { schema });
}

/**
 * Whether an error is the database's own refusal by a constraint or trigger of this name (`quota_exceeded`,
 * `services.name`, `service_busy`). The driver gives text only, wrapped once or twice.
 */
export function refusedBy(error: unknown, name: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const text = cause.message;
    const isRefusal = /constraint|SQLITE_CONSTRAINT|ABORT/i.test(text);
    if (isRefusal && text.includes(name) && !text.startsWith("Failed query")) return true;
  }
  return false;
}
