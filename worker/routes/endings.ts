// How a tenant's services end, or begin anew: drives, expiry, keeping what was deleted with grace, calling off, trying again.
import { Hono } from "hono";
import { z } from "zod";
import { imagesFor } from "../domain/images.ts";
import { cancelOperation } from "../domain/services/cancel.ts";
import { keepService, setExpiry } from "../domain/services/endings.ts";
import { rebuildService } from "../domain/services/rebuild.ts";
import { setMedia } from "../domain/services/media.ts";
import type { HttpEnv } from "../http/context.ts";
import { idempotencyOf } from "../http/idempotency.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { FURTHEST_EXPIRY_MS } from "../rules/expiry.ts";
import { loginUserProblem, MAX_KEYS, passwordProblem, sshKeysProblem } from "../rules/names.ts";
import { loginOf } from "./services.ts";

/** A date ahead, but none beyond what anybody could mean. */
const Expiry = z.strictObject({
  expiresAt: z
    .number()
    .int()
    .nullable()
    .superRefine((at, context) => {
      if (at === null) return;
      if (at <= Date.now()) context.addIssue({ code: "custom", message: "too_small" });
      if (at > Date.now() + FURTHEST_EXPIRY_MS) context.addIssue({ code: "custom", message: "too_large" });
    }),
});
/** What is left out stays as it was; who can log in is looked at with what there is. */
const NewLogin = z.strictObject({
  user: ruled(loginUserProblem).optional(),
  password: ruled(passwordProblem).optional(),
  sshKeys: ruled(sshKeysProblem).optional(),
  keyIds: z.array(z.string().max(64)).max(MAX_KEYS).optional(),
});
const Rebuild = z.strictObject({
  confirm: z.string().max(64),
  templateId: z.string().max(64).optional(),
  login: NewLogin.default({}),
});
const Media = z.strictObject({ imageId: z.string().max(64).nullable(), boot: z.boolean().default(false) });

export const endingRoutes = new Hono<HttpEnv>()
  .put("/services/:service/expiry", allowed("service.change"), validate("json", Expiry), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json({ service: await setExpiry(deps, scope, id, context.req.valid("json").expiresAt) });
  })
  .post("/services/:service/keep", allowed("service.delete"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json({ service: await keepService(deps, scope, id) });
  })
  .post("/services/:service/rebuild", allowed("service.delete"), validate("json", Rebuild), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const { confirm: typedName, templateId = null, login } = context.req.valid("json");
    const hasKeys = login.sshKeys !== undefined || login.keyIds !== undefined;
    const { keys, ...rest } = loginOf(login);
    const request = { typedName, templateId, login: { ...rest, keys: hasKeys ? keys : null } };
    return context.json(await rebuildService(deps, scope, id, request, await idempotencyOf(context)), 202);
  })
  .get("/services/:service/images", allowed("service.read"), async (context) => {
    const [deps, scope] = [context.get("deps"), context.get("scope")];
    return context.json({ images: await imagesFor(deps, scope, param(context, "service")) });
  })
  .put("/services/:service/media", allowed("service.change"), validate("json", Media), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const wish = context.req.valid("json");
    return context.json(await setMedia(deps, scope, id, wish, await idempotencyOf(context)), 202);
  })
  .post("/operations/:operation/cancel", allowed("service.power"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "operation")];
    return context.json({ operation: await cancelOperation(deps, scope, id) }, 202);
  });
