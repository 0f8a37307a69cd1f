// What tests and benchmarks do all the time: new tenants, launches, waiting for operations, looking into ledger and lab.
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { Person } from "../../lab/stack/person.ts";
import type { Answer } from "../../lab/stack/person.ts";
import type { Accepted, MeView, OperationView, Problem, QuotaView, ServiceView } from "../../worker/rules/views.ts";
import { readDatabase } from "./database.ts";
import { faultsIn } from "./invariants.ts";

export interface Site {
  origin: string;
  controlUrl: string;
  databaseFile: string;
}

export interface Tenant {
  person: Person;
  id: string;
  email: string;
  password: string;
  /** Path below the tenant: `at("/services")`. */
  at: (path: string) => string;
}

/** A new person with a tenant of its own and the default envelope. */
export async function newTenant(site: Site, label = "t"): Promise<Tenant> {
  const person = new Person(site.origin, site.controlUrl);
  const email = `${label}-${randomBytes(5).toString("hex")}@people.test`;
  const password = "a-long-password";
  await person.signUp({ name: `Person ${label}`, organisation: `Tenant ${label}`, email, password });
  const me = await person.ok<MeView>("GET", "/api/me");
  const id = me.tenants[0]?.id ?? "";
  return { person, id, email, password, at: (path) => `/api/tenants/${id}${path}` };
}

/** Gives a tenant other limits, straight in the tree: what an operator's screen would do. */
export function setLimit(site: Site, tenantId: string, resource: string, limit: number): void {
  const database = new DatabaseSync(site.databaseFile);
  database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on;");
  database
    .prepare('update envelopes set "limit" = ? where tenant_id = ? and resource = ?')
    .run(limit, tenantId, resource);
  database.close();
}

export async function firstTemplate(tenant: Tenant): Promise<string> {
  const { templates } = await tenant.person.ok<{ templates: { id: string; name: string }[] }>(
    "GET",
    tenant.at("/catalogue"),
  );
  const template = templates.find((row) => row.name === "Tiny Linux") ?? templates[0];
  if (!template) throw new Error("the catalogue is empty");
  return template.id;
}

export interface LaunchBody {
  templateId: string;
  name: string;
  size: { cores: number; memoryMiB: number; diskGiB: number };
  login: { user: string; password?: string; sshKeys?: string };
}

export async function launchBody(tenant: Tenant, changes: Partial<LaunchBody> = {}): Promise<LaunchBody> {
  return {
    templateId: changes.templateId ?? (await firstTemplate(tenant)),
    name: `vm-${randomBytes(4).toString("hex")}`,
    size: { cores: 1, memoryMiB: 128, diskGiB: 2 },
    login: { user: "ana", password: "opensesame" },
    ...changes,
  };
}

/** Sends a launch; the answer may be a refusal. */
export async function launch(tenant: Tenant, changes: Partial<LaunchBody> = {}): Promise<Answer<Accepted & Problem>> {
  return tenant.person.send("POST", tenant.at("/services"), await launchBody(tenant, changes));
}

/** Launches and waits; throws unless the service is ready. */
export async function launched(tenant: Tenant, changes: Partial<LaunchBody> = {}): Promise<ServiceView> {
  const answer = await launch(tenant, changes);
  if (answer.status !== 202) throw new Error(`launch refused: ${JSON.stringify(answer.body)}`);
  const operation = await ended(tenant, answer.body.operation.id);
  if (operation.status !== "succeeded")
    throw new Error(`launch ended ${operation.status}: ${JSON.stringify(operation.error)}`);
  return serviceOf(tenant, answer.body.service.id);
}

export async function serviceOf(tenant: Tenant, serviceId: string): Promise<ServiceView> {
  return (await tenant.person.ok<{ service: ServiceView }>("GET", tenant.at(`/services/${serviceId}`))).service;
}

/** Waits until an operation has ended, whichever way. */
export async function ended(tenant: Tenant, operationId: string, timeoutMs = 110_000): Promise<OperationView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await tenant.person
      .send<{ operation: OperationView }>("GET", tenant.at(`/operations/${operationId}`))
      .catch(() => null);
    const operation = answer?.status === 200 ? answer.body.operation : null;
    if (operation?.endedAt) return operation;
    if (Date.now() > deadline)
      throw new Error(`operation still ${operation?.status}: ${JSON.stringify(operation?.steps)}`);
    await pause(100);
  }
}

export async function used(tenant: Tenant): Promise<Record<string, number>> {
  const quota = await tenant.person.ok<QuotaView>("GET", tenant.at("/quota"));
  return Object.fromEntries(quota.resources.map((row) => [row.resource, row.used]));
}

/** What breaks an invariant of the ledger, read directly from the database; empty when all is well. */
export function ledgerFaults(databaseFile: string): string[] {
  return readDatabase(databaseFile, faultsIn);
}

export interface LabGuest {
  vmid: number;
  name: string;
  node: string;
  pool: string | null;
  status: string;
  /** Of one that is on. */
  paused: boolean;
  description: string;
}

/** Guests of the lab that were launched by the portal. */
export async function labGuests(controlUrl: string): Promise<LabGuest[]> {
  const guests = (await (await fetch(`${controlUrl}/guests`)).json()) as LabGuest[];
  return guests.filter((guest) => guest.vmid >= 10_000);
}

/** Disks of the lab that belong to guests launched by the portal. */
export async function labDisks(controlUrl: string): Promise<{ volid: string; vmid: number }[]> {
  const files = (await (await fetch(`${controlUrl}/storage-files`)).json()) as { volid: string; vmid: number }[];
  return files.filter((file) => file.vmid >= 10_000);
}

/** Switches a fault of the lab on; answers how to switch it off. */
export async function fault(controlUrl: string, body: Record<string, unknown>): Promise<() => Promise<void>> {
  const answer = await fetch(`${controlUrl}/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`fault refused: ${await answer.text()}`);
  const { id } = (await answer.json()) as { id: string };
  return async () => {
    await fetch(`${controlUrl}/faults/${id}`, { method: "DELETE" });
  };
}

export async function clearFaults(controlUrl: string): Promise<void> {
  await fetch(`${controlUrl}/faults`, { method: "DELETE" });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}
