// Requests that change a service that is there: power, deletion; by people, or by the portal itself.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Accepted, OperationKind } from "../../rules/views.ts";
import { SYSTEM, trail } from "../audit.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { beginOn, busyWith, refuseUnready, replayed } from "./begin.ts";
import { serviceIn, serviceOf } from "./services.ts";

/**
 * Starts, shuts down, stops or reboots a service.
 * @throws AppError `service_busy`, `service_not_ready`, `tenant_suspended` (for starting).
 */
export async function powerService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  action: Extract<OperationKind, "start" | "shutdown" | "stop" | "reboot">,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  if (action === "start" || action === "reboot") refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { action } });
  await refuseUnready(deps, service);
  return beginOn(deps, scope, service, action, idempotency);
}

/**
 * Deletes a service and gives its quota back when its guest is gone. A failed one, which holds nothing, goes at once.
 * @throws AppError `confirmation_mismatch`, `service_busy`.
 */
export async function deleteService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  typedName: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name } });
  if (typedName !== service.name) throw new AppError("confirmation_mismatch");
  if (service.operationId !== null) throw await busyWith(deps, service.id);
  return beginOn(deps, scope, service, "delete", idempotency, { changes: { state: "deleting" } });
}

/**
 * The portal itself shuts down, stops or deletes a service, whatever state its tenant is in. Answers the operation's id, or
 * null where there is nothing to do or another operation is under way: whoever wants it done asks again later.
 */
export async function beginSystemOperation(
  deps: Deps,
  tenantId: string,
  serviceId: string,
  kind: Extract<OperationKind, "shutdown" | "stop" | "delete">,
): Promise<string | null> {
  const service = await serviceIn(deps, tenantId, serviceId);
  if (!service || service.operationId !== null) return null;
  if (kind !== "delete" && service.state !== "ready") return null;
  const by = { tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `system-${crypto.randomUUID()}`, requestHash: "" };
  const changes = kind === "delete" ? { state: "deleting" as const } : {};
  try {
    return (await beginOn(deps, by, service, kind, idempotency, { changes })).operation.id;
  } catch (error) {
    if (error instanceof AppError && error.code === "service_busy") return null;
    throw error;
  }
}
