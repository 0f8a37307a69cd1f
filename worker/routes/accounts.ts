// Accounts: the addresses of better-auth that the portal uses (and no others), and who is signed in.
import { Hono } from "hono";
import { z } from "zod";
import { authOf } from "../domain/accounts.ts";
import { meOf } from "../domain/tenants/membership.ts";
import { AppError } from "../errors.ts";
import { passAuthAnswer } from "../http/auth-errors.ts";
import type { HttpEnv } from "../http/context.ts";
import { signedIn } from "../http/session.ts";
import { ruled } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";

/** Everything else that better-auth would answer (changing addresses, deleting accounts, …) is not open. */
const OPEN = new Set([
  "POST /sign-up/email",
  "POST /sign-in/email",
  "POST /sign-out",
  "POST /send-verification-email",
  "GET /verify-email",
  "POST /request-password-reset",
  "POST /reset-password",
]);

const SignUp = z.object({
  name: ruled(tenantNameProblem),
  organisation: ruled(tenantNameProblem),
  locale: z.enum(["en", "pt-BR"]).optional(),
});

export const accountRoutes = new Hono<HttpEnv>()
  .get("/me", signedIn, async (context) => context.json(await meOf(context.get("deps"), context.get("actor"))))
  .get("/config", (context) => context.json({ brand: { name: "Nubemox" }, locales: ["en", "pt-BR"], signUp: true }))
  .get("/health", (context) => context.json({ ok: true }))
  .on(["GET", "POST"], "/auth/*", async (context) => {
    const path = new URL(context.req.url).pathname.replace(/^\/api\/auth/, "");
    if (!OPEN.has(`${context.req.method} ${path}`)) throw new AppError("not_found");
    if (path === "/sign-up/email") await checkSignUp(context.req.raw);
    return passAuthAnswer(await authOf(context.get("deps")).handler(context.req.raw));
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
