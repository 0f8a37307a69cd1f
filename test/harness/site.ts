// The running portal as the tests of this file see it, and a look into its database.
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import type { ChildTenantView, Problem, Resource, ServiceView } from "../../worker/rules/views.ts";
import { lane } from "./lane.ts";
import { labGuests, ledgerFaults, newTenant, used } from "./portal.ts";
import type { LabGuest, Site, Tenant } from "./portal.ts";
import { OPERATOR_PASSWORD } from "./shared.ts";
import { readDatabase } from "./database.ts";

export const site: Site = {
  origin: lane.origin,
  controlUrl: lane.controlUrl,
  databaseFile: lane.databaseFile,
};

export type Row = Record<string, string | number | bigint | null | Uint8Array>;

/** Reads rows straight from D1. */
export function rows(sql: string, ...values: (string | number | null)[]): Row[] {
  return readDatabase(site.databaseFile, (database) => database.prepare(sql).all(...values) as Row[]);
}

/**
 * Writes straight to D1: for what has no screen yet, such as other members of a tenant. Only while the portal is at rest: the
 * database that it has open takes no second writer.
 */
export function write(sql: string, ...values: (string | number | null)[]): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on");
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

/** Somebody who is not signed in. */
export function stranger(): Person {
  return new Person(site.origin, site.controlUrl);
}

export function freshEmail(label: string): string {
  return `${label}-${randomBytes(6).toString("hex")}@people.test`;
}

/** The person who runs the platform, signed in. */
export async function platformOperator(): Promise<Person> {
  const person = stranger();
  await person.signIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
  return person;
}

/** A tenant with limits of its own choosing: what the platform gives a reseller, who launches as any tenant does. */
export async function tenantWith(label: string, limits: Partial<Record<Resource, number>>): Promise<Tenant> {
  const [founder, platform] = await Promise.all([newTenant(site, label), platformOperator()]);
  const draft = { name: `Roomy ${label}`, ownerEmail: founder.email, kind: "reseller", limits };
  const { child } = await platform.ok<{ child: ChildTenantView }>("POST", "/api/operator/children", draft);
  return { ...founder, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}

/** A second browser of the same person. */
export async function otherSession(account: { email: string; password: string }): Promise<Person> {
  const person = stranger();
  const status = await person.signIn(account.email, account.password);
  if (status !== 200) throw new Error(`signing in answered ${status}`);
  return person;
}

/** Gives a person a role in a tenant. */
export function addMember(tenantId: string, userId: string, role: "owner" | "operator" | "viewer"): void {
  write("insert into members (tenant_id, user_id, role, created_at) values (?, ?, ?, 0)", tenantId, userId, role);
}

/** A problem without what differs from request to request. */
export function withoutId(body: Problem): Omit<Problem, "requestId"> {
  const { requestId: _, ...rest } = body;
  return rest;
}

/** What a tenant without services has taken. */
export const NOTHING = {
  vcpu: 0,
  memoryMiB: 0,
  diskGiB: 0,
  services: 0,
  snapshots: 0,
  backups: 0,
  backupGiB: 0,
  publicIps: 0,
};

export async function servicesOf(tenant: Tenant): Promise<ServiceView[]> {
  return (await tenant.person.ok<{ services: ServiceView[] }>("GET", tenant.at("/services"))).services;
}

/** The guest in the lab that carries the mark of a service. */
export async function guestOf(serviceId: string): Promise<LabGuest | undefined> {
  return (await labGuests(site.controlUrl)).find((guest) => guest.description.includes(`nubemox:${serviceId}`));
}

/** The number that a service's guest has, or had. */
export function vmidOf(serviceId: string): number {
  return Number(rows("select vmid from services where id = ?", serviceId)[0]?.["vmid"]);
}

/** Nothing of this tenant is left anywhere: not in the ledger, not in its list, not in the lab. */
export async function expectUntouched(tenant: Tenant): Promise<void> {
  expect(await used(tenant)).toEqual(NOTHING);
  expect(await servicesOf(tenant)).toEqual([]);
  expect((await labGuests(site.controlUrl)).filter((guest) => guest.pool?.includes(tenant.id.slice(4)))).toEqual([]);
}

/** For after each test: whatever happened, the ledger's sums hold. */
export function expectHonestLedger(): void {
  expect(ledgerFaults(site.databaseFile)).toEqual([]);
}
