// The app: what every request passes, in order, and which routes answer it.
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { AppError } from "./errors.ts";
import { audited } from "./http/audited.ts";
import type { HttpEnv } from "./http/context.ts";
import { guard, PAGE_HEADERS } from "./http/guard.ts";
import { problemResponse } from "./http/problem.ts";
import { asOperator, inTenant, signedIn } from "./http/session.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { auditRoutes, ownAuditRoutes } from "./routes/audit.ts";
import { childrenRoutes } from "./routes/children.ts";
import { copyRoutes } from "./routes/copies.ts";
import { capacityRoutes, decisionRoutes, quotaRequestRoutes } from "./routes/quota.ts";
import { invitationRoutes } from "./routes/invitations.ts";
import { keyRoutes } from "./routes/keys.ts";
import { endingRoutes } from "./routes/endings.ts";
import { credentialRoutes, operateRoutes } from "./routes/operate.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { scriptCatalogueRoutes, scriptRoutes } from "./routes/scripts.ts";
import { securityRoutes } from "./routes/security.ts";
import { serviceRoutes } from "./routes/services.ts";
import { settingRoutes } from "./routes/settings.ts";
import { sshKeyRoutes } from "./routes/ssh-keys.ts";
import { storefrontRoutes } from "./routes/storefront.ts";
import { teamRoutes } from "./routes/team.ts";

const tenantRoutes = new Hono<HttpEnv>()
  .use("*", signedIn, inTenant)
  .route("/", serviceRoutes)
  .route("/", copyRoutes)
  .route("/", scheduleRoutes)
  .route("/", settingRoutes)
  .route("/", endingRoutes)
  .route("/", childrenRoutes)
  .route("/", credentialRoutes)
  .route("/", keyRoutes)
  .route("/", scriptRoutes)
  .route("/", quotaRequestRoutes)
  .route("/", decisionRoutes)
  .route("/", storefrontRoutes)
  .route("/", teamRoutes)
  .route("/", auditRoutes);

/** Those who run the platform: what is theirs alone, and what they do as any reseller does. */
const platformRoutes = new Hono<HttpEnv>()
  .use("*", signedIn, asOperator)
  .route("/", operatorRoutes)
  .route("/", operateRoutes)
  .route("/", scriptCatalogueRoutes)
  .route("/", childrenRoutes)
  .route("/", decisionRoutes)
  .route("/", capacityRoutes)
  .route("/", storefrontRoutes)
  .route("/", teamRoutes)
  .route("/", auditRoutes);

const api = new Hono<HttpEnv>()
  .route("/", accountRoutes)
  .route("/", invitationRoutes)
  .route("/", ownAuditRoutes)
  .route("/security", securityRoutes)
  .route("/ssh-keys", sshKeyRoutes)
  .route("/tenants/:tenant", tenantRoutes)
  .route("/operator", platformRoutes);

const routes = new Hono<HttpEnv>().route("/api", api);

/** What `hono/client` in the SPA is typed by. */
export type Api = typeof routes;

export const app = new Hono<HttpEnv>()
  .use("/api/*", guard)
  .use("/api/*", audited)
  .route("/", routes)
  .all("/api/*", () => {
    throw new AppError("not_found");
  })
  .get("*", async (context) => {
    const page = await context.env.ASSETS.fetch(context.req.raw);
    const response = new Response(page.body, page);
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.headers.set(name, value);
    return response;
  })
  .onError((error, context) => {
    // Hono's own refusals: the only one that can come up is a body that is not JSON.
    const known =
      error instanceof HTTPException ? new AppError(error.status === 400 ? "body_unreadable" : "internal") : error;
    return problemResponse(context, known);
  });
