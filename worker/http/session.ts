// Who is asking, and for which tenant: the only place where a scope is made.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { actorOf } from "../domain/accounts/actor.ts";
import { isStrong } from "../domain/scope.ts";
import type { Scope } from "../domain/scope.ts";
import { membershipOf } from "../domain/tenants/membership.ts";
import { PLATFORM_ID } from "../domain/tenants/platform.ts";
import { AppError } from "../errors.ts";
import { existsIn, may } from "../rules/permissions.ts";
import type { Permission } from "../rules/permissions.ts";
import { noteAttempt } from "./audited.ts";
import type { HttpEnv } from "./context.ts";
import { addressOf, withinLimit } from "./limits.ts";

/** @throws AppError `not_signed_in`, `rate_limited` */
export const signedIn = createMiddleware<HttpEnv>(async (context, next) => {
  const actor = await actorOf(context.get("deps"), context.req.raw.headers);
  if (!actor) {
    await withinLimit(context, addressOf(context));
    throw new AppError("not_signed_in");
  }
  await withinLimit(context, actor.key ? `key:${actor.key.id}` : `person:${actor.userId}`);
  context.set("actor", actor);
  if (!/^\/api\/(tenants|operator)\//.test(context.req.path)) await noteAttempt(context);
  await next();
});

/** For what concerns a person: a key, which belongs to a tenant, opens none of it. @throws AppError `person_needed` */
export const inPerson = createMiddleware<HttpEnv>(async (context, next) => {
  if (context.get("actor").key) throw new AppError("person_needed");
  await next();
});

/** Scope of the path's `:tenant`; a tenant of others is as absent as one that never was. */
export const inTenant = createMiddleware<HttpEnv>(async (context, next) => {
  const tenantId = context.req.param("tenant") ?? "";
  if (tenantId === PLATFORM_ID) throw new AppError("not_found");
  await enter(context, tenantId);
  await next();
});

/** For people who run the platform; to everybody else these addresses do not exist. */
export const asOperator = createMiddleware<HttpEnv>(async (context, next) => {
  await enter(context, PLATFORM_ID);
  await next();
});

/** @throws AppError `not_found`, or `second_factor_required` where the tenant, or one above it, demands one. */
async function enter(context: Context<HttpEnv>, tenantId: string): Promise<void> {
  const actor = context.get("actor");
  const found = await membershipOf(context.get("deps"), actor, tenantId);
  if (!found) throw new AppError("not_found");
  if (found.needsSecondFactor && !isStrong(actor)) throw new AppError("second_factor_required");
  context.set("scope", found.scope);
  await noteAttempt(context);
}

/** @throws AppError `not_found` where the tenant's kind knows no such thing, `role_missing`, `scope_missing` (of a key). */
export function allowed(permission: Permission) {
  return createMiddleware<HttpEnv>(async (context, next) => {
    requireRight(context.get("scope"), permission);
    await next();
  });
}

/** The same for what a body asks for beside what its route is for. */
export function requireRight(scope: Scope, permission: Permission): void {
  if (!existsIn(scope.tenantKind, permission)) throw new AppError("not_found");
  if (!may(scope.role, permission)) throw new AppError("role_missing", { permission });
  const { key } = scope.actor;
  if (key && !key.scopes.includes(permission)) throw new AppError("scope_missing", { permission });
}
