// What the portal asks around better-auth's own endpoints: tries per account, codes that work once, a last way in that stays.
import type { GenericEndpointContext } from "@better-auth/core";
import { and, eq, ne, sql } from "drizzle-orm";
import { APIError, createAuthMiddleware, getSessionFromCtx, isAPIError } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { accounts, passkeys, sessions, twoFactors, verifications } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { STRONG_FACTORS } from "../scope.ts";
import type { Factor } from "../scope.ts";
import { forgetSignIn } from "./request.ts";
import { tryOf } from "./throttle.ts";

/** Wrong codes in a row before a second factor is closed for a while, over all sign-ins of a person. */
export const FACTOR_TRIES = 10;
export const FACTOR_PAUSE_SECONDS = 900;

/** How a session that better-auth is about to keep was opened. */
export function factorOf(session: object, context: GenericEndpointContext | null): Factor | null {
  const opened = FACTORS[context?.path ?? ""];
  if (opened) return opened;
  // Opened in place of another, whose standing it has.
  const before = context?.context.session?.session ?? session;
  const factor = "factor" in before ? (before.factor as Factor | null) : null;
  const isWithout = context?.path === "/two-factor/disable" && (factor === "totp" || factor === "recovery");
  return isWithout ? "password" : factor;
}

const FACTORS: Record<string, Factor> = {
  "/sign-in/email": "password",
  "/verify-email": "mail",
  "/two-factor/verify-totp": "totp",
  "/two-factor/verify-backup-code": "recovery",
  "/passkey/verify-authentication": "passkey",
  "/callback/:id": "oidc",
};

/** Before an endpoint: counts the try, and refuses what better-auth would take and the portal does not offer. */
export function beforeAuth(deps: Deps) {
  return createAuthMiddleware(async (context) => {
    const { path } = context;
    const body = (context.body ?? {}) as Record<string, unknown>;
    refuseOthers(body, FIELDS[path]);
    if (BY_ADDRESS.has(path) && typeof body["email"] === "string") await count(deps, path, body["email"]);
    if (BY_PERSON.has(path)) {
      const person = await personOf(context);
      if (person !== null) await count(deps, path, person);
    }
    switch (path) {
      case "/change-password":
        // Whoever changes a password may do so because somebody else knows it.
        return { context: { body: { revokeOtherSessions: true } } };
      case "/two-factor/enable":
        return wantFresh(deps, context, false);
      case "/two-factor/disable":
      case "/two-factor/generate-backup-codes":
        return wantFresh(deps, context, true);
      case "/two-factor/verify-totp":
      case "/two-factor/verify-backup-code":
        return useOnce(deps, context, String(body["code"]));
      case "/passkey/verify-registration":
        return { context: { body: { name: passkeyName(body["name"]) } } };
      case "/passkey/update-passkey":
        return renamePasskey(deps, context, String(body["id"]), passkeyName(body["name"]));
      case "/passkey/delete-passkey":
        return removePasskey(deps, context, String(body["id"]));
      default:
        return;
    }
  });
}

/** After an endpoint: a code shown in an open session raises it, and a second factor that is gone counts no more. */
export function afterAuth(deps: Deps) {
  return createAuthMiddleware(async (context) => {
    const { path } = context;
    const { returned } = context.context;
    const isRefused = isAPIError(returned);
    if (path === "/passkey/generate-authenticate-options" && !isRefused)
      return context.json({ ...(returned as object), userVerification: "required" });
    if (path === "/sign-in/email" && context.context.newSession?.user["twoFactorEnabled"]) forgetSignIn();
    if (path === "/two-factor/disable" && !isRefused) await lower(deps, context);
    if (path !== "/two-factor/verify-totp" && path !== "/two-factor/verify-backup-code") return;
    const session = await getSessionFromCtx(context);
    if (!session) return;
    if (isRefused) {
      await noteWrongCode(deps, session.user.id);
    } else if (!context.context.newSession) {
      await raise(deps, context, session);
    }
  });
}

/**
 * Fields that may be sent. Better-auth knows more: trusting a device with the second factor, a session for a new passkey, signing in
 * with an id token from anywhere.
 */
const FIELDS: Record<string, string[]> = {
  "/sign-in/social": ["provider", "callbackURL", "errorCallbackURL"],
  "/change-password": ["currentPassword", "newPassword", "revokeOtherSessions"],
  "/two-factor/enable": ["password"],
  "/two-factor/disable": ["password"],
  "/two-factor/generate-backup-codes": ["password"],
  "/two-factor/verify-totp": ["code"],
  "/two-factor/verify-backup-code": ["code"],
  "/passkey/verify-registration": ["response", "name"],
  "/passkey/update-passkey": ["id", "name"],
  "/passkey/delete-passkey": ["id"],
};

function refuseOthers(body: Record<string, unknown>, fields: string[] | undefined): void {
  const other = fields && Object.keys(body).find((name) => !fields.includes(name));
  if (other !== undefined) throw refusedField(other);
}

/** In better-auth's own words, which http/auth-errors.ts reads. */
function refusedField(name: string): APIError {
  return new APIError("BAD_REQUEST", { code: "VALIDATION_ERROR", message: `[body.${name}] refused` });
}

/** Paths whose tries count for the address that was typed, whether or not somebody has it. */
const BY_ADDRESS = new Set(["/sign-in/email", "/request-password-reset", "/send-verification-email"]);

/** Paths whose tries count for the person who is signed in, or about to be. */
const BY_PERSON = new Set([
  "/change-password",
  "/two-factor/enable",
  "/two-factor/disable",
  "/two-factor/generate-backup-codes",
  "/two-factor/verify-totp",
  "/two-factor/verify-backup-code",
]);

async function count(deps: Deps, what: string, account: string): Promise<void> {
  const seconds = await tryOf(deps, what, account);
  if (seconds > 0) throw tooMany(seconds);
}

function tooMany(seconds: number): APIError {
  return new APIError("TOO_MANY_REQUESTS", { code: "TOO_MANY" }, { "x-retry-after": String(seconds) });
}

/** Who is signed in, or has given a password and is asked for a code; null where nobody is. */
async function personOf(context: GenericEndpointContext): Promise<string | null> {
  const session = await getSessionFromCtx(context);
  if (session) return session.user.id;
  const cookie = context.context.createAuthCookie("two_factor");
  const challenge = await context.getSignedCookie(cookie.name, context.context.secret);
  if (!challenge) return null;
  return (await context.context.internalAdapter.findVerificationValue(challenge))?.value ?? null;
}

/** People with a password give it; those without have to have signed in lately, and with a second factor where one is set up. */
async function wantFresh(deps: Deps, context: GenericEndpointContext, wantsStrong: boolean): Promise<void> {
  const session = await getSessionFromCtx(context);
  if (!session) return;
  const credential = await context.context.internalAdapter.findCredentialAccount(session.user.id);
  if (credential?.password) return;
  const ageMs = deps.now() - new Date(session.session.createdAt).getTime();
  const isFresh = ageMs < context.context.sessionConfig.freshAge * 1_000;
  const isStrong = STRONG_FACTORS.has(session.session["factor"] as Factor);
  if (!isFresh || (wantsStrong && !isStrong)) throw new APIError("FORBIDDEN", { code: "SESSION_NOT_FRESH" });
}

/** A code is good for 30 seconds before and after its own; what was tried is forgotten once none of them can be. */
const CODE_LIFE_MS = 120_000;

/**
 * Takes a code, right or wrong, out of use for its person: one that was looked at over a shoulder, or caught on its way, opens
 * nothing. Better-auth itself sees to recovery codes being used up, so they may be typed again when wrong.
 */
async function useOnce(deps: Deps, context: GenericEndpointContext, code: string): Promise<void> {
  const person = await personOf(context);
  if (person === null) return;
  if (await getSessionFromCtx(context)) await refuseLocked(deps, person);
  if (context.path !== "/two-factor/verify-totp" || !/^\d{6}$/.test(code)) return;
  const now = new Date(deps.now());
  const taken = await deps.db
    .insert(verifications)
    .values({
      id: `totp:${person}:${code}`,
      identifier: `totp:${person}`,
      value: "used",
      expiresAt: new Date(deps.now() + CODE_LIFE_MS),
      createdAt: now,
      updatedAt: now,
    })
    .onConflictDoUpdate({
      target: verifications.id,
      set: { expiresAt: new Date(deps.now() + CODE_LIFE_MS), updatedAt: now },
      setWhere: sql`${verifications.expiresAt} <= ${deps.now()}`,
    })
    .returning({ id: verifications.id });
  if (taken.length === 0) throw new APIError("UNAUTHORIZED", { code: "INVALID_CODE" });
}

/** The same pause that better-auth keeps at sign-in, for codes that are tried in a session. */
async function refuseLocked(deps: Deps, userId: string): Promise<void> {
  const [row] = await deps.db.select().from(twoFactors).where(eq(twoFactors.userId, userId));
  const leftMs = (row?.lockedUntil?.getTime() ?? 0) - deps.now();
  if (leftMs > 0) throw tooMany(Math.ceil(leftMs / 1_000));
}

async function noteWrongCode(deps: Deps, userId: string): Promise<void> {
  const isOver = sql`${twoFactors.lockedUntil} is not null and ${twoFactors.lockedUntil} <= ${deps.now()}`;
  const tries = sql`case when ${isOver} then 1 else coalesce(${twoFactors.failedVerificationCount}, 0) + 1 end`;
  const lockedUntil = sql`case when (${tries}) >= ${FACTOR_TRIES} then ${deps.now() + FACTOR_PAUSE_SECONDS * 1_000} end`;
  await deps.db
    .update(twoFactors)
    .set({ failedVerificationCount: tries, lockedUntil })
    .where(and(eq(twoFactors.userId, userId), eq(twoFactors.verified, true)));
}

/** Opens a session in place of the one in which a code was shown: what was open under the weaker one ends with it. */
async function raise(
  deps: Deps,
  context: GenericEndpointContext,
  { session, user }: NonNullable<Awaited<ReturnType<typeof getSessionFromCtx>>>,
): Promise<void> {
  await deps.db
    .update(twoFactors)
    .set({ failedVerificationCount: 0, lockedUntil: null })
    .where(eq(twoFactors.userId, user.id));
  const raised = await context.context.internalAdapter.createSession(user.id, false, session);
  await setSessionCookie(context, { session: raised, user });
  await context.context.internalAdapter.deleteSession(session.token);
}

/** Sessions of a person who has no codes any more count as opened with the password alone. */
async function lower(deps: Deps, context: GenericEndpointContext): Promise<void> {
  const userId = context.context.session?.user.id;
  if (!userId) return;
  await deps.db
    .update(sessions)
    .set({ factor: "password" })
    .where(and(eq(sessions.userId, userId), sql`${sessions.factor} in ('totp', 'recovery')`));
}

const NAME_LENGTH = 60;

function passkeyName(name: unknown): string {
  const text = typeof name === "string" ? name.trim() : "";
  if (text === "" || text.length > NAME_LENGTH) throw refusedField("name");
  return text;
}

/** Better-auth's own answer would tell a passkey of another from one that never was. */
async function renamePasskey(deps: Deps, context: GenericEndpointContext, id: string, name: string) {
  const session = await getSessionFromCtx(context);
  if (!session) return;
  const renamed = await deps.db
    .update(passkeys)
    .set({ name })
    .where(and(eq(passkeys.id, id), eq(passkeys.userId, session.user.id)))
    .returning({ id: passkeys.id });
  if (renamed.length === 0) throw new APIError("NOT_FOUND", { code: "PASSKEY_NOT_FOUND" });
  return context.json({ status: true });
}

/** Removes a passkey unless it is the only way in that its person has: asked and done in one statement. */
async function removePasskey(deps: Deps, context: GenericEndpointContext, id: string) {
  const session = await getSessionFromCtx(context);
  if (!session) return;
  const own = eq(passkeys.userId, session.user.id);
  const others = deps.db
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(and(own, ne(passkeys.id, id)));
  const ways = deps.db.select({ id: accounts.id }).from(accounts).where(eq(accounts.userId, session.user.id));
  const gone = await deps.db
    .delete(passkeys)
    .where(and(own, eq(passkeys.id, id), sql`(exists ${others} or exists ${ways})`))
    .returning({ id: passkeys.id });
  if (gone.length > 0) return context.json({ status: true });
  const [left] = await deps.db
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(and(own, eq(passkeys.id, id)));
  throw left
    ? new APIError("CONFLICT", { code: "LAST_WAY_IN" })
    : new APIError("NOT_FOUND", { code: "PASSKEY_NOT_FOUND" });
}
