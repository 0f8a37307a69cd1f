// A reseller's tenants and what it carves for each out of its own quota.
import { Hono } from "hono";
import { z } from "zod";
import { childrenOf, createChild, setChildLimits } from "../domain/tenants.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";
import { RESOURCES } from "../rules/views.ts";
import type { Resource } from "../rules/views.ts";

const amount = z.number().int().min(0).max(1_000_000_000);
const Limits = z.strictObject(
  Object.fromEntries(RESOURCES.map((resource) => [resource, amount.optional()])) as Record<
    Resource,
    z.ZodOptional<typeof amount>
  >,
);

/** A tenant or reseller to be made, with its first owner and its limits; what is not named is zero. */
export const Child = z.strictObject({
  name: ruled(tenantNameProblem),
  ownerEmail: z.email().max(254),
  limits: Limits,
});

export const childrenRoutes = new Hono<HttpEnv>()
  .get("/children", allowed("children.read"), async (context) =>
    context.json({ children: await childrenOf(context.get("deps"), context.get("scope").tenantId) }),
  )
  .post("/children", allowed("children.manage"), validate("json", Child), async (context) => {
    const parentId = context.get("scope").tenantId;
    return context.json(
      { child: await createChild(context.get("deps"), parentId, "tenant", context.req.valid("json")) },
      201,
    );
  })
  .put(
    "/children/:child/limits",
    allowed("children.manage"),
    validate("json", z.strictObject({ limits: Limits })),
    async (context) => {
      const parentId = context.get("scope").tenantId;
      const { limits } = context.req.valid("json");
      return context.json({
        child: await setChildLimits(context.get("deps"), parentId, param(context, "child"), limits),
      });
    },
  );
