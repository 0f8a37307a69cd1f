// Who is acting, on which tenant, with which role: the first argument of every verb that touches a tenant's things.
import { AppError } from "../errors.ts";
import type { Permission } from "../rules/permissions.ts";
import type { Role, TenantKind, TenantStatus } from "../rules/views.ts";

/** How a session was opened; `totp`, `recovery` and `passkey` count as a second factor. */
export type Factor = "password" | "totp" | "recovery" | "passkey" | "oidc" | "mail";

export interface Actor {
  userId: string;
  name: string;
  email: string;
  /** The session, or the key's id where a key asks: what is open under it ends with it. */
  sessionId: string;
  factor: Factor | null;
  /** Set where a program asks with a key: the only tenant it opens, and what it may do there. */
  key: { id: string; name: string; tenantId: string; scopes: readonly Permission[] } | null;
}

/** Whether an actor's second factor was asked for; a key was made by somebody who had to show one. */
export function isStrong(actor: Actor): boolean {
  return actor.key !== null || (actor.factor !== null && STRONG_FACTORS.has(actor.factor));
}

export const STRONG_FACTORS: ReadonlySet<Factor> = new Set<Factor>(["totp", "recovery", "passkey"]);

declare const made: unique symbol;

/** Made in one place only (worker/http/session.ts), from the session and the membership found in the database. */
export interface Scope {
  readonly [made]: true;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly tenantKind: TenantKind;
  readonly tenantStatus: TenantStatus;
  /** The nearest tenant at or above that is not active; null where nothing is held. */
  readonly heldBy: string | null;
  readonly role: Role;
  readonly actor: Actor;
}

export function makeScope(fields: Omit<Scope, typeof made>): Scope {
  return fields as Scope;
}

/**
 * For what a tenant may not do while it, or one above it, is not active. The database refuses what consumes as well, should
 * the tenant be held in between.
 * @throws AppError `tenant_pending` where it waits for its approval, `tenant_suspended` else.
 */
export function refuseHeld(scope: Scope): void {
  if (scope.heldBy === null) return;
  throw new AppError(scope.tenantStatus === "pending" ? "tenant_pending" : "tenant_suspended");
}
