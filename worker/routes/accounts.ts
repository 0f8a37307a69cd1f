// Accounts: the addresses of better-auth that the portal uses (and no others), and who is signed in.
import { Hono } from "hono";
import { z } from "zod";
import { answerAuth } from "../domain/accounts/answer.ts";
import { providersOffered } from "../domain/accounts/providers.ts";
import { meOf } from "../domain/tenants/membership.ts";
import { AppError } from "../errors.ts";
import { passAuthAnswer } from "../http/auth-errors.ts";
import type { HttpEnv } from "../http/context.ts";
import { inPerson, signedIn } from "../http/session.ts";
import { ruled } from "../http/validate.ts";
import { AUTH_ACTIONS, authAddress } from "../rules/audit-actions.ts";
import { tenantNameProblem } from "../rules/names.ts";

const SignUp = z.object({
  name: ruled(tenantNameProblem),
  organisation: ruled(tenantNameProblem),
  locale: z.enum(["en", "pt-BR"]).optional(),
});

export const accountRoutes = new Hono<HttpEnv>()
  .get("/me", signedIn, inPerson, async (context) =>
    context.json(await meOf(context.get("deps"), context.get("actor"))),
  )
  .get("/config", (context) =>
    context.json({
      brand: { name: "Nubemox" },
      locales: ["en", "pt-BR"],
      signUp: true,
      providers: providersOffered(context.get("deps")),
    }),
  )
  .get("/health", (context) => context.json({ ok: true }))
  .on(["GET", "POST"], "/auth/*", async (context) => {
    // Whatever else better-auth would answer (changing addresses, deleting accounts, …) is not open.
    const address = authAddress(context.req.method, new URL(context.req.url).pathname);
    if (!Object.hasOwn(AUTH_ACTIONS, address)) throw new AppError("not_found");
    if (address === "POST /sign-up/email") await checkSignUp(context.req.raw);
    const answer = await answerAuth(context.get("deps"), context.req.raw);
    if (answer === null) throw new AppError("not_found");
    if (answer.actor) context.set("actor", answer.actor);
    return passAuthAnswer(answer.response);
  });

/** The names are ours to check; address and password are better-auth's. */
async function checkSignUp(request: Request): Promise<void> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => {
      throw new AppError("body_unreadable");
    });
  const result = SignUp.safeParse(body);
  if (result.success) return;
  const fields = result.error.issues.map((issue) => ({
    pointer: `#/${issue.path.join("/")}`,
    code: issue.code === "custom" ? issue.message : issue.code === "invalid_type" ? "required" : "format",
  }));
  throw new AppError("validation_failed", {}, { fields });
}
