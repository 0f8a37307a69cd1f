// Who is acting, on which tenant, with which role: the first argument of every verb that touches a tenant's things.
import type { Role, TenantKind } from "../rules/views.ts";

export interface Actor {
  userId: string;
  name: string;
  email: string;
  sessionId: string;
}

declare const made: unique symbol;

/** Made in one place only (worker/http/session.ts), from the session and the membership found in the database. */
export interface Scope {
  readonly [made]: true;
  readonly tenantId: string;
  readonly tenantKind: TenantKind;
  readonly tenantStatus: "active" | "suspended";
  readonly role: Role;
  readonly actor: Actor;
}

export function makeScope(fields: Omit<Scope, typeof made>): Scope {
  return fields as Scope;
}
