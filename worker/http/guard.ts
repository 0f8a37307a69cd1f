// What every request passes: an id, security headers, the check of its origin, a limit on its size.
import { createMiddleware } from "hono/factory";
import { createDeps } from "../deps.ts";
import type { Deps } from "../deps.ts";
import { originOfRequest } from "../domain/tenants/storefronts.ts";
import { AppError } from "../errors.ts";
import type { HttpEnv } from "./context.ts";
import { addressOf, withinLimit } from "./limits.ts";

/** The largest body of any request is a launch with 20 SSH keys. */
const MAX_BODY_BYTES = 256 * 1024;

export const guard = createMiddleware<HttpEnv>(async (context, next) => {
  const deps = createDeps(context.env);
  context.set("deps", deps);
  context.set("requestId", deps.newId("req"));
  const { req } = context;
  // Who shows a session or key is counted by it, once it has turned out to be one (signedIn).
  const isStranger = !req.header("cookie") && !req.header("authorization");
  if (isStranger || req.path.startsWith("/api/auth/")) await withinLimit(context, addressOf(context));
  const isUpgrade = req.header("upgrade")?.toLowerCase() === "websocket";
  if (isUpgrade || !["GET", "HEAD", "OPTIONS"].includes(req.method)) {
    // Browsers send cookies across sites, with sockets even under SameSite rules of old: the origin must be ours.
    const origin = req.header("origin");
    if (origin === undefined ? isUpgrade : !(await isOurs(deps, origin, req.url))) throw new AppError("origin_refused");
  }
  if (Number(req.header("content-length") ?? 0) > MAX_BODY_BYTES)
    throw new AppError("body_too_large", { maximum: MAX_BODY_BYTES });
  const cost = await (deps.measure?.(async (counted) => {
    await next();
    return counted;
  }) ?? next());
  // The answer of an upgrade is handed on as it is.
  if (context.res.webSocket) return;
  context.header("x-request-id", context.get("requestId"));
  context.header("x-content-type-options", "nosniff");
  if (cost) context.header("x-nubemox-rows", `read=${cost.rowsRead}, written=${cost.rowsWritten}`);
  if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
});

/** Whether a page of this origin may send this request: one of the platform's, or of the front that stands at the very host asked. */
async function isOurs(deps: Deps, origin: string, url: string): Promise<boolean> {
  return origin === deps.config.PUBLIC_ORIGIN || origin === (await originOfRequest(deps, url));
}

/** For pages and assets; the app needs no inline script, no frame, nothing from elsewhere. */
export const PAGE_HEADERS: Record<string, string> = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};
