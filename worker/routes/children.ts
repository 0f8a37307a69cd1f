// What is below a reseller or the platform: children, the whole tree, suspending and deleting, sign-ups that wait.
import { Hono } from "hono";
import { z } from "zod";
import { approve, decline } from "../domain/tenants/approval.ts";
import { createChild, previewChild, setChildLimits } from "../domain/tenants/children.ts";
import { resume, suspend } from "../domain/tenants/suspension.ts";
import { beginTeardown, childPage } from "../domain/tenants/teardown.ts";
import { childrenOf, treeOf } from "../domain/tenants/tree.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";
import { Limits, Modes } from "./sizes.ts";

const Carve = z.strictObject({ limits: Limits, modes: Modes.optional() });
const Preview = Carve.extend({ child: z.string().max(64).optional() });

/** A tenant or reseller to be made, with its first owner and its limits. */
const Child = z.strictObject({
  name: ruled(tenantNameProblem),
  ownerEmail: z.email().max(254),
  kind: z.enum(["tenant", "reseller"]).default("tenant"),
  limits: Limits,
  modes: Modes.optional(),
});

const reason = z.string().trim().max(500);
const Suspension = z.strictObject({ reason: reason.default(""), shutDown: z.boolean().default(false) });
const Depth = z.object({ depth: z.coerce.number().int().min(1).max(20).default(20) });
const Confirm = z.object({ confirm: z.string().max(200) });

/** Mounted below a tenant and below `/operator`: the scope says whose children. */
export const childrenRoutes = new Hono<HttpEnv>()
  .get("/tree", allowed("children.read"), validate("query", Depth), async (context) => {
    const { depth } = context.req.valid("query");
    return context.json({ nodes: await treeOf(context.get("deps"), context.get("scope").tenantId, depth) });
  })
  .get("/children", allowed("children.read"), async (context) =>
    context.json({ children: await childrenOf(context.get("deps"), context.get("scope").tenantId) }),
  )
  .post("/children", allowed("children.manage"), validate("json", Child), async (context) =>
    context.json(
      { child: await createChild(context.get("deps"), context.get("scope"), context.req.valid("json")) },
      201,
    ),
  )
  .post("/children/preview", allowed("children.read"), validate("json", Preview), async (context) => {
    const { child, ...carve } = context.req.valid("json");
    return context.json(await previewChild(context.get("deps"), context.get("scope").tenantId, child ?? null, carve));
  })
  .get("/children/:child", allowed("children.read"), async (context) =>
    context.json({ child: await childPage(context.get("deps"), context.get("scope"), param(context, "child")) }),
  )
  .delete("/children/:child", allowed("children.delete"), validate("query", Confirm), async (context) => {
    const { confirm } = context.req.valid("query");
    await beginTeardown(context.get("deps"), context.get("scope"), param(context, "child"), confirm);
    return context.json({ ok: true }, 202);
  })
  .put("/children/:child/limits", allowed("children.manage"), validate("json", Carve), async (context) => {
    const parentId = context.get("scope").tenantId;
    const carve = context.req.valid("json");
    const child = await setChildLimits(context.get("deps"), parentId, param(context, "child"), carve);
    return context.json({ child });
  })
  .post("/children/:child/suspend", allowed("children.manage"), validate("json", Suspension), async (context) => {
    const wish = context.req.valid("json");
    await suspend(context.get("deps"), context.get("scope"), param(context, "child"), wish);
    return context.json({ ok: true });
  })
  .post("/children/:child/resume", allowed("children.manage"), async (context) => {
    await resume(context.get("deps"), context.get("scope"), param(context, "child"));
    return context.json({ ok: true });
  })
  .post(
    "/children/:child/approve",
    allowed("children.manage"),
    validate("json", z.strictObject({ limits: Limits.optional() })),
    async (context) => {
      const { limits } = context.req.valid("json");
      const child = await approve(context.get("deps"), context.get("scope"), param(context, "child"), limits);
      return context.json({ child });
    },
  )
  .post(
    "/children/:child/decline",
    allowed("children.manage"),
    validate("json", z.strictObject({ reason: reason.default("") })),
    async (context) => {
      const { reason } = context.req.valid("json");
      await decline(context.get("deps"), context.get("scope"), param(context, "child"), reason);
      return context.json({ ok: true });
    },
  );
