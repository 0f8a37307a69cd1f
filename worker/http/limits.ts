// How many requests a minute one person, program or address may send; counted by Cloudflare beside the Worker, not in the database.
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { networkOf } from "../rules/networks.ts";
import type { HttpEnv } from "./context.ts";

const PERIOD_SECONDS = 60;

/**
 * Counts a request; asked as soon as it is known whose it is. The numbers stand in wrangler.toml.
 * @throws AppError `rate_limited`
 */
export async function withinLimit(context: Context<HttpEnv>, who: string): Promise<void> {
  const { env, req } = context;
  if (context.get("deps").config.REQUEST_LIMITS === "off") return;
  const isRead = ["GET", "HEAD", "OPTIONS"].includes(req.method);
  const { success } = await (isRead ? env.READS : env.CHANGES).limit({ key: who });
  if (!success) throw new AppError("rate_limited", { seconds: PERIOD_SECONDS });
}

/** The address that a request comes from, as the one who sends it. */
export function addressOf(context: Context<HttpEnv>): string {
  return `address:${networkOf(context.req.header("cf-connecting-ip") ?? null)}`;
}
