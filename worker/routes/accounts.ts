// Accounts: the addresses of better-auth that the portal uses (and no others), and who is signed in.
import { Hono } from "hono";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import { answerAuth } from "../domain/accounts/answer.ts";
import { providersOffered } from "../domain/accounts/providers.ts";
import { meOf } from "../domain/tenants/membership.ts";
import { frontForSignUp } from "../domain/tenants/sign-up.ts";
import { brandOf } from "../domain/tenants/storefronts.ts";
import { AppError } from "../errors.ts";
import { passAuthAnswer } from "../http/auth-errors.ts";
import type { HttpEnv } from "../http/context.ts";
import { inPerson, signedIn } from "../http/session.ts";
import { ruled, validate } from "../http/validate.ts";
import { AUTH_ACTIONS, authAddress } from "../rules/audit-actions.ts";
import { tenantNameProblem } from "../rules/names.ts";

const SignUp = z.object({
  name: ruled(tenantNameProblem),
  organisation: ruled(tenantNameProblem),
  locale: z.enum(["en", "pt-BR"]).optional(),
  email: z.unknown(),
  /** Link of the front; where it is missing, the host that was asked tells. */
  storefront: z.string().max(40).nullish(),
});

export const accountRoutes = new Hono<HttpEnv>()
  .get("/me", signedIn, inPerson, async (context) =>
    context.json(await meOf(context.get("deps"), context.get("actor"))),
  )
  .get("/config", validate("query", z.object({ link: z.string().max(40).optional() })), async (context) => {
    const deps = context.get("deps");
    const { host } = new URL(context.req.url);
    const view = await brandOf(deps, { host, link: context.req.valid("query").link ?? null });
    // Providers send people back to the platform's own address, where a session of another host would be no use.
    const isOwnHost = host === new URL(deps.config.PUBLIC_ORIGIN).host;
    return context.json({ ...view, providers: isOwnHost ? providersOffered(deps) : [] });
  })
  .get("/health", (context) => context.json({ ok: true }))
  .on(["GET", "POST"], "/auth/*", async (context) => {
    // Whatever else better-auth would answer (changing addresses, deleting accounts, …) is not open.
    const address = authAddress(context.req.method, new URL(context.req.url).pathname);
    if (!Object.hasOwn(AUTH_ACTIONS, address)) throw new AppError("not_found");
    const isSignUp = address === "POST /sign-up/email";
    const request = isSignUp ? await checkedSignUp(context.get("deps"), context.req.raw) : context.req.raw;
    const answer = await answerAuth(context.get("deps"), request);
    if (answer === null) throw new AppError("not_found");
    if (answer.actor) context.set("actor", answer.actor);
    return passAuthAnswer(answer.response);
  });

/** The request with the front that it comes from. The names are ours to check; address and password are better-auth's. */
async function checkedSignUp(deps: Deps, request: Request): Promise<Request> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => {
      throw new AppError("body_unreadable");
    });
  const result = SignUp.safeParse(body);
  if (result.success) {
    const { email, storefront: link = null } = result.data;
    const { host } = new URL(request.url);
    const storefront = await frontForSignUp(deps, { link, host, email: String(email) });
    const { storefront: _, ...rest } = body as Record<string, unknown>;
    const headers = new Headers(request.headers);
    headers.delete("content-length");
    const told = JSON.stringify(storefront === null ? rest : { ...rest, storefront });
    return new Request(request.url, { method: "POST", headers, body: told });
  }
  const fields = result.error.issues.map((issue) => ({
    pointer: `#/${issue.path.join("/")}`,
    code: issue.code === "custom" ? issue.message : issue.code === "invalid_type" ? "required" : "format",
  }));
  throw new AppError("validation_failed", {}, { fields });
}
