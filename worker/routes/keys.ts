// Keys for programs, below a tenant.
import { Hono } from "hono";
import { z } from "zod";
import { keysOf, makeKey, revokeKey } from "../domain/accounts/keys.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";
import { PERMISSIONS } from "../rules/permissions.ts";

const NewKey = z.strictObject({
  name: ruled(tenantNameProblem),
  scopes: z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length),
  expiresAt: z.number().int().positive().nullable(),
});

export const keyRoutes = new Hono<HttpEnv>()
  .get("/keys", allowed("keys.read"), async (context) =>
    context.json({ keys: await keysOf(context.get("deps"), context.get("scope")) }),
  )
  .post("/keys", allowed("keys.manage"), validate("json", NewKey), async (context) =>
    context.json(await makeKey(context.get("deps"), context.get("scope"), context.req.valid("json")), 201),
  )
  .delete("/keys/:key", allowed("keys.manage"), async (context) => {
    await revokeKey(context.get("deps"), context.get("scope"), param(context, "key"));
    return context.json({ ok: true });
  });
