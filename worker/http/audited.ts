// Writes the audit: one entry for every request that changes something, and for every one that is refused for want of rights.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { appendAudit, IntentGone, noteIntent, removeIntent } from "../domain/audit.ts";
import type { AuditDraft } from "../domain/audit.ts";
import { roomForStranger } from "../domain/audit/strangers.ts";
import { PLATFORM_ID } from "../domain/tenants/platform.ts";
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { actionOf } from "../rules/audit-actions.ts";
import type { AuditOutcome } from "../rules/views.ts";
import type { HttpEnv } from "./context.ts";

/** Refusals that tell of somebody trying what is not theirs to do. */
const REFUSALS = new Set<ErrorCode>([
  "role_missing",
  "scope_missing",
  "second_factor_required",
  "person_needed",
  "invitation_not_yours",
]);

/**
 * Around every route below `/api`. What a request was about comes from the domain (`trail`). The work goes on to its end, entry
 * included, also where whoever asked has gone.
 */
export const audited = createMiddleware<HttpEnv>(async (context, next) => {
  const route = routeOf(context);
  const action = actionOf(context.req.method, route, context.req.path) ?? null;
  context.set("attempt", action === null ? null : { action, route, isNoted: false });
  if (action === null) {
    await next();
    if (isRefusal(context)) await write(context, `${isRead(context) ? "read" : "try"} ${route}`, route);
    return;
  }
  const work = async () => {
    // Signing up and the like is nobody's until it has succeeded.
    if (route.startsWith("/api/auth/")) await noteAttempt(context);
    await next();
    await write(context, action, route);
  };
  const working = work();
  context.executionCtx.waitUntil(working);
  await working;
});

/**
 * Notes a change before it is tried, so that even one whose Worker dies in between is told of; its entry replaces the note. Called as
 * soon as it is known who asks, and where: before that, nothing is changed.
 */
export async function noteAttempt(context: Context<HttpEnv>): Promise<void> {
  const attempt = context.get("attempt");
  if (!attempt || attempt.isNoted) return;
  await noteIntent(context.get("deps"), draftOf(context, attempt.action, attempt.route, "unknown"));
  attempt.isNoted = true;
}

async function write(context: Context<HttpEnv>, action: string, route: string): Promise<void> {
  const deps = context.get("deps");
  const { error } = context;
  const isNoted = context.get("attempt")?.isNoted === true;
  // One request too many of somebody's was not tried at all; to write of each would do what the limit is there to prevent.
  if (error instanceof AppError && error.code === "rate_limited" && !isNoted) return;
  const code = error instanceof AppError ? error.code : error ? "internal" : (deps.trail.code ?? null);
  const isFailure = context.res.status >= 400 || code !== null;
  const outcome: AuditOutcome = isRefusal(context) ? "refused" : isFailure ? "failed" : "done";
  const draft = { ...draftOf(context, action, route, outcome), code };
  try {
    if (draft.actor.kind === "stranger" && outcome !== "done") {
      const room = await roomForStranger(deps, draft.ip);
      if (room === "none") {
        if (isNoted) await removeIntent(deps, draft.requestId);
        return;
      }
      if (room === "last") draft.after = { ...draft.after, furtherLeftOut: true };
    }
    await appendAudit(deps, draft, isNoted ? draft.requestId : undefined);
  } catch (failure) {
    if (failure instanceof IntentGone) return;
    // What was done is done, and is answered so: the entry is kept for the minute's tick.
    deps.log("error", "audit_delayed", { requestId: draft.requestId, error: String(failure) });
    await noteIntent(deps, { ...draft, at: deps.now() });
  }
}

function isRefusal(context: Context<HttpEnv>): boolean {
  const { error } = context;
  if (!(error instanceof AppError)) return false;
  // A place where the person does not belong is absent to them; asking for it is an attempt all the same.
  const isForeign = Boolean(context.get("actor")) && !context.get("scope") && isPlace(context);
  return REFUSALS.has(error.code) || (error.code === "not_found" && isForeign);
}

function isPlace(context: Context<HttpEnv>): boolean {
  return /^\/api\/(tenants|operator)\//.test(context.req.path);
}

function isRead(context: Context<HttpEnv>): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(context.req.method);
}

function draftOf(context: Context<HttpEnv>, action: string, route: string, outcome: AuditOutcome): AuditDraft {
  const deps = context.get("deps");
  const actor = context.get("actor");
  const scope = context.get("scope");
  const target = targetOf(route, context.req.path);
  return {
    // What somebody tries in a tenant that is not theirs stands with themselves, not with the tenant that it would flood.
    chain: scope?.tenantId ?? (actor ? `user:${actor.userId}` : PLATFORM_ID),
    actor: actor
      ? actor.key
        ? { kind: "key", id: actor.key.id, name: actor.key.name }
        : { kind: "person", id: actor.userId, name: actor.name }
      : { kind: "stranger", id: "", name: "" },
    action,
    outcome,
    ip: context.req.header("cf-connecting-ip") ?? null,
    requestId: context.get("requestId"),
    ...(target ? { target } : {}),
    ...deps.trail,
  };
}

/** What the path itself names last: where the domain has not come to say more, this much is known. */
function targetOf(route: string, path: string): { type: string; id: string } | null {
  const ids = path.split("/");
  const named = route.split("/").map((part, index) => ({ part, id: ids[index] ?? "" }));
  const last = named.findLast(({ part }) => part.startsWith(":"));
  if (!last) return null;
  const type = last.part.slice(1);
  return { type: type === "child" ? "tenant" : type, id: last.id.slice(0, 64) };
}

/** Pattern of the route that takes this request: the first that is no middleware, nor the pages'. */
function routeOf(context: Context<HttpEnv>): string {
  const routes = matchedRoutes(context).filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"));
  return routes[0]?.path ?? context.req.path;
}
