// Keys for programs: made and taken back by people, shown once, good for what their maker may do at that moment and no more.
import { and, desc, eq, gt, isNull, lt, lte, or, sql } from "drizzle-orm";
import { apiKeys, members, tenants, users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { scopesFor } from "../../rules/permissions.ts";
import type { Permission } from "../../rules/permissions.ts";
import type { ApiKeyMade, ApiKeyView } from "../../rules/views-people.ts";
import { trail } from "../audit.ts";
import type { Actor, Scope } from "../scope.ts";

/** Keys of a tenant that work at one time. */
export const KEYS_AT_MOST = 50;

export interface KeyDraft {
  name: string;
  scopes: Permission[];
  /** Milliseconds since 1970; null for a key that does not expire. */
  expiresAt: number | null;
}

/** The keys of a tenant that were not taken back, newest first; those that have expired among them. */
export async function keysOf(deps: Deps, scope: Scope): Promise<ApiKeyView[]> {
  const rows = await deps.db
    .select({ key: apiKeys, madeBy: users.name })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(and(eq(apiKeys.tenantId, scope.tenantId), isNull(apiKeys.revokedAt)))
    .orderBy(desc(apiKeys.createdAt));
  return rows.map(({ key, madeBy }) => viewOf(key, madeBy));
}

/**
 * Makes a key and answers its secret, which is kept nowhere.
 * @throws AppError `validation_failed` for a scope that the maker does not hold or a time that is over, `too_many_keys`.
 */
export async function makeKey(deps: Deps, scope: Scope, draft: KeyDraft): Promise<ApiKeyMade> {
  const held = new Set(scopesFor(scope.role, scope.tenantKind));
  if (!draft.scopes.every((permission) => held.has(permission)))
    throw new AppError("validation_failed", {}, { fields: [{ pointer: "#/scopes", code: "unknown" }] });
  const now = deps.now();
  if (draft.expiresAt !== null && draft.expiresAt <= now)
    throw new AppError("validation_failed", {}, { fields: [{ pointer: "#/expiresAt", code: "too_small" }] });
  const secret = randomSecret();
  const row = {
    id: deps.newId("key"),
    tenantId: scope.tenantId,
    userId: scope.actor.userId,
    name: draft.name.trim(),
    secretHash: await digest(secret),
    scopes: [...new Set(draft.scopes)],
    createdAt: now,
    expiresAt: draft.expiresAt,
    lastUsedAt: null,
    lastUsedFrom: null,
    revokedAt: null,
  };
  // Counted in the statement that inserts, so that two at once do not both see the last place free.
  const live = sql`(select count(*) from api_keys where tenant_id = ${row.tenantId} and revoked_at is null
    and (expires_at is null or expires_at > ${now}))`;
  const made = await deps.db.all<{ id: string }>(sql`
    insert into api_keys (id, tenant_id, user_id, name, secret_hash, scopes, created_at, expires_at)
    select ${row.id}, ${row.tenantId}, ${row.userId}, ${row.name}, ${row.secretHash}, ${JSON.stringify(row.scopes)},
      ${row.createdAt}, ${row.expiresAt}
    where ${live} < ${KEYS_AT_MOST} returning id`);
  if (made.length === 0) throw new AppError("too_many_keys", { maximum: KEYS_AT_MOST });
  trail(deps, {
    target: { type: "key", id: row.id, name: row.name },
    after: { scopes: row.scopes, expiresAt: row.expiresAt },
  });
  return { key: viewOf(row, scope.actor.name), token: `nbx_${row.id}_${secret}` };
}

/**
 * Takes a key back; it ends with this statement. Owners take back any, others what they made themselves.
 * @throws AppError `not_found`, `role_missing`
 */
export async function revokeKey(deps: Deps, scope: Scope, keyId: string): Promise<void> {
  const mine = and(eq(apiKeys.id, keyId), eq(apiKeys.tenantId, scope.tenantId), isNull(apiKeys.revokedAt));
  const [row] = await deps.db.select().from(apiKeys).where(mine);
  if (!row) throw new AppError("not_found");
  trail(deps, { target: { type: "key", id: row.id, name: row.name } });
  if (scope.role !== "owner" && row.userId !== scope.actor.userId)
    throw new AppError("role_missing", { permission: "keys.manage" });
  await deps.db.update(apiKeys).set({ revokedAt: deps.now() }).where(mine);
}

/** How often at most the last use of a key is written down. */
const USE_NOTED_EVERY_MS = 60_000;

/**
 * The actor behind `nbx_<id>_<secret>`; null where there is no such key, its secret is another, it was taken back or has expired,
 * or the one who made it has left since.
 */
export async function actorOfKey(deps: Deps, token: string, address: string | null): Promise<Actor | null> {
  const [, id, secret] = /^nbx_(key_[0-9a-z]{20})_([0-9a-z]{40})$/.exec(token) ?? [];
  if (id === undefined || secret === undefined) return null;
  const now = deps.now();
  const [row] = await deps.db
    .select({ key: apiKeys, person: { name: users.name, email: users.email } })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .innerJoin(
      members,
      and(
        eq(members.userId, apiKeys.userId),
        eq(members.tenantId, apiKeys.tenantId),
        // Who has left and was asked in again begins without the keys of before.
        lte(members.createdAt, apiKeys.createdAt),
      ),
    )
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(
      and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now))),
    );
  if (!row || !isSame(await digest(secret), row.key.secretHash)) return null;
  const { key, person } = row;
  const noted = now - USE_NOTED_EVERY_MS;
  if (key.lastUsedAt === null || key.lastUsedAt < noted) {
    await deps.db
      .update(apiKeys)
      .set({ lastUsedAt: now, lastUsedFrom: address })
      .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, noted))));
  }
  return {
    userId: key.userId,
    name: person.name,
    email: person.email,
    sessionId: key.id,
    factor: null,
    key: { id: key.id, name: key.name, tenantId: key.tenantId, scopes: key.scopes },
  };
}

function viewOf(key: typeof apiKeys.$inferSelect, madeBy: string): ApiKeyView {
  const { id, name, scopes, createdAt, expiresAt, lastUsedAt, lastUsedFrom } = key;
  return { id, name, scopes, madeBy, createdAt, expiresAt, lastUsedAt, lastUsedFrom };
}

/** 200 random bits. */
function randomSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(40)), (byte) => ALPHABET[byte & 31]).join("");
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Plain SHA-256, in hex: a secret of 200 bits cannot be guessed, so nothing slower is needed. */
async function digest(secret: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compares in a time that does not tell where two digests differ. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
