// Scripts that were chosen for a service, with what was filled in: sealed, since a value may be a secret.
import { eq, inArray } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { scriptRuns, scripts, serviceScripts } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { FieldError } from "../../errors.ts";
import {
  environmentLines,
  LONGEST_VALUES,
  MOST_CHOSEN,
  parameterProblems,
  printfText,
  STEP_EVENTS,
} from "../../rules/scripts.ts";
import type { ScriptEvent } from "../../rules/scripts.ts";
import type { OperationKind } from "../../rules/views.ts";
import type { ServiceScriptView } from "../../rules/views-automation.ts";
import { trail } from "../audit.ts";
import type { Statement } from "../ledger.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { open, seal } from "../sealing.ts";
import { serviceOf } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";
import type { ScriptRow } from "./catalogue.ts";

/** A script of the catalogue, filled in. */
export interface ScriptPick {
  scriptId: string;
  values: Record<string, string>;
}

export type ChoiceRow = typeof serviceScripts.$inferSelect;
/** What was chosen, with the script as it is now. */
export interface Choice {
  choice: ChoiceRow;
  script: ScriptRow;
}

/**
 * Checks what was picked for a launch, and answers the statements that write it; they come after the one that makes the service.
 * @throws AppError `kind_unsupported`, `script_unavailable`, `script_chosen`, `validation_failed`.
 */
export async function firstBootScripts(
  deps: Deps,
  service: Pick<ServiceRow, "id" | "tenantId" | "kind">,
  picks: readonly ScriptPick[],
): Promise<Statement[]> {
  if (picks.length === 0) return [];
  refuseContainers(service);
  const ids = picks.map((pick) => pick.scriptId);
  if (new Set(ids).size < ids.length) throw new AppError("script_chosen");
  const rows = await deps.db.select().from(scripts).where(inArray(scripts.id, ids));
  for (const [index, pick] of picks.entries()) checkPick(rows, pick, "first_boot", `#/scripts/${index}`);
  // A millisecond apart: they run in the order in which they were picked.
  const now = deps.now();
  const values = await Promise.all(
    picks.map((pick, index) => choiceRow(deps, service, pick, "first_boot", now + index)),
  );
  return values.map((row) => deps.db.insert(serviceScripts).values(row));
}

/**
 * Chooses a script for a moment of a service's life.
 * @throws AppError `kind_unsupported` (containers), `script_unavailable`, `script_chosen`, `too_many_scripts`,
 * `validation_failed`, `service_not_ready`, `tenant_suspended`.
 */
export async function chooseScript(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  pick: ScriptPick & { event: ScriptEvent },
): Promise<ServiceScriptView> {
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { event: pick.event } });
  refuseContainers(service);
  if (service.state !== "ready") throw new AppError("service_not_ready");
  const rows = await deps.db.select().from(scripts).where(eq(scripts.id, pick.scriptId));
  const script = checkPick(rows, pick, pick.event, "#");
  // Which script it is, never what was filled in.
  trail(deps, { after: { event: pick.event, script: script.name } });
  if ((await chosen(deps, service.id)).length >= MOST_CHOSEN)
    throw new AppError("too_many_scripts", { most: MOST_CHOSEN });
  const row = await choiceRow(deps, service, pick, pick.event, deps.now());
  try {
    await deps.db.insert(serviceScripts).values(row);
  } catch (error) {
    if (refusedBy(error, "service_scripts.service_id")) throw new AppError("script_chosen");
    throw error;
  }
  return choiceView({ choice: row, script });
}

/** Takes a script from a service; one that runs now runs on. @throws AppError `not_found` */
export async function dropScript(deps: Deps, scope: Scope, serviceId: string, choiceId: string): Promise<void> {
  const service = await serviceOf(deps, scope, serviceId);
  const found = (await chosen(deps, service.id)).find(({ choice }) => choice.id === choiceId);
  if (!found) throw new AppError("not_found");
  const { choice, script } = found;
  trail(deps, {
    target: { type: "service", id: service.id, name: service.name },
    before: { event: choice.event, script: script.name },
  });
  await deps.db.delete(serviceScripts).where(eq(serviceScripts.id, choiceId));
}

/** All that was chosen for a service, in the order in which it runs. */
export function chosen(deps: Deps, serviceId: string): Promise<Choice[]> {
  return deps.db
    .select({ choice: serviceScripts, script: scripts })
    .from(serviceScripts)
    .innerJoin(scripts, eq(scripts.id, serviceScripts.scriptId))
    .where(eq(serviceScripts.serviceId, serviceId))
    .orderBy(serviceScripts.createdAt, serviceScripts.id);
}

/** Names of the steps in which an operation on a service runs scripts: none where nothing was chosen for these moments. */
export async function scriptSteps(
  deps: Deps,
  service: Pick<ServiceRow, "id" | "kind">,
  kind: OperationKind,
): Promise<string[]> {
  const steps = Object.entries(STEP_EVENTS[kind] ?? {});
  if (steps.length === 0 || service.kind === "container") return [];
  const events = new Set((await chosen(deps, service.id)).filter(isRun).map(({ choice }) => choice.event));
  return steps.filter(([, wanted]) => wanted.some((event) => events.has(event))).map(([name]) => name);
}

/** Whether a choice is run by itself: its script is neither withdrawn nor taken from this moment. */
export function isRun({ choice, script }: Choice): boolean {
  return script.active && script.events.includes(choice.event);
}

/**
 * The whole text that a guest's shell is to run: what was filled in as its environment, then the script.
 * @throws AppError `script_unfit` where the parameters have changed since it was filled in.
 */
export async function scriptText(deps: Deps, { choice, script }: Choice): Promise<string> {
  const values = JSON.parse(await open(deps, placeOf(choice.id), choice.valuesSealed)) as Record<string, string>;
  if (Object.keys(parameterProblems(script.parameters, values)).length > 0) throw new AppError("script_unfit");
  return `${environmentLines(values)}\n${script.body}`;
}

/** Statements that forget the scripts of a service that is gone: what was filled in, and what they had said. */
export function forgetScripts(deps: Deps, serviceId: string): Statement[] {
  return [
    deps.db.delete(serviceScripts).where(eq(serviceScripts.serviceId, serviceId)),
    deps.db.delete(scriptRuns).where(eq(scriptRuns.serviceId, serviceId)),
  ];
}

export function choiceView({ choice, script }: Choice): ServiceScriptView {
  const { id, event, createdAt } = choice;
  return { id, script: { id: script.id, name: script.name }, event, active: script.active, createdAt };
}

/** Proxmox VE runs nothing inside a container. @throws AppError `kind_unsupported` */
export function refuseContainers(service: Pick<ServiceRow, "kind">): void {
  if (service.kind === "container") throw new AppError("kind_unsupported");
}

function checkPick(rows: readonly ScriptRow[], pick: ScriptPick, event: ScriptEvent, at: string): ScriptRow {
  const script = rows.find((row) => row.id === pick.scriptId);
  if (!script) throw new AppError("not_found", {}, { fields: [{ pointer: `${at}/scriptId`, code: "unknown" }] });
  if (!script.active || !script.events.includes(event)) throw new AppError("script_unavailable");
  const fields: FieldError[] = Object.entries(parameterProblems(script.parameters, pick.values)).map(
    ([name, code]) => ({ pointer: `${at}/values/${name}`, code }),
  );
  if (printfText(environmentLines(pick.values)).length > LONGEST_VALUES)
    fields.push({ pointer: `${at}/values`, code: "too_long" });
  if (fields.length > 0) throw new AppError("validation_failed", {}, { fields });
  return script;
}

async function choiceRow(
  deps: Deps,
  service: Pick<ServiceRow, "id" | "tenantId">,
  pick: ScriptPick,
  event: ScriptEvent,
  createdAt: number,
): Promise<ChoiceRow> {
  const id = deps.newId("ssc");
  // What was left empty is as if it were not there.
  const values = Object.fromEntries(Object.entries(pick.values).filter(([, value]) => value !== ""));
  const valuesSealed = await seal(deps, placeOf(id), JSON.stringify(values));
  return {
    id,
    tenantId: service.tenantId,
    serviceId: service.id,
    scriptId: pick.scriptId,
    event,
    valuesSealed,
    createdAt,
  };
}

function placeOf(choiceId: string): string {
  return `service_script:${choiceId}`;
}
