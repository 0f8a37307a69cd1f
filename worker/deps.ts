// The composition root: what every verb of the domain is handed.
import { openDatabase } from "./db/database.ts";
import { measured, metered } from "./db/meter.ts";
import type { Database } from "./db/database.ts";
import { configOf } from "./env.ts";
import type { Trail } from "./domain/audit.ts";
import type { Bindings, Config } from "./env.ts";

export interface Deps {
  env: Bindings;
  config: Config;
  db: Database;
  /** Counts what a piece of work costs in rows of D1; null where nobody asked for it (MEASURE_COST). */
  measure: typeof measured | null;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: (prefix: IdPrefix) => string;
  /** What the audit entry of this request will tell; see domain/audit.ts. */
  trail: Trail;
  /** One line of JSON in the Worker's log; never given a secret. */
  log: (level: "info" | "warn" | "error", event: string, fields?: Record<string, unknown>) => void;
}

/** What the first letters of an id tell. */
export type IdPrefix =
  | "ten"
  | "inv"
  | "key"
  | "env"
  | "chg"
  | "qrq"
  | "clu"
  | "tpl"
  | "pln"
  | "svc"
  | "snp"
  | "bak"
  | "op"
  | "con"
  | "tok"
  | "aud"
  | "fnd"
  | "sch"
  | "run"
  | "sky"
  | "scr"
  | "ssc"
  | "img"
  | "req";

export function createDeps(env: Bindings): Deps {
  const config = configOf(env);
  const isMeasuring = config.MEASURE_COST === "1";
  return {
    env,
    config,
    db: openDatabase(isMeasuring ? metered(env.DB) : env.DB),
    measure: isMeasuring ? measured : null,
    now: Date.now,
    newId: randomId,
    trail: {},
    log: (level, event, fields = {}) => console[level](JSON.stringify({ level, event, ...fields })),
  };
}

/** 100 random bits in the 32 letters of Crockford's alphabet, lower case: no vowels' words, no look-alikes. */
export function randomId(prefix: IdPrefix): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `${prefix}_${Array.from(bytes, (byte) => ALPHABET[byte & 31]).join("")}`;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
