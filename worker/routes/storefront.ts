// The front of a reseller (or of the platform): brand and sign-up, what new tenants get, its own plans.
import { Hono } from "hono";
import { z } from "zod";
import { createPlan, deletePlan, listPlans } from "../domain/catalogue.ts";
import { defaultsOf, saveDefaults, saveStorefront, storefrontOf } from "../domain/tenants/storefronts.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { logoProblem } from "../rules/logos.ts";
import { tenantNameProblem } from "../rules/names.ts";
import { Limits } from "./sizes.ts";
import { cores, diskGiB, memoryMiB } from "./sizes.ts";

const Storefront = z.strictObject({
  /** A host name of at least two labels, with a port where it is not the usual one. */
  host: z
    .string()
    .max(253)
    .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9]\d{1,4})?$/)
    .nullable(),
  link: z.string().regex(/^[a-z0-9-]{3,40}$/),
  brandName: ruled(tenantNameProblem),
  logo: ruled(logoProblem).nullable(),
  accentHue: z.number().int().min(0).max(359).nullable(),
  signUp: z.enum(["closed", "approval", "open"]),
});

const Plan = z.strictObject({ name: ruled(tenantNameProblem), cores, memoryMiB, diskGiB });

export const storefrontRoutes = new Hono<HttpEnv>()
  .get("/storefront", allowed("storefront.manage"), async (context) =>
    context.json({ storefront: await storefrontOf(context.get("deps"), context.get("scope").tenantId) }),
  )
  .put("/storefront", allowed("storefront.manage"), validate("json", Storefront), async (context) => {
    const front = context.req.valid("json");
    return context.json({ storefront: await saveStorefront(context.get("deps"), context.get("scope"), front) });
  })
  .get("/defaults", allowed("children.read"), async (context) =>
    context.json({ limits: await defaultsOf(context.get("deps"), context.get("scope").tenantId) }),
  )
  .put(
    "/defaults",
    allowed("children.manage"),
    validate("json", z.strictObject({ limits: Limits })),
    async (context) => {
      const { limits } = context.req.valid("json");
      return context.json({ limits: await saveDefaults(context.get("deps"), context.get("scope"), limits) });
    },
  )
  .get("/plans", allowed("children.read"), async (context) =>
    context.json({ plans: await listPlans(context.get("deps"), context.get("scope").tenantId) }),
  )
  .post("/plans", allowed("plans.manage"), validate("json", Plan), async (context) =>
    context.json({ plan: await createPlan(context.get("deps"), context.get("scope"), context.req.valid("json")) }, 201),
  )
  .delete("/plans/:plan", allowed("plans.manage"), async (context) => {
    await deletePlan(context.get("deps"), context.get("scope"), param(context, "plan"));
    return context.json({ ok: true });
  });
