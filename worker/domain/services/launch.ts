// Launching a service.
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { demandOfService, SIZE_BOUNDS } from "../../rules/quota.ts";
import type { Size } from "../../rules/quota.ts";
import type { Accepted } from "../../rules/views.ts";
import { chosenKeys } from "../accounts/ssh-keys.ts";
import type { KeyChoice } from "../accounts/ssh-keys.ts";
import { trail } from "../audit.ts";
import { CONTAINER_USER, launchableTemplate } from "../catalogue.ts";
import type { TemplateRow } from "../catalogue.ts";
import { chargeService } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { firstBootScripts } from "../scripts/choices.ts";
import type { ScriptPick } from "../scripts/choices.ts";
import { seal } from "../sealing.ts";
import { begin, replayed } from "./begin.ts";

export interface LaunchRequest {
  templateId: string;
  name: string;
  size: Size;
  /** No user of a container: there it is root. */
  login: { user: string | null; password: string | null; keys: KeyChoice };
  /** Run at the end of the launch, in this order; virtual machines only. */
  scripts: ScriptPick[];
}

/**
 * Charges the quota, makes the service and starts its launch, all in one batch: nothing is taken unless everything fits.
 * @throws AppError `quota_exceeded` with what is left, `name_taken`, `size_below_template`, `template_unavailable`, `tenant_suspended`,
 * `validation_failed` for keys that are nobody's, or too many; of scripts those of {@link firstBootScripts}.
 */
export async function launchService(
  deps: Deps,
  scope: Scope,
  request: LaunchRequest,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const template = await launchableTemplate(deps, request.templateId);
  checkSize(request.size, template, "#/size");
  const loginUser = template.kind === "container" ? CONTAINER_USER : request.login.user;
  if (loginUser === null)
    throw new AppError("validation_failed", {}, { fields: [{ pointer: "#/login/user", code: "required" }] });
  const sshKeys = await chosenKeys(deps, scope, request.login.keys);
  const id = deps.newId("svc");
  trail(deps, { target: { type: "service", id, name: request.name }, after: { ...request.size } });
  const { kind } = template;
  const scripts = await firstBootScripts(deps, { id, tenantId: scope.tenantId, kind }, request.scripts);
  const steps = scripts.length > 0 ? ["scripts"] : [];
  const operation = draftOperation(deps, scope, { id, name: request.name }, "launch", idempotency, steps);
  const demands = demandOfService(request.size);
  const { password } = request.login;
  return begin(deps, scope, idempotency, {
    operation,
    clusterId: template.clusterId,
    name: request.name,
    demands,
    before: [
      deps.db.insert(services).values({
        id,
        tenantId: scope.tenantId,
        clusterId: template.clusterId,
        templateId: template.id,
        kind,
        name: request.name,
        state: "creating",
        power: "unknown",
        ...request.size,
        node: template.node,
        loginUser,
        sshKeys,
        passwordSealed: password === null ? null : await seal(deps, `service:${id}`, password),
        operationId: operation.id,
        createdAt: deps.now(),
      }),
      ...scripts,
    ],
    after: chargeService(deps, scope.tenantId, id, operation.id, demands),
  });
}

/** `at` is where the size stands in the body. @throws AppError `size_below_template` */
export function checkSize(size: Size, template: TemplateRow, at: string): void {
  const least: Size = { cores: template.minCores, memoryMiB: template.minMemoryMiB, diskGiB: template.minDiskGiB };
  const keys = Object.keys(SIZE_BOUNDS) as (keyof Size)[];
  const fields = keys
    .filter((key) => size[key] < least[key])
    .map((key) => ({ pointer: `${at}/${key}`, code: "too_small", params: { minimum: least[key] } }));
  if (fields.length > 0) throw new AppError("size_below_template", { ...least }, { fields });
}
