// Errors as RFC 9457 problem details: one shape for everything that goes wrong.
import type { Context } from "hono";
import { AppError, statusOf, titleOf } from "../errors.ts";
import { isPveError } from "../pve/errors.ts";
import type { PveErrorKind } from "../pve/errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Problem } from "../rules/views.ts";
import type { HttpEnv } from "./context.ts";

/** Turns whatever was thrown into the answer; what was not expected is logged and told as `internal`, without its text. */
export function problemResponse(context: Context<HttpEnv>, error: unknown): Response {
  const known = asAppError(error);
  const requestId = context.get("requestId") ?? "req_none";
  if (!(error instanceof AppError)) {
    console.error(JSON.stringify({ level: "error", event: "unexpected", requestId, error: String(error) }));
  }
  const problem: Problem = {
    type: `https://nubemox.dev/problems/${known.code.replaceAll("_", "-")}`,
    title: titleOf(known.code),
    status: statusOf(known.code),
    code: known.code,
    requestId,
    ...(Object.keys(known.params).length > 0 ? { params: known.params } : {}),
    ...(known.fields.length > 0 ? { errors: known.fields } : {}),
    ...known.extra,
  };
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(known.code === "rate_limited" ? { "retry-after": String(known.params["seconds"] ?? 60) } : {}),
    },
  });
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isPveError(error)) return new AppError(CODE_OF_KIND[error.kind], {}, { cause: error });
  return new AppError("internal", {}, { cause: error });
}

/** What a person is told where a page asked Proxmox VE directly; details stay in the log. */
const CODE_OF_KIND: Record<PveErrorKind, ErrorCode> = {
  unreachable: "cluster_unreachable",
  uncertain: "cluster_unreachable",
  busy: "cluster_refused",
  unauthorised: "cluster_denied",
  forbidden: "cluster_refused",
  absent: "guest_lost",
  exists: "cluster_refused",
  invalid: "cluster_refused",
  failed: "cluster_refused",
  nonsense: "cluster_misbehaved",
};
