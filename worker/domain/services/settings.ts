// What a person sets of a service that is there: words about it, its name, the password of an account in it.
import { and, eq } from "drizzle-orm";
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Accepted, ServiceView } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { seal } from "../sealing.ts";
import { beginOn, refuseEnding, refuseUnready, replayed } from "./begin.ts";
import { publishService, serviceOf, viewOfService } from "./services.ts";

/** Words of the portal's own, which no cluster is told; what is not given stays. */
export interface ServiceWords {
  description?: string | undefined;
  tags?: string[] | undefined;
}

/** @throws AppError `not_found`, `service_leaving`, `tenant_suspended` */
export async function describeService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  words: ServiceWords,
): Promise<ServiceView> {
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const before = { description: service.description, tags: service.tags };
  const after = {
    description: words.description ?? before.description,
    tags: words.tags === undefined ? before.tags : [...new Set(words.tags)],
  };
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, before, after });
  refuseEnding(service);
  const mine = and(eq(services.id, service.id), eq(services.tenantId, scope.tenantId));
  await deps.db.update(services).set(after).where(mine);
  await publishService(deps, service.tenantId, service.id);
  const view = await viewOfService(deps, service.id);
  if (!view) throw new AppError("not_found");
  return view;
}

/**
 * Gives a service another name, on the cluster as well; inside, a virtual machine shows it after its next start. The new name is
 * taken at once, the old one comes back where it fails.
 * @throws AppError `name_taken`, `service_busy`, `service_not_ready`, `service_leaving`, `tenant_suspended`.
 */
export async function renameService(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  name: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { name: service.name }, after: { name } });
  await refuseUnready(deps, service);
  return beginOn(deps, scope, service, "rename", idempotency, {
    operation: draftOperation(deps, scope, { id: service.id, name }, "rename", idempotency),
    changes: { name },
    facts: { fromName: service.name, toName: name },
    name,
  });
}

/**
 * Gives an account in a virtual machine another password: the login user's, where no other is named. It is kept, sealed, until the
 * agent was asked.
 * @throws AppError `kind_unsupported`, `not_running`, `service_busy`, `service_not_ready`, `service_leaving`, `tenant_suspended`.
 */
export async function resetPassword(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  account: { user?: string | undefined; password: string },
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const user = account.user ?? service.loginUser;
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { user } });
  if (service.kind === "container") throw new AppError("kind_unsupported");
  await refuseUnready(deps, service);
  if (service.power !== "running" && service.power !== "unknown") throw new AppError("not_running");
  return beginOn(deps, scope, service, "password", idempotency, {
    changes: { passwordSealed: await seal(deps, `service:${service.id}`, account.password) },
    facts: { user },
  });
}
