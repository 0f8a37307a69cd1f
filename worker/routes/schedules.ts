// Schedules: what happens to services by the calendar.
import { Hono } from "hono";
import { z } from "zod";
import { changeSchedule, listSchedules, makeSchedule, removeSchedule } from "../domain/schedules/schedules.ts";
import type { HttpEnv } from "../http/context.ts";
import { allowed } from "../http/session.ts";
import { param, validate } from "../http/validate.ts";
import { SCHEDULE_ACTIONS } from "../rules/views-automation.ts";

const count = z.number().int().min(0).max(1_000);
const Kept = z.strictObject({ last: count, daily: count, weekly: count, monthly: count }).nullable();
const When = { rule: z.string().max(120), timeZone: z.string().max(64), retention: Kept.optional() };
const Schedule = z.strictObject({ action: z.enum(SCHEDULE_ACTIONS), ...When });
const Changes = z.strictObject({ ...When, paused: z.boolean() }).partial();
const OfService = z.object({ service: z.string().max(64).optional() });

export const scheduleRoutes = new Hono<HttpEnv>()
  .get("/schedules", allowed("service.read"), validate("query", OfService), async (context) => {
    const { service } = context.req.valid("query");
    return context.json({ schedules: await listSchedules(context.get("deps"), context.get("scope"), service) });
  })
  .post("/services/:service/schedules", allowed("service.schedule"), validate("json", Schedule), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    return context.json({ schedule: await makeSchedule(deps, scope, id, context.req.valid("json")) }, 201);
  })
  .put("/schedules/:schedule", allowed("service.schedule"), validate("json", Changes), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "schedule")];
    return context.json({ schedule: await changeSchedule(deps, scope, id, context.req.valid("json")) });
  })
  .delete("/schedules/:schedule", allowed("service.schedule"), async (context) => {
    await removeSchedule(context.get("deps"), context.get("scope"), param(context, "schedule"));
    return context.json({ ok: true });
  });
