// Asking for more quota, deciding about it, and what the platform has to hand out.
import { Hono } from "hono";
import { z } from "zod";
import { capacityOf, changeCapacity } from "../domain/capacity.ts";
import {
  approveRequest,
  askForMore,
  declineRequest,
  requestsBelow,
  requestsOf,
  withdrawRequest,
} from "../domain/quota-requests.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, validate } from "../http/validate.ts";
import { RESOURCES } from "../rules/views.ts";
import { amount, Limits } from "./sizes.ts";

const message = z.string().trim().max(1_000);
const Wish = z.strictObject({
  wanted: Limits.refine((wanted) => Object.keys(wanted).length > 0, "required"),
  message: message.default(""),
});
const Approval = z.strictObject({ limits: Limits.optional(), message: message.default("") });
const Refusal = z.strictObject({ message: message.min(1, "required") });
const Capacity = z.strictObject({
  resources: z
    .array(
      z.strictObject({
        resource: z.enum(RESOURCES),
        physical: amount,
        ratioPercent: z.number().int().min(1).max(10_000),
      }),
    )
    .max(RESOURCES.length),
});

/** A tenant's own requests to the one above. */
export const quotaRequestRoutes = new Hono<HttpEnv>()
  .get("/quota/requests", allowed("service.read"), async (context) =>
    context.json({ requests: await requestsOf(context.get("deps"), context.get("scope")) }),
  )
  .post("/quota/requests", allowed("quota.request"), validate("json", Wish), async (context) => {
    const request = await askForMore(context.get("deps"), context.get("scope"), context.req.valid("json"));
    return context.json({ request }, 201);
  })
  .delete("/quota/requests/:request", allowed("quota.request"), async (context) => {
    await withdrawRequest(context.get("deps"), context.get("scope"), param(context, "request"));
    return context.json({ ok: true });
  });

/** Mounted below a tenant and below `/operator`: the scope says who is asked. */
export const decisionRoutes = new Hono<HttpEnv>()
  .get("/requests", allowed("children.manage"), async (context) =>
    context.json({ requests: await requestsBelow(context.get("deps"), context.get("scope")) }),
  )
  .post("/requests/:request/approve", allowed("children.manage"), validate("json", Approval), async (context) => {
    const answer = context.req.valid("json");
    const request = await approveRequest(context.get("deps"), context.get("scope"), param(context, "request"), answer);
    return context.json({ request });
  })
  .post("/requests/:request/decline", allowed("children.manage"), validate("json", Refusal), async (context) => {
    const answer = context.req.valid("json").message;
    const request = await declineRequest(context.get("deps"), context.get("scope"), param(context, "request"), answer);
    return context.json({ request });
  });

export const capacityRoutes = new Hono<HttpEnv>()
  .get("/capacity", allowed("platform.read"), async (context) => context.json(await capacityOf(context.get("deps"))))
  .put("/capacity", allowed("platform.manage"), validate("json", Capacity), async (context) =>
    context.json(await changeCapacity(context.get("deps"), context.req.valid("json").resources)),
  );
