// The cluster goes away and comes back: whatever was under way ends, in success or with everything given back.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Accepted, ClusterView, OperationView, Problem } from "../worker/rules/views.ts";
import {
  ended,
  labDisks,
  labGuests,
  launchBody,
  launched,
  ledgerFaults,
  newTenant,
  pause,
  used,
} from "./harness/portal.ts";
import type { Site, Tenant } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

let own: TestStack;
let site: Site;
let tenant: Tenant;

beforeAll(async () => {
  // Slow enough that each step can be caught.
  own = await startTestStack({ labSpeed: 4 });
  const { stack } = own;
  site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  tenant = await newTenant(site, "outage");
}, 120_000);

afterAll(async () => own.remove(), 30_000);

/** Waits until an operation has come to a step, or has ended. */
async function untilStep(operationId: string, step: string): Promise<OperationView> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const answer = await tenant.person.ok<{ operation: OperationView }>("GET", tenant.at(`/operations/${operationId}`));
    const state = answer.operation.steps.find((row) => row.name === step)?.status;
    if (answer.operation.endedAt !== null || (state !== undefined && state !== "pending")) return answer.operation;
    await pause(20);
  }
  throw new Error(`the operation never came to ${step}`);
}

async function launchUntil(step: string): Promise<Accepted> {
  const accepted = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), await launchBody(tenant));
  await untilStep(accepted.operation.id, step);
  return accepted;
}

async function remove(service: { id: string; name: string }): Promise<void> {
  const gone = await tenant.person.ok<Accepted>("DELETE", tenant.at(`/services/${service.id}?confirm=${service.name}`));
  expect((await ended(tenant, gone.operation.id)).status).toBe("succeeded");
}

async function expectEmpty(): Promise<void> {
  expect(Object.values(await used(tenant)).every((amount) => amount === 0)).toBe(true);
  expect(await labGuests(site.controlUrl)).toEqual([]);
  expect(await labDisks(site.controlUrl)).toEqual([]);
  expect(ledgerFaults(site.databaseFile)).toEqual([]);
}

describe("a cluster that is restarted", () => {
  it.each(["clone", "configure", "disk", "start", "address"])("while a launch is at %s, for a moment", async (step) => {
    const { service, operation } = await launchUntil(step);
    await own.stack.stopLab();
    await own.stack.startLab();
    const end = await ended(tenant, operation.id);
    process.stdout.write(`restarted at ${step}: ${end.status} ${end.error?.code ?? ""}\n`);
    expect(["succeeded", "reverted"]).toContain(end.status);
    expect((await labGuests(site.controlUrl)).length).toBe(end.status === "succeeded" ? 1 : 0);
    expect((await used(tenant))["services"]).toBe(end.status === "succeeded" ? 1 : 0);
    await remove(service);
    await expectEmpty();
  });
});

describe("a cluster that stays away", () => {
  it("ends a launch with everything given back as soon as it is there again, and not before", async () => {
    const { service, operation } = await launchUntil("configure");
    await own.stack.stopLab();
    const deadline = Date.now() + 40_000;
    let now: OperationView;
    do {
      await pause(300);
      now = (await tenant.person.ok<{ operation: OperationView }>("GET", tenant.at(`/operations/${operation.id}`)))
        .operation;
    } while (now.status !== "reverting" && Date.now() < deadline);
    expect([now.status, now.error?.code]).toEqual(["reverting", "cluster_unreachable"]);
    // What the cluster may still hold is charged until it is known to be gone.
    expect((await used(tenant))["services"]).toBe(1);
    await own.stack.startLab();
    const end = await ended(tenant, operation.id);
    expect([end.status, end.error?.code, end.retryable]).toEqual(["reverted", "cluster_unreachable", true]);
    await expectEmpty();
    const again = await tenant.person.ok<Accepted>("POST", tenant.at(`/operations/${operation.id}/retry`));
    expect((await ended(tenant, again.operation.id)).status).toBe("succeeded");
    await remove(service);
    await expectEmpty();
  }, 120_000);

  it("is told as such: lists are served, consoles and operators hear of it", async () => {
    const service = await launched(tenant);
    await own.stack.stopLab();
    const list = await tenant.person.send("GET", tenant.at("/services"));
    expect(list.status).toBe(200);
    const answer = await tenant.person.send<Problem>("POST", tenant.at(`/services/${service.id}/console`), {});
    expect([answer.status, answer.body.code]).toEqual([503, "cluster_unreachable"]);
    const { cluster } = await own.operator.ok<{ cluster: ClusterView }>(
      "POST",
      `/api/operator/clusters/${own.clusterId}/check`,
    );
    expect(cluster.status).toBe("unreachable");
    await own.stack.startLab();
    const checked = await own.operator.ok<{ cluster: ClusterView }>(
      "POST",
      `/api/operator/clusters/${own.clusterId}/check`,
    );
    expect([checked.cluster.status, checked.cluster.missing]).toEqual(["ok", []]);
    await remove(service);
    await expectEmpty();
  });
});
