// For those who run the platform: clusters, the catalogue, every tenant.
import { Hono } from "hono";
import { z } from "zod";
import { findTemplates, publishTemplate, setTemplateActive } from "../domain/catalogue.ts";
import { checkCluster, connectCluster, listClusters, moveCluster } from "../domain/clusters.ts";
import { findImages, publishImage, setImageActive } from "../domain/images.ts";
import { allTenants } from "../domain/tenants/tree.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { loginUserProblem, tenantNameProblem } from "../rules/names.ts";
import { cores, diskGiB, memoryMiB } from "./sizes.ts";

const name = ruled(tenantNameProblem);
const pveId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const vmid = z.number().int().min(100).max(999_999_999);

const archive = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*:vztmpl\/[A-Za-z0-9][A-Za-z0-9._+-]*$/);

const imageVolume = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*:iso\/[A-Za-z0-9][A-Za-z0-9._+-]*$/);
const Image = z.strictObject({ clusterId: z.string().max(64), volume: imageVolume, name });
const OfCluster = z.object({ cluster: z.string().max(64) });
const Shown = z.strictObject({ active: z.boolean() });

const url = z.url({ protocol: /^https$/ });
const tokenSecret = z.string().min(8).max(200);
// Root's token sees and changes everything; a leak of the portal's secret must never mean that.
const tokenId = z
  .string()
  .regex(/^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+![A-Za-z0-9._-]{2,}$/)
  .superRefine((text, context) => {
    if (text.startsWith("root@")) context.addIssue({ code: "custom", message: "reserved" });
  });

const Cluster = z
  .strictObject({
    name,
    url,
    tokenId,
    tokenSecret,
    pool: pveId,
    tenantGroup: pveId,
    tenantRole: pveId,
    storage: pveId,
    vmidFrom: vmid,
    vmidTo: vmid,
  })
  .superRefine((draft, context) => {
    if (draft.vmidTo < draft.vmidFrom) context.addIssue({ code: "custom", message: "too_small", path: ["vmidTo"] });
  });

const Move = z.strictObject({ url, tokenId: tokenId.optional(), tokenSecret: tokenSecret.optional() });

/** A virtual machine by its number, or a container's archive by its volume id. */
const Template = z
  .strictObject({
    clusterId: z.string().max(64),
    vmid: vmid.optional(),
    volume: archive.optional(),
    nesting: z.boolean().default(false),
    name,
    description: z.string().max(400),
    logo: z.string().regex(/^[a-z0-9-]{1,32}$/),
    category: z.string().min(1).max(40),
    minCores: cores,
    minMemoryMiB: memoryMiB,
    minDiskGiB: diskGiB,
    defaultUser: ruled(loginUserProblem).optional(),
  })
  .superRefine((draft, context) => {
    const required = (key: "vmid" | "defaultUser") =>
      context.addIssue({ code: "custom", message: "required", path: [key] });
    if (draft.volume !== undefined) return;
    if (draft.vmid === undefined) required("vmid");
    if (draft.defaultUser === undefined) required("defaultUser");
  })
  .transform(({ vmid: number = 0, volume = null, defaultUser = "", ...draft }) => ({
    ...draft,
    vmid: volume === null ? number : 0,
    volume,
    defaultUser,
  }));

export const operatorRoutes = new Hono<HttpEnv>()
  .get("/clusters", allowed("platform.read"), async (context) =>
    context.json({ clusters: await listClusters(context.get("deps")) }),
  )
  .post("/clusters", allowed("platform.manage"), validate("json", Cluster), async (context) =>
    context.json({ cluster: await connectCluster(context.get("deps"), context.req.valid("json")) }, 201),
  )
  .put("/clusters/:cluster", allowed("platform.manage"), validate("json", Move), async (context) => {
    const cluster = await moveCluster(context.get("deps"), param(context, "cluster"), context.req.valid("json"));
    return context.json({ cluster });
  })
  .post("/clusters/:cluster/check", allowed("platform.manage"), async (context) =>
    context.json({ cluster: await checkCluster(context.get("deps"), param(context, "cluster")) }),
  )
  .get("/templates", allowed("platform.read"), validate("query", OfCluster), async (context) =>
    context.json(await findTemplates(context.get("deps"), context.req.valid("query").cluster)),
  )
  .post("/templates", allowed("platform.manage"), validate("json", Template), async (context) =>
    context.json({ template: await publishTemplate(context.get("deps"), context.req.valid("json")) }, 201),
  )
  .put("/templates/:template", allowed("platform.manage"), validate("json", Shown), async (context) => {
    const { active } = context.req.valid("json");
    return context.json({ template: await setTemplateActive(context.get("deps"), param(context, "template"), active) });
  })
  .get("/images", allowed("platform.read"), validate("query", OfCluster), async (context) =>
    context.json(await findImages(context.get("deps"), context.req.valid("query").cluster)),
  )
  .post("/images", allowed("platform.manage"), validate("json", Image), async (context) =>
    context.json({ image: await publishImage(context.get("deps"), context.req.valid("json")) }, 201),
  )
  .put("/images/:image", allowed("platform.manage"), validate("json", Shown), async (context) => {
    const { active } = context.req.valid("json");
    return context.json({ image: await setImageActive(context.get("deps"), param(context, "image"), active) });
  })
  .get("/tenants", allowed("platform.read"), async (context) =>
    context.json({ tenants: await allTenants(context.get("deps")) }),
  );
