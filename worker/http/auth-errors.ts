// Gives the errors of better-auth the portal's own shape and codes.
import { FACTOR_PAUSE_SECONDS } from "../domain/accounts/hooks.ts";
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCOUNT_PASSWORD_LENGTH } from "../rules/names.ts";

const CODES: Record<string, ErrorCode> = {
  INVALID_EMAIL_OR_PASSWORD: "invalid_credentials",
  EMAIL_NOT_VERIFIED: "email_not_verified",
  INVALID_TOKEN: "link_invalid",
  TOKEN_EXPIRED: "link_invalid",
  INVALID_PASSWORD: "password_wrong",
  INVALID_CODE: "code_wrong",
  INVALID_BACKUP_CODE: "code_wrong",
  // The sign-in that awaited the code is over: it begins anew with the password.
  INVALID_TWO_FACTOR_COOKIE: "not_signed_in",
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: "not_signed_in",
  TOTP_ALREADY_ENABLED: "second_factor_exists",
  TOTP_NOT_ENABLED: "not_found",
  BACKUP_CODES_NOT_ENABLED: "not_found",
  TWO_FACTOR_NOT_ENABLED: "not_found",
  SESSION_NOT_FRESH: "sign_in_again",
  LAST_WAY_IN: "last_way_in",
  CHALLENGE_NOT_FOUND: "passkey_refused",
  FAILED_TO_VERIFY_REGISTRATION: "passkey_refused",
  PASSKEY_NOT_FOUND: "passkey_refused",
  AUTHENTICATION_FAILED: "passkey_refused",
  PROVIDER_NOT_FOUND: "provider_unreachable",
  PASSWORD_TOO_SHORT: "password_too_weak",
  PASSWORD_TOO_LONG: "password_too_weak",
  INVALID_ORIGIN: "origin_refused",
  MISSING_OR_NULL_ORIGIN: "origin_refused",
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: "origin_refused",
};

/** The answer of better-auth as it is when it is a success or a redirect; thrown as an AppError when it is an error. */
export async function passAuthAnswer(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  const body: unknown = await response.json().catch(() => null);
  const code = isCoded(body) ? body.code : "";
  if (response.status === 429) {
    // Better-auth tells no time for this one of its refusals.
    const seconds = code === "ACCOUNT_TEMPORARILY_LOCKED" ? FACTOR_PAUSE_SECONDS : 60;
    throw new AppError("rate_limited", { seconds: Number(response.headers.get("x-retry-after") ?? seconds) });
  }
  const mapped = CODES[code];
  if (response.status === 404 && mapped !== "provider_unreachable") throw new AppError("not_found");
  if (response.status >= 500 && !mapped) throw new AppError("internal");
  if (mapped === "password_too_weak") throw new AppError(mapped, { ...ACCOUNT_PASSWORD_LENGTH });
  if (mapped) throw new AppError(mapped);
  if (response.status === 401) throw new AppError("not_signed_in");
  const field = /^\[body\.(\w+)\]/.exec(isCoded(body) ? (body.message ?? "") : "")?.[1];
  if (field) throw new AppError("validation_failed", {}, { fields: [{ pointer: `#/${field}`, code: "format" }] });
  throw new AppError("account_refused", code === "" ? {} : { reason: code });
}

function isCoded(body: unknown): body is { code: string; message?: string } {
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string";
}
