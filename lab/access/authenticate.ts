// Tells who asks, by login ticket or API token, as the real server's authentication layer does.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { nowSeconds } from "../clock.ts";
import type { Identity } from "../http/endpoint.ts";
import { unauthenticated } from "../http/failure.ts";
import type { LabState } from "../state.ts";
import type { Tickets } from "./tickets.ts";

const COOKIE = "PVEAuthCookie";

/** The caller's identity; refuses (401) absent or wrong credentials, and a ticket's write without its CSRF token. */
export function authenticate(
  state: LabState,
  tickets: Tickets,
  method: string,
  headers: IncomingHttpHeaders,
): Identity {
  const authorization = headers.authorization ?? "";
  const inHeader = /^PVEAuthCookie[= ](.+)$/.exec(authorization)?.[1];
  const ticket = cookieTicket(headers.cookie ?? "") ?? (inHeader === undefined ? null : unescaped(inHeader));
  // A ticket wins over a token where both are sent.
  if (ticket !== null) return byTicket(state, tickets, ticket, method, headers);
  if (!/^PVEAPIToken[= ]/.test(authorization)) throw unauthenticated("No ticket");
  return byToken(state, authorization);
}

/** SHA-256 of a token's secret, the only form in which it is kept. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** True for a user who exists, is enabled and not expired. */
export function isUsable(state: LabState, userid: string): boolean {
  const user = state.users[userid];
  return user !== undefined && user.enable === 1 && (user.expire === 0 || user.expire > nowSeconds());
}

function byTicket(
  state: LabState,
  tickets: Tickets,
  ticket: string,
  method: string,
  headers: IncomingHttpHeaders,
): Identity {
  const userid = tickets.userOfLogin(ticket, nowSeconds());
  if (userid === null || !isUsable(state, userid)) throw unauthenticated("Authentication failed!");
  const csrf = headers["csrfpreventiontoken"];
  if (method !== "GET" && !(typeof csrf === "string" && tickets.isCsrf(csrf, userid, nowSeconds())))
    throw unauthenticated("Permission denied - invalid csrf token");
  return { authId: userid, by: "ticket" };
}

function byToken(state: LabState, authorization: string): Identity {
  const [, userid = "", tokenid = "", secret = ""] =
    /^PVEAPIToken[= ]([^\s!]+)!([^\s=]+)=(\S+)$/.exec(authorization) ?? [];
  const token = state.users[userid]?.tokens[tokenid];
  const valid =
    token !== undefined &&
    isUsable(state, userid) &&
    (token.expire === 0 || token.expire > nowSeconds()) &&
    timingSafeEqual(Buffer.from(secretHash(secret)), Buffer.from(token.secretHash));
  if (!valid) throw unauthenticated("Authentication failed!");
  return { authId: `${userid}!${tokenid}`, by: "token" };
}

function cookieTicket(cookies: string): string | null {
  for (const part of cookies.split(";")) {
    const equals = part.indexOf("=");
    if (part.slice(0, equals).trim() !== COOKIE) continue;
    return unescaped(part.slice(equals + 1).trim());
  }
  return null;
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
