// Deleting a tenant while the Worker dies again and again: it comes to its end all the same, and nothing is left.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { Accepted, ChildTenantView, MeView } from "../worker/rules/views.ts";
import { readDatabase } from "./harness/database.ts";
import { ended, labDisks, labGuests, launched, ledgerFaults, pause } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

let own: TestStack;

beforeAll(async () => {
  own = await startTestStack();
}, 120_000);

afterAll(async () => {
  await own.remove();
});

async function person(label: string): Promise<Tenant> {
  const { stack } = own;
  const who = new Person(stack.origin, stack.lab.controlUrl);
  const email = `${label}-${randomBytes(5).toString("hex")}@people.test`;
  const password = "a-long-password";
  await who.signUp({ name: label, organisation: label, email, password });
  const id = (await who.ok<MeView>("GET", "/api/me")).tenants[0]?.id ?? "";
  return { person: who, id, email, password, at: (path) => `/api/tenants/${id}${path}` };
}

async function below(place: string, as: Person, owner: Tenant, kind: "tenant" | "reseller"): Promise<Tenant> {
  const limits = { vcpu: 4, memoryMiB: 2_048, diskGiB: 20, services: 4, snapshots: 4, backups: 2, backupGiB: 8 };
  const draft = { name: `${kind} of ${owner.email}`, ownerEmail: owner.email, kind, limits };
  const { child } = await as.ok<{ child: ChildTenantView }>("POST", `${place}/children`, draft);
  return { ...owner, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}

it("is resumed after every crash, wherever it was", async () => {
  const { stack, operator } = own;
  const site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  const reseller = await below("/api/operator", operator, await person("rita"), "reseller");
  const tenant = await below(reseller.at(""), reseller.person, await person("tom"), "tenant");
  const [first] = await Promise.all([launched(tenant), launched(tenant)]);
  const backup = { notes: "", protected: true };
  const { operation } = await tenant.person.ok<Accepted>("POST", tenant.at(`/services/${first?.id}/backups`), backup);
  expect((await ended(tenant, operation.id)).status).toBe("succeeded");
  const name = encodeURIComponent(`reseller of ${reseller.email}`);
  await operator.ok("DELETE", `/api/operator/children/${reseller.id}?confirm=${name}`);
  const statuses = () =>
    readDatabase(site.databaseFile, (database) =>
      database.prepare("select status from tenants where id in (?, ?)").all(reseller.id, tenant.id),
    ).map((row) => row["status"]);
  for (const waitMs of [150, 900, 1_600, 2_500]) {
    await pause(waitMs);
    if (waitMs === 150) expect(statuses()).toEqual(["deleting", "deleting"]);
    await stack.killWorker();
    await stack.startWorker();
  }
  for (let tries = 0; tries < 900 && statuses().some((status) => status !== "deleted"); tries += 1) await pause(100);
  expect(statuses()).toEqual(["deleted", "deleted"]);
  const ours = (row: { vmid: number }) => row.vmid >= 10_000;
  expect((await labGuests(site.controlUrl)).filter(ours)).toEqual([]);
  expect((await labDisks(site.controlUrl)).filter(ours)).toEqual([]);
  expect(ledgerFaults(site.databaseFile)).toEqual([]);
}, 240_000);
