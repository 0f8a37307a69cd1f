// A reseller with a tenant below it, and what tests of the tree ask of the two.
import type { QuotaRequestView } from "../../worker/rules/views-tree.ts";
import type { ChildTenantView, EnvelopeMode, Problem, QuotaView, Resource } from "../../worker/rules/views.ts";
import { newTenant, pause } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { rows, site, tenantWith } from "./site.ts";

export type SomeLimits = Partial<Record<Resource, number>>;
export type SomeModes = Partial<Record<Resource, EnvelopeMode>>;

/** Enough for anything that a test without a limit of its own asks for. */
export const ROOMY = {
  vcpu: 8,
  memoryMiB: 8_192,
  diskGiB: 80,
  services: 8,
  snapshots: 8,
  backups: 8,
  backupGiB: 80,
} as const satisfies SomeLimits;

/** A reseller with these limits and its owner. */
export function newReseller(label: string, limits: SomeLimits = ROOMY): Promise<Tenant> {
  return tenantWith(label, limits);
}

/** A tenant (or reseller) below one, whose owner is a person of its own. */
export async function newChild(
  above: Tenant,
  label: string,
  limits: SomeLimits,
  modes?: SomeModes,
  kind: "tenant" | "reseller" = "tenant",
): Promise<Tenant> {
  const owner = await newTenant(site, label);
  const draft = { name: `Below ${label}`, ownerEmail: owner.email, kind, limits, ...(modes ? { modes } : {}) };
  const { child } = await above.person.ok<{ child: ChildTenantView }>("POST", above.at("/children"), draft);
  return { ...owner, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}

/** Asks for other limits or modes of a child; the answer may be a refusal. */
export function change(above: Tenant, child: Tenant, limits: SomeLimits, modes?: SomeModes) {
  const body = { limits, ...(modes ? { modes } : {}) };
  return above.person.send<{ child: ChildTenantView } & Problem>("PUT", above.at(`/children/${child.id}/limits`), body);
}

/** One resource of a tenant's quota, as it sees it. */
export async function rowOf(tenant: Tenant, resource: Resource): Promise<QuotaView["resources"][number]> {
  const { resources } = await tenant.person.ok<QuotaView>("GET", tenant.at("/quota"));
  const row = resources.find((candidate) => candidate.resource === resource);
  if (!row) throw new Error(`no row of ${resource}`);
  return row;
}

/** Used and limit of every resource that a tenant has an envelope of, straight from the database. */
export function envelopesOf(tenantId: string): Record<string, string> {
  const found = rows(`select resource, used, "limit" as "limit" from envelopes where tenant_id = ?`, tenantId);
  return Object.fromEntries(found.map((row) => [String(row["resource"]), `${row["used"]}/${row["limit"]}`]));
}

/** Asks the one above for more. */
export function ask(tenant: Tenant, wanted: SomeLimits, message = "please") {
  return tenant.person.send<{ request: QuotaRequestView } & Problem>("POST", tenant.at("/quota/requests"), {
    wanted,
    message,
  });
}

/** The newest mail to an address whose subject matches; waits for it. */
export async function mailTo(email: string, subject: RegExp): Promise<{ subject: string; text: string }> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(200)) {
    const answer = await fetch(`${site.controlUrl}/mail.json?to=${encodeURIComponent(email)}`);
    const mails = (await answer.json()) as { subject: string; text: string }[];
    const mail = mails.find((candidate) => subject.test(candidate.subject));
    if (mail) return mail;
  }
  throw new Error(`no mail to ${email} about ${subject}`);
}
