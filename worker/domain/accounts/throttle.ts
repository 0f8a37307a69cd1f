// Tries per account: what the limit per address does not stop is somebody who guesses from many addresses at once.
import { lt, sql } from "drizzle-orm";
import { rateLimits } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";

const WINDOW_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Counts a try at something of an account (an address or a person's id); answers the seconds to wait where there were too many, 0
 * where it may go on. One account has half of what one address has: behind an address there may be many people.
 */
export async function tryOf(deps: Deps, what: string, account: string): Promise<number> {
  const key = `account:${what}:${await digest(account.trim().toLowerCase())}`;
  const now = deps.now();
  const isOver = sql`${rateLimits.lastRequest} <= ${now - WINDOW_MS}`;
  const [row] = await deps.db
    .insert(rateLimits)
    .values({ id: key, key, count: 1, lastRequest: now })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        count: sql`case when ${isOver} then 1 else ${rateLimits.count} + 1 end`,
        lastRequest: sql`case when ${isOver} then ${now} else ${rateLimits.lastRequest} end`,
      },
    })
    .returning({ count: rateLimits.count, since: rateLimits.lastRequest });
  if (!row || row.count <= Math.ceil(deps.config.SIGN_IN_LIMIT / 2)) return 0;
  return Math.max(1, Math.ceil((row.since + WINDOW_MS - now) / 1_000));
}

/** Once an hour, forgets what was counted more than a day ago: each address that ever asked would leave a row behind. */
export async function forgetTries(deps: Deps): Promise<void> {
  if (new Date(deps.now()).getUTCMinutes() !== 0) return;
  await deps.db.delete(rateLimits).where(lt(rateLimits.lastRequest, deps.now() - DAY_MS));
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
