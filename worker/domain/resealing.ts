// Changing the key of the secrets at rest: everything that is sealed is sealed anew, a bounded number at a time.
import { sql } from "drizzle-orm";
import { clusters, identities, services, serviceScripts } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { SecretsView } from "../rules/views-findings.ts";
import { trail } from "./audit.ts";
import { open, seal } from "./sealing.ts";

/** Where secrets stand: the SQL of the place that each was sealed for. */
const COLUMNS = [
  { table: clusters, column: "token_secret_sealed", place: sql`'cluster:' || id` },
  { table: identities, column: "token_secret_sealed", place: sql`'identity:' || tenant_id || ':' || cluster_id` },
  { table: services, column: "password_sealed", place: sql`'service:' || id` },
  { table: serviceScripts, column: "values_sealed", place: sql`'service_script:' || id` },
] as const;

/** How many secrets one call seals anew, and how many it looks at. */
const SEALED_PER_CALL = 100;
const PAGE = 200;

/** How many secrets stand under each key. */
export async function countSecrets(deps: Deps): Promise<SecretsView> {
  const counts = new Map<string, number>();
  for (const { table, column } of COLUMNS) {
    const name = sql.identifier(column);
    const rows = await deps.db.all<{ key: string; secrets: number }>(sql`
      select substr(${name}, 1, instr(${name}, '.') - 1) as key, count(*) as secrets from ${table}
      where ${name} is not null group by 1`);
    for (const { key, secrets } of rows) counts.set(key, (counts.get(key) ?? 0) + secrets);
  }
  const current = deps.config.ENCRYPTION_KEY_ID;
  const known = new Set([current, ...deps.config.ENCRYPTION_KEYS_OLD.keys(), ...counts.keys()]);
  const keys = [...known].map((id) => ({
    id,
    secrets: counts.get(id) ?? 0,
    given: id === current || deps.config.ENCRYPTION_KEYS_OLD.has(id),
  }));
  return { current, keys, left: keys.reduce((sum, row) => sum + (row.id === current ? 0 : row.secrets), 0) };
}

/**
 * Seals up to a hundred secrets anew under the current key; called again until none is left. A secret that was changed in
 * between is left as it was changed, and one that does not open stays as it is, and counted.
 */
export async function resealSecrets(deps: Deps): Promise<SecretsView & { sealed: number }> {
  let sealed = 0;
  for (const column of COLUMNS) sealed += await resealColumn(deps, column, SEALED_PER_CALL - sealed);
  trail(deps, { target: { type: "key", id: deps.config.ENCRYPTION_KEY_ID }, after: { sealed } });
  return { ...(await countSecrets(deps)), sealed };
}

async function resealColumn(deps: Deps, at: (typeof COLUMNS)[number], room: number): Promise<number> {
  const name = sql.identifier(at.column);
  const prefix = `${deps.config.ENCRYPTION_KEY_ID}.`;
  let done = 0;
  for (let after = 0; done < room;) {
    const rows = await deps.db.all<{ row: number; place: string; text: string }>(sql`
      select rowid as row, ${at.place} as place, ${name} as text from ${at.table}
      where ${name} is not null and substr(${name}, 1, ${prefix.length}) <> ${prefix} and rowid > ${after}
      order by rowid limit ${PAGE}`);
    for (const { row, place, text } of rows.slice(0, room - done)) {
      const secret = await open(deps, place, text).catch((error: unknown) => {
        if (error instanceof AppError) return null;
        throw error;
      });
      after = row;
      if (secret === null) continue;
      const fresh = await seal(deps, place, secret);
      // Only over the very text that was read: a token that was changed meanwhile is under the current key already.
      await deps.db.run(sql`update ${at.table} set ${name} = ${fresh} where rowid = ${row} and ${name} = ${text}`);
      done += 1;
    }
    if (rows.length < PAGE) break;
  }
  return done;
}
