// Writes the audit: one entry for every request that changes something, and for every one that is refused for want of rights.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { appendAudit, noteIntent, removeIntent } from "../domain/audit.ts";
import type { AuditDraft } from "../domain/audit.ts";
import { PLATFORM_ID } from "../domain/tenants/platform.ts";
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { actionOf } from "../rules/audit-actions.ts";
import type { AuditOutcome } from "../rules/views.ts";
import type { HttpEnv } from "./context.ts";

/** Refusals that tell of somebody trying what is not theirs to do. */
const REFUSALS = new Set<ErrorCode>(["role_missing", "scope_missing", "second_factor_required", "person_needed"]);

/**
 * Around every route below `/api`. A change is noted before it is tried, so that even one whose Worker dies in between
 * is told of; its entry replaces the note. What a request was about comes from the domain (`trail`).
 */
export const audited = createMiddleware<HttpEnv>(async (context, next) => {
  const route = routeOf(context);
  const isRead = ["GET", "HEAD", "OPTIONS"].includes(context.req.method);
  const action = isRead ? null : actionOf(context.req.method, route, context.req.path);
  if (action === null || action === undefined) {
    await next();
    if (isRefusal(context)) await write(context, `${isRead ? "read" : "try"} ${route}`, false);
    return;
  }
  const deps = context.get("deps");
  await noteIntent(deps, draftOf(context, action, "unknown"));
  await next();
  await write(context, action, true);
});

function isRefusal(context: Context<HttpEnv>): boolean {
  return context.error instanceof AppError && REFUSALS.has(context.error.code);
}

async function write(context: Context<HttpEnv>, action: string, hasIntent: boolean): Promise<void> {
  const deps = context.get("deps");
  const { error } = context;
  const code = error instanceof AppError ? error.code : error ? "internal" : null;
  const outcome: AuditOutcome = isRefusal(context) ? "refused" : context.res.status >= 400 ? "failed" : "done";
  const draft = { ...draftOf(context, action, outcome), code };
  await appendAudit(deps, draft, hasIntent ? [removeIntent(deps, draft.requestId)] : []);
}

function draftOf(context: Context<HttpEnv>, action: string, outcome: AuditOutcome): AuditDraft {
  const deps = context.get("deps");
  const actor = context.get("actor");
  const scope = context.get("scope");
  return {
    // What somebody tries in a tenant that is not theirs stands with the platform, not with the tenant that it would flood.
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
    ...deps.trail,
  };
}

/** Pattern of the route that takes this request: the last that is no middleware. */
function routeOf(context: Context<HttpEnv>): string {
  const routes = matchedRoutes(context).filter((route) => route.method !== "ALL");
  return routes.at(-1)?.path ?? context.req.path;
}
