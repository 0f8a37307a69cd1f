// Scripts in tests: published, chosen, run, and what is seen of them afterwards.
import { randomBytes } from "node:crypto";
import type { Person } from "../../lab/stack/person.ts";
import type { ScriptEvent } from "../../worker/rules/scripts.ts";
import type { Accepted, OperationView } from "../../worker/rules/views.ts";
import type { ScriptRunView, ScriptSourceView, ServiceScriptView } from "../../worker/rules/views-automation.ts";
import { ended } from "./portal.ts";
import type { Tenant } from "./portal.ts";

export type ScriptBody = Omit<ScriptSourceView, "id">;

/** A script that is right in itself. */
export function scriptBody(changes: Partial<ScriptBody> = {}): ScriptBody {
  return {
    name: `Script ${randomBytes(4).toString("hex")}`,
    description: "For a test.",
    events: ["first_boot", "after_boot", "before_shutdown", "on_demand"],
    parameters: [],
    body: "echo done",
    timeoutSeconds: 20,
    active: true,
    ...changes,
  };
}

export async function publish(operator: Person, changes: Partial<ScriptBody> = {}): Promise<ScriptSourceView> {
  const path = "/api/operator/scripts";
  return (await operator.ok<{ script: ScriptSourceView }>("POST", path, scriptBody(changes))).script;
}

export async function choose(
  tenant: Tenant,
  serviceId: string,
  scriptId: string,
  event: ScriptEvent = "on_demand",
  values: Record<string, string> = {},
): Promise<ServiceScriptView> {
  const path = tenant.at(`/services/${serviceId}/scripts`);
  return (await tenant.person.ok<{ script: ServiceScriptView }>("POST", path, { scriptId, event, values })).script;
}

/** Runs what was chosen for that, and waits for the end. */
export async function runChosen(tenant: Tenant, serviceId: string, choiceId: string): Promise<OperationView> {
  const path = tenant.at(`/services/${serviceId}/scripts/${choiceId}/run`);
  return ended(tenant, (await tenant.person.ok<Accepted>("POST", path)).operation.id);
}

/** Runs of a service, the oldest first. */
export async function runsOf(tenant: Tenant, serviceId: string): Promise<ScriptRunView[]> {
  const path = tenant.at(`/services/${serviceId}/scripts`);
  return (await tenant.person.ok<{ runs: ScriptRunView[] }>("GET", path)).runs.toReversed();
}

export async function power(tenant: Tenant, serviceId: string, action: string): Promise<OperationView> {
  const path = tenant.at(`/services/${serviceId}/power`);
  return ended(tenant, (await tenant.person.ok<Accepted>("POST", path, { action })).operation.id);
}

/** Whether each step of an operation is done, by name. */
export function stepsOf(operation: OperationView): string[] {
  return operation.steps.map((step) => `${step.name} ${step.status}`);
}
