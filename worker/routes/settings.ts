// What is set of a tenant's services: words, name, size, passwords.
import { Hono } from "hono";
import { z } from "zod";
import { pendingOf, resizeService, revertSize } from "../domain/services/change.ts";
import { describeService, renameService, resetPassword } from "../domain/services/settings.ts";
import type { HttpEnv } from "../http/context.ts";
import { idempotencyOf } from "../http/idempotency.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { guestUserProblem, MAX_TAGS, nameProblem, noteProblem, passwordProblem, tagProblem } from "../rules/names.ts";
import { Size } from "./services.ts";

const Words = z.strictObject({
  description: ruled(noteProblem).optional(),
  tags: z.array(ruled(tagProblem)).max(MAX_TAGS).optional(),
});
const Name = z.strictObject({ name: ruled(nameProblem) });
const Account = z.strictObject({ user: ruled(guestUserProblem).optional(), password: ruled(passwordProblem) });

export const settingRoutes = new Hono<HttpEnv>()
  .put("/services/:service", allowed("service.change"), validate("json", Words), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json({ service: await describeService(deps, scope, id, context.req.valid("json")) });
  })
  .put("/services/:service/name", allowed("service.change"), validate("json", Name), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const { name } = context.req.valid("json");
    return context.json(await renameService(deps, scope, id, name, await idempotencyOf(context)), 202);
  })
  .post("/services/:service/password", allowed("service.change"), validate("json", Account), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const account = context.req.valid("json");
    return context.json(await resetPassword(deps, scope, id, account, await idempotencyOf(context)), 202);
  })
  .get("/services/:service/pending", allowed("service.read"), async (context) =>
    context.json(await pendingOf(context.get("deps"), context.get("scope"), param(context, "service"))),
  )
  .put("/services/:service/size", allowed("service.change"), validate("json", Size), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const size = context.req.valid("json");
    return context.json(await resizeService(deps, scope, id, size, await idempotencyOf(context)), 202);
  })
  .post("/services/:service/size/revert", allowed("service.change"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json(await revertSize(deps, scope, id, await idempotencyOf(context)), 202);
  });
