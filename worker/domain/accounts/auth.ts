// Accounts: better-auth on D1, with mail that confirms addresses, second factors, passkeys, and sessions whose end cuts what they had open.
import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError } from "better-auth/api";
import { twoFactor } from "better-auth/plugins/two-factor";
import { genericOAuth } from "better-auth/plugins/generic-oauth";
import { accounts, passkeys, rateLimits, sessions, twoFactors, users, verifications } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { ACCOUNT_PASSWORD_LENGTH } from "../../rules/names.ts";
import { cutConsolesOfSession } from "../consoles.ts";
import { feedOf } from "../feed.ts";
import { sendLink } from "../mail.ts";
import { ensureFirstTenant, tenantIdsOf } from "../tenants/membership.ts";
import { originOfLink, originOfRequest } from "../tenants/storefronts.ts";
import { afterAuth, beforeAuth, FACTOR_PAUSE_SECONDS, FACTOR_TRIES, factorOf } from "./hooks.ts";
import { providerOptions } from "./providers.ts";
import { notePerson, noteSignIn } from "./request.ts";

export type Auth = ReturnType<typeof createAuth>;

const known = new WeakMap<object, Auth>();

/** The accounts of this deployment; made once per isolate. Knows no outside provider: see {@link authWithProviders}. */
export function authOf(deps: Deps): Auth {
  const existing = known.get(deps.env);
  if (existing) return existing;
  const auth = createAuth(deps, []);
  known.set(deps.env, auth);
  return auth;
}

/**
 * The same accounts, with the outside providers of the configuration. Made anew for each request that needs them: making it reads
 * the providers' discovery documents, and what one request reads another must neither wait for nor keep when it failed.
 */
export function authWithProviders(deps: Deps, providerId: string): Auth {
  return createAuth(deps, providerOptions(deps, providerId));
}

const HOUR_SECONDS = 3_600;
const WEEK_SECONDS = 7 * 24 * HOUR_SECONDS;

function createAuth(deps: Deps, providers: ReturnType<typeof providerOptions>) {
  const { config } = deps;
  const perMinute = { window: 60, max: config.SIGN_IN_LIMIT };
  return betterAuth({
    appName: "Nubemox",
    baseURL: config.PUBLIC_ORIGIN,
    basePath: "/api/auth",
    secret: config.AUTH_SECRET,
    trustedOrigins: async (request) => {
      const own = request === undefined ? null : await originOfRequest(deps, request.url);
      return own === null ? [config.PUBLIC_ORIGIN] : [config.PUBLIC_ORIGIN, own];
    },
    telemetry: { enabled: false },
    database: drizzleAdapter(deps.db, {
      provider: "sqlite",
      schema: {
        user: users,
        session: sessions,
        account: accounts,
        verification: verifications,
        rateLimit: rateLimits,
        twoFactor: twoFactors,
        passkey: passkeys,
      },
    }),
    user: {
      additionalFields: {
        organisation: { type: "string", required: false },
        locale: { type: "string", required: false },
        storefront: { type: "string", required: false },
      },
      // Whoever can open an account with a provider under somebody else's address must not become that somebody here.
      validateUserInfo: ({ user, source }) => {
        if (source.method === "oauth" && user.emailVerified !== true) return { error: "email_not_verified" };
      },
    },
    session: {
      expiresIn: WEEK_SECONDS,
      // Also how exact "last seen" is.
      updateAge: HOUR_SECONDS,
      // What gives others a lasting way in, such as a new passkey, wants a session that was opened lately.
      freshAge: HOUR_SECONDS,
      cookieCache: { enabled: false },
      additionalFields: { factor: { type: "string", required: false, input: false } },
    },
    account: {
      // The tokens of providers are of no use here: see the hooks below.
      updateAccountOnSignIn: false,
      accountLinking: { enabled: true, trustedProviders: [] },
    },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      minPasswordLength: ACCOUNT_PASSWORD_LENGTH.min,
      maxPasswordLength: ACCOUNT_PASSWORD_LENGTH.max,
      resetPasswordTokenExpiresIn: HOUR_SECONDS,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: async ({ user }) => notePerson(user.id),
      // The token goes behind the `#`, which browsers keep to themselves: no log on the way sees it.
      sendResetPassword: async ({ user, token }) =>
        sendLink(
          deps,
          "reset_password",
          user.email,
          localeOf(user),
          `${await originOfLink(deps, storefrontOf(user))}/reset-password#token=${token}`,
        ),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: false,
      autoSignInAfterVerification: true,
      expiresIn: HOUR_SECONDS,
      sendVerificationEmail: async ({ user, url }) => {
        const { pathname, search } = new URL(url);
        // At the front where the person has signed up: the cookie that the link sets is good for that host only.
        const link = `${await originOfLink(deps, storefrontOf(user))}${pathname}${search}`;
        await sendLink(deps, "confirm_address", user.email, localeOf(user), link);
      },
      afterEmailVerification: async (user) => ensureFirstTenant(deps, user.id),
    },
    plugins: [
      twoFactor({
        issuer: "Nubemox",
        // People who came through a provider have no password; hooks.ts asks them for a fresh session instead.
        allowPasswordless: true,
        accountLockout: { enabled: true, maxFailedAttempts: FACTOR_TRIES, durationSeconds: FACTOR_PAUSE_SECONDS },
      }),
      passkey({
        rpID: new URL(config.PUBLIC_ORIGIN).hostname,
        rpName: "Nubemox",
        origin: config.PUBLIC_ORIGIN,
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        // It opens everything by itself, so the device must have asked for its owner.
        registration: {
          afterVerification: ({ verification }) => refuseUnverified(verification.registrationInfo?.userVerified),
        },
        authentication: {
          afterVerification: ({ verification }) => refuseUnverified(verification.authenticationInfo.userVerified),
        },
        advanced: { webAuthnChallengeCookie: "passkey" },
      }),
      genericOAuth({ config: providers }),
    ],
    hooks: { before: beforeAuth(deps), after: afterAuth(deps) },
    rateLimit: {
      enabled: true,
      storage: "database",
      window: 60,
      max: 1_000,
      customRules: {
        "/sign-in/email": perMinute,
        "/sign-in/social": perMinute,
        "/callback/*": perMinute,
        "/sign-up/email": perMinute,
        "/request-password-reset": perMinute,
        "/reset-password": perMinute,
        "/send-verification-email": perMinute,
        "/change-password": perMinute,
        "/two-factor/*": perMinute,
        "/passkey/*": perMinute,
        // Read on every page; reading has no limit of its own.
        "/get-session": false,
      },
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session, context) => ({ data: { ...session, factor: factorOf(session, context) } }),
          after: async (session) => noteSignIn(session),
        },
        delete: { after: async (session) => cutSession(deps, session.id, session.userId) },
      },
      account: {
        create: { before: async (account) => ({ data: { ...account, ...NO_TOKENS } }) },
        update: { before: async (account) => ({ data: { ...account, ...NO_TOKENS } }) },
      },
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

/** What is never asked for need not be kept, and cannot be stolen. */
const NO_TOKENS = { accessToken: null, refreshToken: null, idToken: null };

function refuseUnverified(isVerified: boolean | undefined): void {
  if (isVerified !== true) throw new APIError("UNAUTHORIZED", { code: "AUTHENTICATION_FAILED" });
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

function storefrontOf(user: object): string | null {
  return "storefront" in user && typeof user.storefront === "string" ? user.storefront : null;
}
