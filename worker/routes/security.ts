// A person's own security; setting up factors and passkeys goes through the addresses of routes/accounts.ts.
import { Hono } from "hono";
import { endOtherSessions, endSession, securityOf } from "../domain/accounts/security.ts";
import type { HttpEnv } from "../http/context.ts";
import { inPerson, signedIn } from "../http/session.ts";
import { param } from "../http/validate.ts";

export const securityRoutes = new Hono<HttpEnv>()
  .use("*", signedIn, inPerson)
  .get("/", async (context) => context.json(await securityOf(context.get("deps"), context.get("actor"))))
  .post("/sessions/end-others", async (context) =>
    context.json({ ended: await endOtherSessions(context.get("deps"), context.get("actor")) }),
  )
  .delete("/sessions/:session", async (context) => {
    await endSession(context.get("deps"), context.get("actor"), param(context, "session"));
    return context.json({ ok: true });
  });
