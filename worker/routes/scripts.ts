// Scripts: the catalogue as operators keep it, and what tenants choose and run of it.
import { Hono } from "hono";
import { z } from "zod";
import { allScripts, changeScript, offeredScripts, publishScript } from "../domain/scripts/catalogue.ts";
import { chooseScript, dropScript } from "../domain/scripts/choices.ts";
import { runScript, scriptsOfService } from "../domain/scripts/runs.ts";
import type { HttpEnv } from "../http/context.ts";
import { idempotencyOf } from "../http/idempotency.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { tenantNameProblem } from "../rules/names.ts";
import {
  definitionProblem,
  LONGEST_BODY,
  MOST_PARAMETERS,
  printfText,
  SCRIPT_EVENTS,
  TIMEOUT_SECONDS,
} from "../rules/scripts.ts";

const text = (longest: number) => z.string().max(longest);
const bound = z.number().int().min(-1_000_000_000).max(1_000_000_000);

const Parameter = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
    label: text(60).min(1),
    kind: z.enum(["text", "number", "choice", "secret", "flag"]),
    required: z.boolean(),
    initial: text(2_000).optional(),
    maximum: bound.optional(),
    minimum: bound.optional(),
    choices: z.array(text(100).min(1)).max(20).optional(),
  })
  .superRefine((parameter, context) => {
    const found = definitionProblem(parameter);
    if (found) context.addIssue({ code: "custom", message: found.problem, path: [found.field] });
  });

const Script = z.strictObject({
  name: ruled(tenantNameProblem),
  description: text(400),
  events: z
    .array(z.enum(SCRIPT_EVENTS))
    .min(1)
    .transform((events) => SCRIPT_EVENTS.filter((event) => events.includes(event))),
  parameters: z
    .array(Parameter)
    .max(MOST_PARAMETERS)
    .superRefine((parameters, context) => {
      const names = parameters.map((parameter) => parameter.name);
      for (const [index, name] of names.entries())
        if (names.indexOf(name) < index) context.addIssue({ code: "custom", message: "taken", path: [index, "name"] });
    }),
  body: text(LONGEST_BODY)
    .min(1)
    // A shell takes the other end of a line for part of a word.
    .transform((body) => body.replaceAll("\r\n", "\n"))
    .superRefine((body, context) => {
      if (body.includes("\0")) context.addIssue({ code: "custom", message: "format" });
      else if (printfText(body).length > LONGEST_BODY) context.addIssue({ code: "custom", message: "too_long" });
    }),
  timeoutSeconds: z.number().int().min(TIMEOUT_SECONDS[0]).max(TIMEOUT_SECONDS[1]),
  active: z.boolean(),
});

/** A script, filled in: by the names of its parameters, everything as text. */
export const Pick = z.strictObject({
  scriptId: text(64),
  values: z
    .record(text(32), text(2_000))
    .refine((values) => Object.keys(values).length <= MOST_PARAMETERS, { message: "too_many" }),
});

const Choice = Pick.extend({ event: z.enum(["after_boot", "before_shutdown", "on_demand"]) });

/** What operators have looked at. */
export const scriptCatalogueRoutes = new Hono<HttpEnv>()
  .get("/scripts", allowed("platform.read"), async (context) =>
    context.json({ scripts: await allScripts(context.get("deps")) }),
  )
  .post("/scripts", allowed("platform.manage"), validate("json", Script), async (context) =>
    context.json({ script: await publishScript(context.get("deps"), context.req.valid("json")) }, 201),
  )
  .put("/scripts/:script", allowed("platform.manage"), validate("json", Script), async (context) => {
    const script = await changeScript(context.get("deps"), param(context, "script"), context.req.valid("json"));
    return context.json({ script });
  });

/** What tenants do with it. */
export const scriptRoutes = new Hono<HttpEnv>()
  .get("/scripts", allowed("service.read"), async (context) =>
    context.json({ scripts: await offeredScripts(context.get("deps")) }),
  )
  .get("/services/:service/scripts", allowed("service.read"), async (context) =>
    context.json(await scriptsOfService(context.get("deps"), context.get("scope"), param(context, "service"))),
  )
  .post("/services/:service/scripts", allowed("service.script"), validate("json", Choice), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json({ script: await chooseScript(deps, scope, id, context.req.valid("json")) }, 201);
  })
  .delete("/services/:service/scripts/:choice", allowed("service.script"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    await dropScript(deps, scope, id, param(context, "choice"));
    return context.json({ ok: true });
  })
  .post("/services/:service/scripts/:choice/run", allowed("service.script"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const choice = param(context, "choice");
    return context.json(await runScript(deps, scope, id, choice, await idempotencyOf(context)), 202);
  });
