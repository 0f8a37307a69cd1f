// Trees for tests: resellers with room, tenants and resellers below them, each with a person of its own.
import type { ChildTenantView, Resource } from "../../worker/rules/views.ts";
import { newTenant } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { site, tenantWith } from "./site.ts";

/** A reseller below the platform with limits of its own. */
export function resellerWith(label: string, limits: Partial<Record<Resource, number>>): Promise<Tenant> {
  return tenantWith(label, limits);
}

/** A tenant or reseller below one, owned by a new person. */
export async function childBelow(
  parent: Tenant,
  label: string,
  limits: Partial<Record<Resource, number>>,
  kind: "tenant" | "reseller" = "tenant",
): Promise<Tenant> {
  const founder = await newTenant(site, label);
  const draft = { name: `Child ${label}`, ownerEmail: founder.email, kind, limits };
  const { child } = await parent.person.ok<{ child: ChildTenantView }>("POST", parent.at("/children"), draft);
  return { ...founder, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}
