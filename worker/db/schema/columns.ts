// Kinds of columns that several tables have.
import { integer } from "drizzle-orm/sqlite-core";

/** Milliseconds since 1970, as a Date: what better-auth reads and writes. */
export const moment = (name: string) => integer(name, { mode: "timestamp_ms" });
/** Milliseconds since 1970, as a plain number. */
export const millis = (name: string) => integer(name);
