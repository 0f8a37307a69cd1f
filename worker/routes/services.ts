// A tenant's services: listing, launching, powering, deleting, and their consoles.
import { Hono } from "hono";
import { z } from "zod";
import { catalogueOf } from "../domain/catalogue.ts";
import { leashOf, openConsole } from "../domain/consoles.ts";
import { feedOf } from "../domain/feed.ts";
import { quotaOf } from "../domain/ledger.ts";
import { listOperations, operationOf, operationsOfService, operationView } from "../domain/operations.ts";
import { deleteService, powerService } from "../domain/services/change.ts";
import { launchService } from "../domain/services/launch.ts";
import { retryOperation } from "../domain/services/retry.ts";
import { listServices, serviceOf, viewOfService } from "../domain/services/services.ts";
import { AppError } from "../errors.ts";
import type { HttpEnv } from "../http/context.ts";
import { idempotencyOf } from "../http/idempotency.ts";
import { allowed, inPerson, requireRight } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import {
  loginUserProblem,
  MAX_KEYS,
  nameProblem,
  passwordProblem,
  sshKeyLines,
  sshKeysProblem,
} from "../rules/names.ts";
import { LONGEST_GRACE_DAYS } from "../rules/expiry.ts";
import { previewLaunch, SIZE_BOUNDS } from "../rules/quota.ts";
import { MOST_CHOSEN } from "../rules/scripts.ts";
import { Pick } from "./scripts.ts";

const within = ([least, most]: readonly [number, number]) => z.number().int().min(least).max(most);

/** A size as it is typed. */
export const Size = z.strictObject({
  cores: within(SIZE_BOUNDS.cores),
  memoryMiB: within(SIZE_BOUNDS.memoryMiB),
  diskGiB: within(SIZE_BOUNDS.diskGiB),
});

/** How one gets into a new guest; at least one way is needed. */
export const Login = z
  .strictObject({
    user: ruled(loginUserProblem).optional(),
    password: ruled(passwordProblem).optional(),
    sshKeys: ruled(sshKeysProblem).optional(),
    /** Keys that the person keeps. */
    keyIds: z.array(z.string().max(64)).max(MAX_KEYS).optional(),
  })
  .superRefine((login, context) => {
    const hasKey = sshKeyLines(login.sshKeys ?? "").length > 0 || (login.keyIds ?? []).length > 0;
    if (login.password === undefined && !hasKey)
      context.addIssue({ code: "custom", message: "required", path: ["password"] });
  });

const Launch = z.strictObject({
  templateId: z.string().max(64),
  name: ruled(nameProblem),
  size: Size,
  login: Login,
  scripts: z.array(Pick).max(MOST_CHOSEN).default([]),
});
const Power = z.strictObject({
  action: z.enum(["start", "shutdown", "stop", "reboot", "reset", "suspend", "resume"]),
  timeoutSeconds: z.number().int().min(10).max(600).default(60),
  force: z.boolean().default(false),
});
const Console = z.strictObject({ kind: z.enum(["screen", "terminal"]).optional() });
const Confirm = z.object({
  confirm: z.string().max(64),
  graceDays: z.coerce.number().int().min(0).max(LONGEST_GRACE_DAYS).default(0),
});
const Limit = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });

export const serviceRoutes = new Hono<HttpEnv>()
  .get("/quota", allowed("service.read"), async (context) =>
    context.json({ resources: await quotaOf(context.get("deps"), context.get("scope").tenantId) }),
  )
  .post("/quota/preview", allowed("service.read"), validate("json", Size), async (context) => {
    const rows = await quotaOf(context.get("deps"), context.get("scope").tenantId);
    return context.json(previewLaunch(rows, context.req.valid("json")));
  })
  .get("/catalogue", allowed("service.read"), async (context) =>
    context.json(await catalogueOf(context.get("deps"), context.get("scope").tenantId)),
  )
  .get("/services", allowed("service.read"), async (context) =>
    context.json({ services: await listServices(context.get("deps"), context.get("scope")) }),
  )
  .post("/services", allowed("service.launch"), validate("json", Launch), async (context) => {
    const { login, ...request } = context.req.valid("json");
    if (request.scripts.length > 0) requireRight(context.get("scope"), "service.script");
    const launch = { ...request, login: loginOf(login) };
    const accepted = await launchService(
      context.get("deps"),
      context.get("scope"),
      launch,
      await idempotencyOf(context),
    );
    return context.json(accepted, 202);
  })
  .get("/services/:service", allowed("service.read"), async (context) => {
    const deps = context.get("deps");
    const scope = context.get("scope");
    const { id } = await serviceOf(deps, scope, param(context, "service"));
    const [service, operations] = await Promise.all([viewOfService(deps, id), operationsOfService(deps, scope, id)]);
    if (!service) throw new AppError("not_found");
    return context.json({ service, operations });
  })
  .delete("/services/:service", allowed("service.delete"), validate("query", Confirm), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const { confirm: typedName, graceDays } = context.req.valid("query");
    return context.json(
      await deleteService(deps, scope, id, { typedName, graceDays }, await idempotencyOf(context)),
      202,
    );
  })
  .post("/services/:service/power", allowed("service.power"), validate("json", Power), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const request = context.req.valid("json");
    return context.json(await powerService(deps, scope, id, request, await idempotencyOf(context)), 202);
  })
  .post("/services/:service/console", allowed("service.console"), validate("json", Console), async (context) => {
    const { kind } = context.req.valid("json");
    return context.json(await openConsole(context.get("deps"), context.get("scope"), param(context, "service"), kind));
  })
  .get("/services/:service/console/:console", allowed("service.console"), async (context) => {
    const deps = context.get("deps");
    const scope = context.get("scope");
    const service = await serviceOf(deps, scope, param(context, "service"));
    requireUpgrade(context.req.header("upgrade"));
    const headers = socketHeaders(context.req.raw);
    headers.set("x-nubemox-console", param(context, "console"));
    headers.set("x-nubemox-session", scope.actor.sessionId);
    const response = await leashOf(deps, service.id).fetch("https://console.internal/", { headers });
    if (response.status === 410) throw new AppError("console_gone");
    if (response.status !== 101) throw new AppError("cluster_unreachable", { step: "console" });
    return response;
  })
  .get("/operations", allowed("service.read"), validate("query", Limit), async (context) =>
    context.json({
      operations: await listOperations(context.get("deps"), context.get("scope"), context.req.valid("query").limit),
    }),
  )
  .get("/operations/:operation", allowed("service.read"), async (context) => {
    const deps = context.get("deps");
    const row = await operationOf(deps, context.get("scope"), param(context, "operation"));
    return context.json({ operation: operationView(row), service: await viewOfService(deps, row.serviceId) });
  })
  .post("/operations/:operation/retry", allowed("service.launch"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "operation")];
    return context.json(await retryOperation(deps, scope, id, await idempotencyOf(context)), 202);
  })
  .get("/feed", inPerson, allowed("service.read"), async (context) => {
    requireUpgrade(context.req.header("upgrade"));
    const scope = context.get("scope");
    const headers = socketHeaders(context.req.raw);
    headers.set("x-nubemox-tenant", scope.tenantId);
    headers.set("x-nubemox-session", scope.actor.sessionId);
    return feedOf(context.get("deps"), scope.tenantId).fetch("https://feed.internal/", { headers });
  });

/** A login as verbs take it, with what was left out. */
export function loginOf({ user, password, sshKeys, keyIds }: z.output<typeof Login>) {
  const keys = { typed: sshKeyLines(sshKeys ?? ""), kept: keyIds ?? [] };
  return { user: user ?? null, password: password ?? null, keys };
}

function requireUpgrade(header: string | undefined): void {
  if (header?.toLowerCase() !== "websocket") throw new AppError("upgrade_required");
}

/** The headers that make a WebSocket; no cookie and nothing else of the browser's goes further in. */
function socketHeaders(request: Request): Headers {
  const headers = new Headers();
  for (const name of [
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
  ]) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}
