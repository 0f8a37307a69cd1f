// Power, names and passwords while the Worker dies: what was begun comes to its end, and the guest is rebooted once.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Accepted, ServiceView } from "../worker/rules/views.ts";
import { readDatabase } from "./harness/database.ts";
import { ended, fault, labGuests, launched, newTenant, pause, serviceOf } from "./harness/portal.ts";
import type { Site, Tenant } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

let own: TestStack;
let site: Site;
let tenant: Tenant;
let service: ServiceView;

beforeAll(async () => {
  own = await startTestStack();
  const { stack } = own;
  site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  tenant = await newTenant(site, "crash");
  service = await launched(tenant, { name: "before" });
}, 180_000);

afterAll(async () => {
  await own.remove();
});

/** Begins something and kills the Worker after each of these waits. */
async function throughCrashes(waits: readonly number[], method: string, path: string, body: unknown): Promise<void> {
  const address = tenant.at(`/services/${service.id}${path}`);
  const { operation } = await tenant.person.ok<Accepted>(method, address, body);
  for (const waitMs of waits) {
    await pause(waitMs);
    await own.stack.killWorker();
    await own.stack.startWorker();
  }
  const { status, error } = await ended(tenant, operation.id, 120_000);
  expect([path, status, error]).toEqual([path, "succeeded", null]);
}

/** How often the lab was asked for a power verb of a machine. */
async function callsOf(verb: string): Promise<number> {
  const calls = (await (await fetch(`${site.controlUrl}/calls`)).json()) as Record<string, number>;
  return calls[`POST /nodes/{node}/qemu/{vmid}/status/${verb}`] ?? 0;
}

it("reboots a guest that does not listen by force, wherever it was cut off", async () => {
  const [guest] = await labGuests(site.controlUrl);
  const calm = await fault(site.controlUrl, { kind: "guest-deaf", vmid: guest?.vmid });
  const body = { action: "reboot", timeoutSeconds: 10, force: true };
  await throughCrashes([300, 9_000, 1_500], "POST", "/power", body);
  await calm();
  expect(await serviceOf(tenant, service.id)).toMatchObject({ power: "running", state: "ready", operationId: null });
  expect((await labGuests(site.controlUrl))[0]?.status).toBe("running");
  // One start was that of the launch.
  expect(await Promise.all(["reboot", "start"].map(callsOf))).toEqual([1, 2]);
}, 240_000);

it("renames, on both sides", async () => {
  await throughCrashes([0, 700], "PUT", "/name", { name: "after" });
  expect((await serviceOf(tenant, service.id)).name).toBe("after");
  expect((await labGuests(site.controlUrl))[0]?.name).toBe("after");
}, 240_000);

it("sets a password, and forgets it", async () => {
  await throughCrashes([0], "POST", "/password", { password: "Correct-Horse-42!" });
  const kept = readDatabase(site.databaseFile, (database) =>
    database.prepare("select password_sealed from services where id = ?").all(service.id),
  );
  expect(kept).toEqual([{ password_sealed: null }]);
}, 240_000);
