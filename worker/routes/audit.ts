// Reading the audit: a tenant's, with those below it; everything, for the platform; and what concerns a person alone.
import { Hono } from "hono";
import type { Context } from "hono";
import { z } from "zod";
import { auditFile } from "../domain/audit/files.ts";
import { auditPage, cursorOf, partFor } from "../domain/audit/reading.ts";
import { verifyAudit } from "../domain/audit/verifying.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed, inPerson, signedIn } from "../http/session.ts";
import { validate } from "../http/validate.ts";

const moment = z.coerce.number().int().min(0).max(8_640_000_000_000_000);
const Filter = z.object({
  actor: z.string().min(1).max(100).optional(),
  action: z.string().min(1).max(100).optional(),
  outcome: z.enum(["done", "refused", "failed", "unknown"]).optional(),
  from: moment.optional(),
  to: moment.optional(),
});
const Place = z.object({ tenant: z.string().max(64).optional(), below: z.enum(["1"]).optional() });
const before = z
  .string()
  .refine((text) => cursorOf(text) !== null, "format")
  .optional();
const Page = z.object({ ...Filter.shape, ...Place.shape, before });
const File = z.object({ ...Filter.shape, ...Place.shape, format: z.enum(["csv", "json"]) });
const Verify = z.object({ tenant: z.string().max(64).optional() });

/** Below a tenant, and below the platform's own addresses. */
export const auditRoutes = new Hono<HttpEnv>()
  .get("/audit", allowed("audit.read"), validate("query", Page), async (context) => {
    const asked = context.req.valid("query");
    const part = await partOf(context, asked);
    return context.json(await auditPage(context.get("deps"), part, asked, cursorOf(asked.before ?? "")));
  })
  .get("/audit/verify", allowed("audit.read"), validate("query", Verify), async (context) => {
    const part = await partOf(context, context.req.valid("query"));
    const chain = typeof part === "object" && "chain" in part ? part.chain : null;
    return context.json(await verifyAudit(context.get("deps"), chain));
  })
  .get("/audit/export", allowed("audit.read"), validate("query", File), async (context) => {
    const asked = context.req.valid("query");
    const part = await partOf(context, asked);
    return fileAnswer(auditFile(context.get("deps"), part, asked, asked.format), asked.format);
  });

/** Of the person who asks: what concerns nobody else, such as signing in. */
export const ownAuditRoutes = new Hono<HttpEnv>()
  .use("/audit", signedIn, inPerson)
  .use("/audit/*", signedIn, inPerson)
  .get("/audit", validate("query", Page), async (context) => {
    const asked = context.req.valid("query");
    const chain = ownChain(context);
    return context.json(await auditPage(context.get("deps"), { chain }, asked, cursorOf(asked.before ?? "")));
  })
  .get("/audit/verify", async (context) => context.json(await verifyAudit(context.get("deps"), ownChain(context))))
  .get("/audit/export", validate("query", File), (context) => {
    const asked = context.req.valid("query");
    const part = { chain: ownChain(context) };
    return fileAnswer(auditFile(context.get("deps"), part, asked, asked.format), asked.format);
  });

function partOf(context: Context<HttpEnv>, asked: { tenant?: string | undefined; below?: "1" | undefined }) {
  return partFor(context.get("deps"), context.get("scope"), { tenant: asked.tenant, below: asked.below === "1" });
}

function ownChain(context: Context<HttpEnv>): string {
  return `user:${context.get("actor").userId}`;
}

function fileAnswer(body: ReadableStream<Uint8Array>, format: "csv" | "json"): Response {
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8";
  return new Response(body, {
    headers: { "content-type": type, "content-disposition": `attachment; filename="audit.${format}"` },
  });
}
