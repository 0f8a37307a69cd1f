// The team of a tenant (or of the platform): its members, who was asked in, and what its owners decide about it.
import { Hono } from "hono";
import { z } from "zod";
import { invite, withdraw } from "../domain/tenants/invitations.ts";
import { saveSettings, settingsOf } from "../domain/tenants/settings.ts";
import { changeRole, removeMember, teamOf, transfer } from "../domain/tenants/team.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed, inPerson } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";

const role = z.enum(["owner", "operator", "viewer"]);
const Invitation = z.strictObject({ email: z.email().max(254), role });
const Settings = z.strictObject({
  name: ruled(tenantNameProblem).optional(),
  requireSecondFactor: z.boolean().optional(),
});

export const teamRoutes = new Hono<HttpEnv>()
  .get("/team", allowed("team.read"), async (context) =>
    context.json(await teamOf(context.get("deps"), context.get("scope"))),
  )
  .put("/team/:member", allowed("team.manage"), validate("json", z.strictObject({ role })), async (context) => {
    const { role } = context.req.valid("json");
    const member = await changeRole(context.get("deps"), context.get("scope"), param(context, "member"), role);
    return context.json({ member });
  })
  // Everybody may leave; taking out others is checked by the verb.
  .delete("/team/:member", inPerson, allowed("team.read"), async (context) => {
    await removeMember(context.get("deps"), context.get("scope"), param(context, "member"));
    return context.json({ ok: true });
  })
  .post("/team/:member/transfer", allowed("team.manage"), async (context) => {
    await transfer(context.get("deps"), context.get("scope"), param(context, "member"));
    return context.json({ ok: true });
  })
  .post("/invitations", allowed("team.manage"), validate("json", Invitation), async (context) => {
    const { email, role } = context.req.valid("json");
    const invitation = await invite(context.get("deps"), context.get("scope"), email, role);
    return context.json({ invitation }, 201);
  })
  .delete("/invitations/:invitation", allowed("team.manage"), async (context) => {
    await withdraw(context.get("deps"), context.get("scope"), param(context, "invitation"));
    return context.json({ ok: true });
  })
  .get("/settings", allowed("team.read"), async (context) =>
    context.json(await settingsOf(context.get("deps"), context.get("scope").tenantId)),
  )
  .put("/settings", allowed("settings.manage"), validate("json", Settings), async (context) =>
    context.json(await saveSettings(context.get("deps"), context.get("scope"), context.req.valid("json"))),
  );
