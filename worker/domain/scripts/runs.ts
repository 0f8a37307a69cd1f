// Runs of scripts: what is kept of them, and beginning one on demand.
import { and, desc, eq, inArray, notInArray } from "drizzle-orm";
import { scriptRuns } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Accepted } from "../../rules/views.ts";
import type { ScriptRunView, ServiceScriptView } from "../../rules/views-automation.ts";
import { trail } from "../audit.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { beginOn, refuseUnready, replayed } from "../services/begin.ts";
import { serviceOf } from "../services/services.ts";
import { choiceView, chosen, refuseContainers } from "./choices.ts";

export type RunRow = typeof scriptRuns.$inferSelect;

/** Runs that are kept of a service, the latest ones. */
const KEPT_RUNS = 50;

/** What was chosen for a service, and the latest runs, newest first. */
export async function scriptsOfService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
): Promise<{ scripts: ServiceScriptView[]; runs: ScriptRunView[] }> {
  const service = await serviceOf(deps, scope, serviceId);
  const [choices, runs] = await Promise.all([
    chosen(deps, service.id),
    deps.db
      .select()
      .from(scriptRuns)
      .where(eq(scriptRuns.serviceId, service.id))
      .orderBy(desc(scriptRuns.startedAt), desc(scriptRuns.id))
      .limit(KEPT_RUNS),
  ]);
  return { scripts: choices.map(choiceView), runs: runs.map(runView) };
}

/**
 * Runs a script that was chosen to be run when asked for.
 * @throws AppError `not_found`, `script_unavailable`, `not_running`, `service_busy`, `service_not_ready`, `tenant_suspended`.
 */
export async function runScript(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  choiceId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const found = (await chosen(deps, service.id)).find(({ choice }) => choice.id === choiceId);
  if (!found) throw new AppError("not_found");
  const { choice, script } = found;
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { script: script.name } });
  refuseContainers(service);
  const isOnDemand = choice.event === "on_demand" && script.events.includes("on_demand");
  if (!script.active || !isOnDemand) throw new AppError("script_unavailable");
  await refuseUnready(deps, service);
  if (service.power === "stopped") throw new AppError("not_running");
  return beginOn(deps, scope, service, "script", idempotency, { facts: { choice: choice.id } });
}

/** The id of the run of a choice in a step of an operation. */
export async function runIdOf(operationId: string, step: string, choiceId: string): Promise<string> {
  const text = new TextEncoder().encode(`${operationId} ${step} ${choiceId}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `run_${Array.from(digest.subarray(0, 20), (byte) => ALPHABET[byte & 31]).join("")}`;
}

/** That of all ids (deps.ts). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Notes a run that is about to begin, unless it is noted already, and answers how it stands. */
export async function noteRun(deps: Deps, run: RunRow): Promise<RunRow> {
  const [known] = await deps.db.select().from(scriptRuns).where(eq(scriptRuns.id, run.id));
  if (known) return known;
  const latest = deps.db
    .select({ id: scriptRuns.id })
    .from(scriptRuns)
    .where(eq(scriptRuns.serviceId, run.serviceId))
    .orderBy(desc(scriptRuns.startedAt), desc(scriptRuns.id))
    .limit(KEPT_RUNS);
  await deps.db.batch([
    deps.db.insert(scriptRuns).values(run).onConflictDoNothing(),
    deps.db.delete(scriptRuns).where(and(eq(scriptRuns.serviceId, run.serviceId), notInArray(scriptRuns.id, latest))),
  ]);
  return run;
}

/** Writes how a run stands, unless it has ended: what an end was is not changed any more. */
export async function changeRun(deps: Deps, run: RunRow, changes: Partial<RunRow>): Promise<void> {
  await deps.db
    .update(scriptRuns)
    .set(changes)
    .where(and(eq(scriptRuns.id, run.id), isOpen));
  Object.assign(run, changes);
}

/** Runs of an operation, in the order in which they began; those that nobody will end any more are lost. */
export async function closeRuns(deps: Deps, operationId: string): Promise<RunRow[]> {
  const endedAt = deps.now();
  await deps.db
    .update(scriptRuns)
    .set({ state: "failed", code: "script_lost", endedAt })
    .where(and(eq(scriptRuns.operationId, operationId), isOpen));
  return deps.db
    .select()
    .from(scriptRuns)
    .where(eq(scriptRuns.operationId, operationId))
    .orderBy(scriptRuns.startedAt, scriptRuns.id);
}

const isOpen = inArray(scriptRuns.state, ["waiting", "running"]);

function runView(row: RunRow): ScriptRunView {
  const { id, operationId, scriptName: script, event, state, exitCode, code, output, startedAt, endedAt } = row;
  return { id, operationId, script, event, state, exitCode, code, output, startedAt, endedAt };
}
