// Gives the errors of better-auth the portal's own shape and codes.
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCOUNT_PASSWORD_LENGTH } from "../rules/names.ts";

const CODES: Record<string, ErrorCode> = {
  INVALID_EMAIL_OR_PASSWORD: "invalid_credentials",
  EMAIL_NOT_VERIFIED: "email_not_verified",
  INVALID_TOKEN: "link_invalid",
  TOKEN_EXPIRED: "link_invalid",
  PASSWORD_TOO_SHORT: "password_too_weak",
  PASSWORD_TOO_LONG: "password_too_weak",
  INVALID_ORIGIN: "origin_refused",
  MISSING_OR_NULL_ORIGIN: "origin_refused",
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: "origin_refused",
};

/** The answer of better-auth as it is when it is a success or a redirect; thrown as an AppError when it is an error. */
export async function passAuthAnswer(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  if (response.status === 429) {
    throw new AppError("rate_limited", { seconds: Number(response.headers.get("x-retry-after") ?? 60) });
  }
  if (response.status === 404) throw new AppError("not_found");
  if (response.status >= 500) throw new AppError("internal");
  const body: unknown = await response.json().catch(() => null);
  const code = isCoded(body) ? body.code : "";
  const mapped = CODES[code];
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
