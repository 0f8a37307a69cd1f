// Accounts: better-auth on D1, with mail that confirms addresses, and sessions whose end cuts what they had open.
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { accounts, rateLimits, sessions, users, verifications } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { ACCOUNT_PASSWORD_LENGTH } from "../rules/names.ts";
import { cutConsolesOfSession } from "./consoles.ts";
import { feedOf } from "./feed.ts";
import { sendLink } from "./mail.ts";
import type { Actor, Factor } from "./scope.ts";
import { ensureFirstTenant, tenantIdsOf } from "./tenants/membership.ts";

export type Auth = ReturnType<typeof createAuth>;

const known = new WeakMap<object, Auth>();

/** The accounts of this deployment; made once per isolate. */
export function authOf(deps: Deps): Auth {
  const existing = known.get(deps.env);
  if (existing) return existing;
  const auth = createAuth(deps);
  known.set(deps.env, auth);
  return auth;
}

/** Who sends this request; null where nobody is signed in. Read from the database each time, so that an ended session ends now. */
export async function actorOf(deps: Deps, headers: Headers): Promise<Actor | null> {
  const found = await authOf(deps).api.getSession({ headers });
  if (!found) return null;
  const { user, session } = found;
  const factor = "factor" in session ? (session.factor as Factor | null) : null;
  return { userId: user.id, name: user.name, email: user.email, sessionId: session.id, factor, key: null };
}

const HOUR_SECONDS = 3_600;
const WEEK_SECONDS = 7 * 24 * HOUR_SECONDS;

function createAuth(deps: Deps) {
  const { config } = deps;
  const perMinute = { window: 60, max: config.SIGN_IN_LIMIT };
  return betterAuth({
    appName: "Nubemox",
    baseURL: config.PUBLIC_ORIGIN,
    basePath: "/api/auth",
    secret: config.AUTH_SECRET,
    trustedOrigins: [config.PUBLIC_ORIGIN],
    telemetry: { enabled: false },
    database: drizzleAdapter(deps.db, {
      provider: "sqlite",
      schema: { user: users, session: sessions, account: accounts, verification: verifications, rateLimit: rateLimits },
    }),
    user: {
      additionalFields: {
        organisation: { type: "string", required: false },
        locale: { type: "string", required: false },
      },
    },
    session: { expiresIn: WEEK_SECONDS, updateAge: 24 * HOUR_SECONDS, cookieCache: { enabled: false } },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      minPasswordLength: ACCOUNT_PASSWORD_LENGTH.min,
      maxPasswordLength: ACCOUNT_PASSWORD_LENGTH.max,
      resetPasswordTokenExpiresIn: HOUR_SECONDS,
      revokeSessionsOnPasswordReset: true,
      // The token goes behind the `#`, which browsers keep to themselves: no log on the way sees it.
      sendResetPassword: async ({ user, token }) =>
        sendLink(
          deps,
          "reset_password",
          user.email,
          localeOf(user),
          `${config.PUBLIC_ORIGIN}/reset-password#token=${token}`,
        ),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: false,
      autoSignInAfterVerification: true,
      expiresIn: HOUR_SECONDS,
      sendVerificationEmail: async ({ user, url }) =>
        sendLink(deps, "confirm_address", user.email, localeOf(user), url),
      afterEmailVerification: async (user) => ensureFirstTenant(deps, user.id),
    },
    rateLimit: {
      enabled: true,
      storage: "database",
      window: 60,
      max: 1_000,
      customRules: {
        "/sign-in/email": perMinute,
        "/sign-up/email": perMinute,
        "/request-password-reset": perMinute,
        "/reset-password": perMinute,
        "/send-verification-email": perMinute,
        // Read on every page; reading has no limit of its own.
        "/get-session": false,
      },
    },
    databaseHooks: {
      session: { delete: { after: async (session) => cutSession(deps, session.id, session.userId) } },
    },
    advanced: {
      cookiePrefix: "nubemox",
      useSecureCookies: config.PUBLIC_ORIGIN.startsWith("https:"),
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
    },
    logger: {
      level: "warn",
      log: (level, message) => deps.log(level === "error" ? "error" : "warn", "auth", { message }),
    },
  });
}

/** Ends at once whatever a session had open: its consoles and its feeds. */
async function cutSession(deps: Deps, sessionId: string, userId: string): Promise<void> {
  await cutConsolesOfSession(deps, sessionId);
  const tenantIds = await tenantIdsOf(deps, userId);
  await Promise.all(tenantIds.map((tenantId) => feedOf(deps, tenantId).closeSession(sessionId)));
}

function localeOf(user: object): string | null {
  return "locale" in user && typeof user.locale === "string" ? user.locale : null;
}
