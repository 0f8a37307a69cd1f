// Copies of a tenant's services: snapshots, clones and backups.
import { Hono } from "hono";
import { z } from "zod";
import { editBackup, listBackups, makeBackup, removeBackup, restoreBackup } from "../domain/copies/backups.ts";
import { restoreOver } from "../domain/copies/restore-over.ts";
import { listSnapshots, removeSnapshot, rollBack, takeSnapshot } from "../domain/copies/snapshots.ts";
import { cloneService } from "../domain/services/change.ts";
import type { HttpEnv } from "../http/context.ts";
import { idempotencyOf } from "../http/idempotency.ts";
import { allowed } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { nameProblem, noteProblem, snapshotNameProblem } from "../rules/names.ts";

const Name = z.strictObject({ name: ruled(nameProblem) });
const Snapshot = z.strictObject({
  name: ruled(snapshotNameProblem),
  description: ruled(noteProblem).default(""),
  withMemory: z.boolean().default(false),
});
const Backup = z.strictObject({ notes: ruled(noteProblem), protected: z.boolean() });
const Over = z.strictObject({ confirm: z.string().max(64), safety: z.boolean() });
const OfService = z.object({ service: z.string().max(64).optional() });

export const copyRoutes = new Hono<HttpEnv>()
  .post("/services/:service/clone", allowed("service.launch"), validate("json", Name), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const { name } = context.req.valid("json");
    return context.json(await cloneService(deps, scope, id, name, await idempotencyOf(context)), 202);
  })
  .get("/services/:service/snapshots", allowed("service.read"), async (context) => {
    const [deps, scope] = [context.get("deps"), context.get("scope")];
    return context.json({ snapshots: await listSnapshots(deps, scope, param(context, "service")) });
  })
  .post("/services/:service/snapshots", allowed("service.snapshot"), validate("json", Snapshot), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const draft = context.req.valid("json");
    return context.json(await takeSnapshot(deps, scope, id, draft, await idempotencyOf(context)), 202);
  })
  .post("/services/:service/snapshots/:snapshot/rollback", allowed("service.snapshot"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const snapshot = param(context, "snapshot");
    return context.json(await rollBack(deps, scope, id, snapshot, await idempotencyOf(context)), 202);
  })
  .delete("/services/:service/snapshots/:snapshot", allowed("service.snapshot"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const snapshot = param(context, "snapshot");
    return context.json(await removeSnapshot(deps, scope, id, snapshot, await idempotencyOf(context)), 202);
  })
  .post("/services/:service/backups", allowed("service.backup"), validate("json", Backup), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "service")];
    const draft = context.req.valid("json");
    return context.json(await makeBackup(deps, scope, id, draft, await idempotencyOf(context)), 202);
  })
  .get("/backups", allowed("service.read"), validate("query", OfService), async (context) => {
    const { service } = context.req.valid("query");
    return context.json({ backups: await listBackups(context.get("deps"), context.get("scope"), service) });
  })
  .put("/backups/:backup", allowed("service.backup"), validate("json", Backup.partial()), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "backup")];
    return context.json({ backup: await editBackup(deps, scope, id, context.req.valid("json")) });
  })
  .delete("/backups/:backup", allowed("service.backup"), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "backup")];
    return context.json(await removeBackup(deps, scope, id, await idempotencyOf(context)), 202);
  })
  .post("/backups/:backup/restore-over", allowed("service.delete"), validate("json", Over), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "backup")];
    const { confirm: typedName, safety } = context.req.valid("json");
    return context.json(await restoreOver(deps, scope, id, { typedName, safety }, await idempotencyOf(context)), 202);
  })
  .post("/backups/:backup/restore", allowed("service.launch"), validate("json", Name), async (context) => {
    const [deps, scope, id] = [context.get("deps"), context.get("scope"), param(context, "backup")];
    const { name } = context.req.valid("json");
    return context.json(await restoreBackup(deps, scope, id, name, await idempotencyOf(context)), 202);
  });
