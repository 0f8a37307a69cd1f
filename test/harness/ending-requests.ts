// What ends a service, changes its drive or makes it anew, as tests ask for it.
import type { OperationView, ServiceView } from "../../worker/rules/views.ts";
import type { Tenant } from "./portal.ts";
import { site } from "./site.ts";
import type { Asked } from "./verb-requests.ts";

type Body = Record<string, unknown>;
interface Named {
  id: string;
  name: string;
}

export function removeLater(tenant: Tenant, service: Named, graceDays: number): Promise<Asked> {
  return tenant.person.send(
    "DELETE",
    tenant.at(`/services/${service.id}?confirm=${service.name}&graceDays=${graceDays}`),
  );
}

export function keep(tenant: Tenant, serviceId: string) {
  return tenant.person.send<{ service: ServiceView; code?: string }>(
    "POST",
    tenant.at(`/services/${serviceId}/keep`),
    {},
  );
}

export function expire(tenant: Tenant, serviceId: string, expiresAt: number | null) {
  return tenant.person.send<{ service: ServiceView; code?: string }>(
    "PUT",
    tenant.at(`/services/${serviceId}/expiry`),
    { expiresAt },
  );
}

export function putMedia(tenant: Tenant, serviceId: string, body: Body): Promise<Asked> {
  return tenant.person.send("PUT", tenant.at(`/services/${serviceId}/media`), body);
}

export function callOff(tenant: Tenant, operationId: string) {
  return tenant.person.send<{ operation: OperationView; code?: string }>(
    "POST",
    tenant.at(`/operations/${operationId}/cancel`),
    {},
  );
}

export function retry(tenant: Tenant, operationId: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/operations/${operationId}/retry`));
}

export function rebuild(tenant: Tenant, service: Named, more: Body = {}): Promise<Asked> {
  const login = { user: "ana", password: "opensesame" };
  return tenant.person.send("POST", tenant.at(`/services/${service.id}/rebuild`), {
    confirm: service.name,
    login,
    ...more,
  });
}

export function restoreOver(tenant: Tenant, backupId: string, confirm: string, safety: boolean): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/backups/${backupId}/restore-over`), { confirm, safety });
}

/** Subjects of the mails that an address has got, oldest first. */
export async function subjectsTo(email: string): Promise<string[]> {
  const answer = await fetch(`${site.controlUrl}/mail.json?to=${encodeURIComponent(email)}`);
  return ((await answer.json()) as { subject: string }[]).map((mail) => mail.subject);
}
