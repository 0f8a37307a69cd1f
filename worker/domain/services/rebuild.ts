// Making a service anew: the same number, card, size and charges, on the disk of a template; and what a login becomes.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Accepted } from "../../rules/views.ts";
import { chosenKeys } from "../accounts/ssh-keys.ts";
import type { KeyChoice } from "../accounts/ssh-keys.ts";
import { trail } from "../audit.ts";
import { CONTAINER_USER, launchableTemplate } from "../catalogue.ts";
import type { Idempotency, OperationRow } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { seal } from "../sealing.ts";
import { beginOn, refuseUnready, replayed } from "./begin.ts";
import { checkSize } from "./launch.ts";
import { serviceOf } from "./services.ts";
import type { ServiceRow } from "./services.ts";

export interface RebuildRequest {
  typedName: string;
  /** Where it is left out, the template that it has now. */
  templateId: string | null;
  /** What is null stays as it was; a password cannot stay, for nobody knows it. */
  login: { user: string | null; password: string | null; keys: KeyChoice | null };
}

/**
 * Removes a service's guest and makes it anew from a template. Everything on its disk is lost; what it is charged for stays
 * charged throughout.
 * @throws AppError `confirmation_mismatch`, `kind_unsupported`, `template_unavailable`, `size_below_template`, `snapshots_exist`,
 * `validation_failed` where nobody could log in, `service_busy`, `service_not_ready`, `service_expired`, `service_leaving`,
 * `tenant_suspended`.
 */
export async function rebuildService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  request: RebuildRequest,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const templateId = request.templateId ?? service.templateId;
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { template: service.templateId }, after: { template: templateId } });
  if (request.typedName !== service.name) throw new AppError("confirmation_mismatch");
  await refuseUnready(deps, service, "starts");
  const template = await launchableTemplate(deps, templateId);
  if (template.clusterId !== service.clusterId) throw new AppError("template_unavailable");
  if (template.kind !== service.kind) throw new AppError("kind_unsupported");
  checkSize(service, template, "#/size");
  const login = await loginAfter(deps, scope, service, request);
  const { password } = request.login;
  return beginOn(deps, scope, service, "rebuild", idempotency, {
    facts: { ...login, templateId },
    changes: password === null ? {} : { passwordSealed: await seal(deps, `service:${service.id}`, password) },
  });
}

/** What a rebuild that is tried again has from the one before: what was wished, the card, and that nothing is left to remove. */
export function rebuildFacts({ facts }: Pick<OperationRow, "facts">): OperationRow["facts"] {
  const kept = ["templateId", "loginUser", "sshKeys", "card"] as const;
  const pairs = kept.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]] as const]));
  return { ...Object.fromEntries(pairs), gone: true };
}

async function loginAfter(
  deps: Deps,
  scope: Scope,
  service: ServiceRow,
  { login }: RebuildRequest,
): Promise<{ loginUser: string; sshKeys: string }> {
  const loginUser = service.kind === "container" ? CONTAINER_USER : (login.user ?? service.loginUser);
  const sshKeys = login.keys === null ? service.sshKeys : await chosenKeys(deps, scope, login.keys);
  if (login.password === null && sshKeys === "")
    throw new AppError("validation_failed", {}, { fields: [{ pointer: "#/login/password", code: "required" }] });
  return { loginUser, sshKeys };
}
