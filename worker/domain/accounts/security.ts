// A person's own security: what opens the account, which sessions are open, and ending them.
import { and, asc, desc, eq, gt, ne } from "drizzle-orm";
import { accounts, passkeys, sessions, twoFactors } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { SecurityView } from "../../rules/views-people.ts";
import { trail } from "../audit.ts";
import type { Actor } from "../scope.ts";
import { authOf } from "./auth.ts";
import { providersOffered } from "./providers.ts";

/** Everything about how this person signs in; the newest session first. */
export async function securityOf(deps: Deps, actor: Actor): Promise<SecurityView> {
  const { db } = deps;
  const { userId } = actor;
  const [ways, factors, keys, open] = await db.batch([
    db.select().from(accounts).where(eq(accounts.userId, userId)),
    db.select().from(twoFactors).where(eq(twoFactors.userId, userId)),
    db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.createdAt)),
    db
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, new Date(deps.now()))))
      .orderBy(desc(sessions.updatedAt)),
  ]);
  const isEnabled = factors[0]?.verified === true;
  const names = new Map(providersOffered(deps).map(({ id, name }) => [id, name]));
  return {
    hasPassword: ways.some((way) => way.providerId === "credential" && way.password !== null),
    totp: { enabled: isEnabled, recoveryCodesLeft: isEnabled ? await codesLeft(deps, userId) : 0 },
    passkeys: keys.map((row) => ({
      id: row.id,
      name: row.name ?? "",
      createdAt: row.createdAt?.getTime() ?? null,
      backedUp: row.backedUp,
    })),
    sessions: open.map((row) => ({
      id: row.id,
      current: row.id === actor.sessionId,
      factor: row.factor,
      ipAddress: row.ipAddress || null,
      userAgent: row.userAgent || null,
      createdAt: row.createdAt.getTime(),
      lastSeenAt: row.updatedAt.getTime(),
      expiresAt: row.expiresAt.getTime(),
    })),
    providers: ways
      .filter((way) => way.providerId !== "credential")
      .map((way) => ({ id: way.providerId, name: names.get(way.providerId) ?? way.providerId })),
  };
}

/** Ends one of the person's sessions, and at once what it has open. @throws AppError `not_found` */
export async function endSession(deps: Deps, actor: Actor, sessionId: string): Promise<void> {
  const [row] = await deps.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, sessionId), eq(sessions.userId, actor.userId)));
  if (!row) throw new AppError("not_found");
  trail(deps, { target: { type: "session", id: row.id, name: row.userAgent ?? "" } });
  await end(deps, [row.token]);
}

/** Ends all sessions of the person but the one that asks; answers how many. */
export async function endOtherSessions(deps: Deps, actor: Actor): Promise<number> {
  const others = await deps.db
    .select({ token: sessions.token })
    .from(sessions)
    .where(and(eq(sessions.userId, actor.userId), ne(sessions.id, actor.sessionId)));
  trail(deps, { target: { type: "person", id: actor.userId, name: actor.email }, after: { ended: others.length } });
  await end(
    deps,
    others.map((row) => row.token),
  );
  return others.length;
}

/** By way of better-auth, whose hook cuts consoles and feeds. */
async function end(deps: Deps, tokens: string[]): Promise<void> {
  const { internalAdapter } = await authOf(deps).$context;
  for (const token of tokens) await internalAdapter.deleteSession(token);
}

async function codesLeft(deps: Deps, userId: string): Promise<number> {
  const { backupCodes } = await authOf(deps).api.viewBackupCodes({ body: { userId } });
  return backupCodes.length;
}
