// Invitations as the one who was asked sees them: looking at a link, those that wait, accepting and declining.
import { Hono } from "hono";
import { z } from "zod";
import { accept, decline, lookAt, openInvitationsTo } from "../domain/tenants/invitations.ts";
import type { HttpEnv } from "../http/context.ts";
import { inPerson, signedIn } from "../http/session.ts";
import { validate } from "../http/validate.ts";

const token = z.string().min(1).max(100);
const Ref = z.union([z.strictObject({ token }), z.strictObject({ id: z.string().max(64) })]);

export const invitationRoutes = new Hono<HttpEnv>()
  .get("/invitations", signedIn, inPerson, async (context) =>
    context.json({ invitations: await openInvitationsTo(context.get("deps"), context.get("actor").email) }),
  )
  // A POST, so that the token stands in no address. Whoever holds it may look.
  .post("/invitations/look", validate("json", z.strictObject({ token })), async (context) =>
    context.json(await lookAt(context.get("deps"), context.req.valid("json").token)),
  )
  .post("/invitations/accept", signedIn, inPerson, validate("json", Ref), async (context) =>
    context.json(await accept(context.get("deps"), context.get("actor"), context.req.valid("json"))),
  )
  .post("/invitations/decline", signedIn, inPerson, validate("json", Ref), async (context) => {
    await decline(context.get("deps"), context.get("actor"), context.req.valid("json"));
    return context.json({ ok: true });
  });
