// Power actions and deletion: what they do in the lab, one at a time, and only to guests that are the portal's own.
import { afterEach, describe, expect, it } from "vitest";
import type { OperationView, Problem } from "../worker/rules/views.ts";
import {
  ended,
  fault,
  labDisks,
  labGuests,
  launch,
  launched,
  newTenant,
  pause,
  serviceOf,
  used,
} from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { booted, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, expectUntouched, guestOf, rows, servicesOf, site, vmidOf } from "./harness/site.ts";
import { power, remove } from "./harness/verb-requests.ts";
import { over } from "./harness/verbs.ts";
import { FAULTS } from "./harness/weather.ts";

type Action = "start" | "shutdown" | "stop" | "reboot";

afterEach(expectHonestLedger);

/** Name of a tenant's pool. */
function guestPoolOf(tenant: Tenant): string {
  return String(rows("select pool from identities where tenant_id = ?", tenant.id)[0]?.["pool"]);
}

describe("power", () => {
  it("does what it is told, and telling it what is so already changes nothing", async () => {
    const tenant = await newTenant(site, "power");
    const service = await launched(tenant);
    const walk: [Action, string][] = [
      ["start", "running"],
      ["reboot", "running"],
      ["shutdown", "stopped"],
      ["shutdown", "stopped"],
      ["start", "running"],
      ["stop", "stopped"],
      ["stop", "stopped"],
    ];
    for (const [action, after] of walk) {
      if ((await guestOf(service.id))?.status === "running") await booted(vmidOf(service.id));
      const operation = await over(tenant, power(tenant, service.id, action));
      expect([action, operation.status, operation.error]).toEqual([action, "succeeded", null]);
      expect((await guestOf(service.id))?.status).toBe(after);
      expect(await serviceOf(tenant, service.id)).toMatchObject({ power: after, state: "ready", operationId: null });
    }
    expect((await serviceOf(tenant, service.id)).address).toBeNull();
  });

  it("says what went wrong with a guest that does not run, and leaves it as it was", async () => {
    const tenant = await newTenant(site, "reboot");
    const service = await launched(tenant);
    await over(tenant, power(tenant, service.id, "stop"));
    const operation = await over(tenant, power(tenant, service.id, "reboot"));
    expect([operation.status, operation.error?.code]).toEqual(["failed", "not_running"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "stopped", operationId: null });
  });

  it("takes one change at a time: of two at once one wins", async () => {
    const tenant = await newTenant(site, "busy");
    const service = await launched(tenant);
    const answers = await Promise.all([
      power(tenant, service.id, "stop"),
      power(tenant, service.id, "reboot"),
      remove(tenant, service),
    ]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([202, 409, 409]);
    for (const answer of answers.filter((row) => row.status === 409)) expect(answer.body.code).toBe("service_busy");
    for (const answer of answers.filter((row) => row.status === 202)) await over(tenant, answer);
  });

  it("refuses what is no action, and what comes while the service is made or deleted", async () => {
    const tenant = await newTenant(site, "refused");
    const launching = await launch(tenant);
    const { service } = launching.body;
    const bad = await power(tenant, service.id, "explode");
    expect([bad.status, bad.body.errors]).toEqual([400, [{ pointer: "#/action", code: "format" }]]);
    for (const answer of [await power(tenant, service.id, "stop"), await remove(tenant, service)]) {
      expect([answer.status, answer.body.code]).toEqual([409, "service_busy"]);
    }
    await over(tenant, launching);
    const deletion = await remove(tenant, service);
    const late = await power(tenant, service.id, "start");
    expect([409, 404]).toContain(late.status);
    await over(tenant, deletion);
    const gone = await power(tenant, service.id, "start");
    expect([gone.status, gone.body.code]).toEqual([404, "not_found"]);
  });

  it("follows what happens behind the portal's back", async () => {
    const tenant = await newTenant(site, "behind");
    const service = await launched(tenant);
    await pve(await root(), "POST", `/nodes/pve1/qemu/${vmidOf(service.id)}/status/stop`);
    await untilPower(tenant, service.id, "stopped");
    await pve(await root(), "POST", `/nodes/pve1/qemu/${vmidOf(service.id)}/status/start`);
    await untilPower(tenant, service.id, "running");
    expect((await serviceOf(tenant, service.id)).operationId).toBeNull();
  });
});

async function untilPower(tenant: Tenant, serviceId: string, wanted: string): Promise<void> {
  // What an operation has seen outweighs lists for a quarter of a minute.
  const deadline = Date.now() + 28_000;
  while ((await serviceOf(tenant, serviceId)).power !== wanted) {
    if (Date.now() > deadline) throw new Error(`never ${wanted}`);
    await pause(100);
  }
}

describe("deletion", () => {
  it("takes guest, disks and charges away, running or not", async () => {
    const tenant = await newTenant(site, "delete");
    const [running, stopped] = await Promise.all([launched(tenant), launched(tenant)]);
    await over(tenant, power(tenant, stopped.id, "stop"));
    const vmids = [running, stopped].map((service) => vmidOf(service.id));
    expect((await labDisks(site.controlUrl)).filter((disk) => vmids.includes(disk.vmid)).length).toBeGreaterThanOrEqual(
      2,
    );
    const deletions = await Promise.all([remove(tenant, running), remove(tenant, stopped)]);
    for (const answer of deletions) expect((await over(tenant, answer)).status).toBe("succeeded");
    await expectUntouched(tenant);
    expect((await labGuests(site.controlUrl)).filter((guest) => vmids.includes(guest.vmid))).toEqual([]);
    expect((await labDisks(site.controlUrl)).filter((disk) => vmids.includes(disk.vmid))).toEqual([]);
    expect((await tenant.person.send("GET", tenant.at(`/services/${running.id}`))).status).toBe(404);
    // What was done stays to be read.
    const { operations } = await tenant.person.ok<{ operations: OperationView[] }>("GET", tenant.at("/operations"));
    expect(operations.map((row) => row.kind).toSorted()).toEqual(["delete", "delete", "launch", "launch", "stop"]);
  });

  it("wants the name typed, letter by letter", async () => {
    const tenant = await newTenant(site, "typed");
    const service = await launched(tenant, { name: "keep-me" });
    for (const typed of ["", "keep", "KEEP-ME", "keep-me "]) {
      const answer = await remove(tenant, service, typed);
      expect([answer.status, answer.body.code]).toEqual([409, "confirmation_mismatch"]);
    }
    const untold = await tenant.person.send<Problem>("DELETE", tenant.at(`/services/${service.id}`));
    expect([untold.status, untold.body.errors]).toEqual([400, [{ pointer: "#/confirm", code: "required" }]]);
    expect((await guestOf(service.id))?.status).toBe("running");
  });

  it("gives the name free again", async () => {
    const tenant = await newTenant(site, "free");
    const first = await launched(tenant, { name: "web" });
    await over(tenant, remove(tenant, first));
    expect((await launched(tenant, { name: "web" })).id).not.toBe(first.id);
  });

  it("leaves a guest alone that has lost the portal's mark, and its charge with it", async () => {
    const tenant = await newTenant(site, "mark");
    const service = await launched(tenant);
    const path = `/nodes/pve1/qemu/${vmidOf(service.id)}/config`;
    const before = await used(tenant);
    for (const description of ["somebody else's", `nubemox:${service.id}x`, "nubemox:svc_00000000000000000000"]) {
      expect((await pve(await root(), "PUT", path, { description })).status).toBe(200);
      const operation = await over(tenant, remove(tenant, service));
      expect([operation.status, operation.error?.code]).toEqual(["failed", "guest_not_ours"]);
      expect(await used(tenant)).toEqual(before);
      expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", operationId: null });
      const guest = (await labGuests(site.controlUrl)).find((row) => row.vmid === vmidOf(service.id));
      expect(guest?.status).toBe("running");
    }
    await pve(await root(), "PUT", path, { description: `kept\nnubemox:${service.id}` });
    expect((await over(tenant, remove(tenant, service))).status).toBe("succeeded");
    await expectUntouched(tenant);
  });

  it("removes a failed one whose number somebody else's guest has by now, and leaves that alone", async () => {
    const tenant = await newTenant(site, "taken");
    const rule = { ...FAULTS["answers 500"]?.rule, method: "POST", path: "/qemu/[0-9]+/config$" };
    const calm = await fault(site.controlUrl, rule);
    const { body } = await launch(tenant);
    expect((await ended(tenant, body.operation.id)).status).toBe("reverted");
    await calm();
    const vmid = vmidOf(body.service.id);
    expect(vmid).toBeGreaterThan(0);
    const pool = guestPoolOf(tenant);
    expect((await pve(await root(), "POST", "/nodes/pve1/qemu", { vmid, name: "not-ours", pool })).status).toBe(200);
    while (!(await labGuests(site.controlUrl)).some((guest) => guest.vmid === vmid)) await pause(50);
    expect((await over(tenant, remove(tenant, body.service))).status).toBe("succeeded");
    expect(await servicesOf(tenant)).toEqual([]);
    expect((await labGuests(site.controlUrl)).find((guest) => guest.vmid === vmid)?.name).toBe("not-ours");
    await pve(await root(), "DELETE", `/nodes/pve1/qemu/${vmid}`, { purge: 1 });
    while ((await labGuests(site.controlUrl)).some((guest) => guest.vmid === vmid)) await pause(50);
  });

  it("settles what somebody has removed on the cluster already", async () => {
    const tenant = await newTenant(site, "gone");
    const service = await launched(tenant);
    const path = `/nodes/pve1/qemu/${vmidOf(service.id)}`;
    await pve(await root(), "POST", `${path}/status/stop`);
    while ((await guestOf(service.id))?.status === "running") await pause(50);
    await pve(await root(), "DELETE", path, { purge: 1 });
    while (await guestOf(service.id)) await pause(50);
    expect((await over(tenant, remove(tenant, service))).status).toBe("succeeded");
    expect(await servicesOf(tenant)).toEqual([]);
    await expectUntouched(tenant);
  });
});
