// For those who run the platform day by day: what the reconciler has found, and what is done about it.
import { Hono } from "hono";
import { z } from "zod";
import { rotateTokens } from "../domain/identities.ts";
import { ignoreFinding } from "../domain/reconciler/findings.ts";
import { findingsPage, reconcileNow } from "../domain/reconciler/reconcile.ts";
import { repairFinding } from "../domain/reconciler/repairs.ts";
import { countSecrets, resealSecrets } from "../domain/resealing.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, validate } from "../http/validate.ts";
import { REPAIRS } from "../rules/views-findings.ts";

const Status = z.object({ status: z.enum(["offered", "repaired", "ignored", "gone"]).default("offered") });
const Run = z.strictObject({ cluster: z.string().max(64).optional() });
const Repair = z.strictObject({ repair: z.enum(REPAIRS), confirm: z.string().max(300).optional() });

/** Mounted beside the routes of operator.ts, whose middleware has let only the platform's people through. */
export const operateRoutes = new Hono<HttpEnv>()
  .get("/findings", allowed("platform.read"), validate("query", Status), async (context) =>
    context.json(await findingsPage(context.get("deps"), context.req.valid("query").status)),
  )
  .post("/reconcile", allowed("platform.manage"), validate("json", Run), async (context) =>
    context.json(await reconcileNow(context.get("deps"), context.req.valid("json").cluster)),
  )
  .post("/findings/:finding/repair", allowed("platform.manage"), validate("json", Repair), async (context) => {
    const { repair, confirm } = context.req.valid("json");
    const { userId } = context.get("scope").actor;
    const id = param(context, "finding");
    return context.json({ finding: await repairFinding(context.get("deps"), id, repair, confirm, userId) });
  })
  .post("/findings/:finding/ignore", allowed("platform.manage"), async (context) => {
    const { userId } = context.get("scope").actor;
    return context.json({ finding: await ignoreFinding(context.get("deps"), param(context, "finding"), userId) });
  })
  .get("/secrets", allowed("platform.read"), async (context) => context.json(await countSecrets(context.get("deps"))))
  .post("/secrets/reseal", allowed("platform.manage"), async (context) =>
    context.json(await resealSecrets(context.get("deps"))),
  )
  .post("/tenants/:tenant/rotate", allowed("platform.manage"), async (context) =>
    context.json(await rotateTokens(context.get("deps"), param(context, "tenant"))),
  );

/** Below a tenant: its owner changes the token by which the portal acts for it on Proxmox VE. */
export const credentialRoutes = new Hono<HttpEnv>().post(
  "/credentials/rotate",
  allowed("settings.manage"),
  validate("json", z.strictObject({})),
  async (context) => context.json(await rotateTokens(context.get("deps"), context.get("scope").tenantId)),
);
