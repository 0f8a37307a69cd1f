// How much the audit takes down of what strangers try in vain: anybody can send requests, nobody may fill the database by it.
import { sql } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { networkOf } from "../../rules/networks.ts";

const HOUR_MS = 3_600_000;

/** Entries per hour about the failures of one address, and of all together, as multiples of SIGN_IN_LIMIT. */
const PER_ADDRESS = 6;
const PER_HOUR = 60;

/**
 * Whether one more failure of somebody unknown is entered, and since when no more will be: the last entry that is still made tells
 * so. Costs two rows once the limit is reached.
 */
export async function roomForStranger(deps: Deps, ip: string | null): Promise<"room" | "last" | "none"> {
  const { SIGN_IN_LIMIT } = deps.config;
  const ofAddress = await countUp(deps, `audit:${networkOf(ip)}`, SIGN_IN_LIMIT * PER_ADDRESS);
  if (ofAddress === null) return "none";
  const ofAll = await countUp(deps, "audit:all", SIGN_IN_LIMIT * PER_HOUR);
  if (ofAll === null) return "none";
  return ofAddress === SIGN_IN_LIMIT * PER_ADDRESS || ofAll === SIGN_IN_LIMIT * PER_HOUR ? "last" : "room";
}

/** Counts in the current hour; null, and nothing is written, where the limit was reached before. */
async function countUp(deps: Deps, key: string, limit: number): Promise<number | null> {
  const hour = Math.floor(deps.now() / HOUR_MS) * HOUR_MS;
  const rows = await deps.db.all<{ count: number }>(sql`
    insert into rate_limits (id, "key", count, last_request) values (${key}, ${key}, 1, ${hour})
    on conflict ("key") do update set count = case when last_request = ${hour} then count + 1 else 1 end, last_request = ${hour}
      where last_request <> ${hour} or count < ${limit}
    returning count`);
  return rows[0]?.count ?? null;
}
