// Who is asking, and for which tenant: the only place where a scope is made.
import { createMiddleware } from "hono/factory";
import { actorOf } from "../domain/accounts.ts";
import { PLATFORM_ID, scopeOf } from "../domain/tenants.ts";
import { AppError } from "../errors.ts";
import { may } from "../rules/permissions.ts";
import type { Permission } from "../rules/permissions.ts";
import type { HttpEnv } from "./context.ts";

/** @throws AppError `not_signed_in` */
export const signedIn = createMiddleware<HttpEnv>(async (context, next) => {
  const actor = await actorOf(context.get("deps"), context.req.raw.headers);
  if (!actor) throw new AppError("not_signed_in");
  context.set("actor", actor);
  await next();
});

/** Scope of the path's `:tenant`; a tenant of others is as absent as one that never was. */
export const inTenant = createMiddleware<HttpEnv>(async (context, next) => {
  const tenantId = context.req.param("tenant") ?? "";
  const scope = tenantId === PLATFORM_ID ? null : await scopeOf(context.get("deps"), context.get("actor"), tenantId);
  if (!scope) throw new AppError("not_found");
  context.set("scope", scope);
  await next();
});

/** For people who run the platform; to everybody else these addresses do not exist. */
export const asOperator = createMiddleware<HttpEnv>(async (context, next) => {
  const scope = await scopeOf(context.get("deps"), context.get("actor"), PLATFORM_ID);
  if (!scope) throw new AppError("not_found");
  context.set("scope", scope);
  await next();
});

/** @throws AppError `role_missing` */
export function allowed(permission: Permission) {
  return createMiddleware<HttpEnv>(async (context, next) => {
    if (!may(context.get("scope").role, permission)) throw new AppError("role_missing", { permission });
    await next();
  });
}

/** Only resellers (and the platform) have tenants below them; for others the addresses do not exist. */
export const asReseller = createMiddleware<HttpEnv>(async (context, next) => {
  if (context.get("scope").tenantKind !== "reseller") throw new AppError("not_found");
  await next();
});
