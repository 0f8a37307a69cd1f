// The Idempotency-Key of a request that starts something, bound to what was asked.
import type { Context } from "hono";
import type { Idempotency } from "../domain/operations.ts";
import { AppError } from "../errors.ts";
import type { HttpEnv } from "./context.ts";

/**
 * Key and digest of this request. Route and body count, so that one key cannot stand for two different requests.
 * @throws AppError `idempotency_key_missing`
 */
export async function idempotencyOf(context: Context<HttpEnv>): Promise<Idempotency> {
  const key = context.req.header("idempotency-key");
  if (!key || !/^[\x21-\x7e]{8,128}$/.test(key)) throw new AppError("idempotency_key_missing");
  const url = new URL(context.req.url);
  const text = `${context.req.method} ${url.pathname}${url.search}\n${await context.req.text()}`;
  // Keyed, since the body may hold a password of few bits: the digest alone must not let anybody guess it.
  const digest = await hmac(context.get("deps").config.AUTH_SECRET, text);
  return { key, requestHash: digest };
}

async function hmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(text));
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
