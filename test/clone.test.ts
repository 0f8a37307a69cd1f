// Clones of services: a guest of their own with the disks of another, charged like a launch, given back where it fails.
import { afterEach, describe, expect, it } from "vitest";
import { fault, labDisks, labGuests, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import { configOf } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, servicesOf, site, vmidOf } from "./harness/site.ts";
import { clone, power, remove, resize } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

describe("a clone", () => {
  it("is a guest of its own, on, of the same size and login, under its own mark and in the tenant's pool", async () => {
    const tenant = await copier("clone");
    const source = await launched(tenant, { name: "web", size: { cores: 2, memoryMiB: 256, diskGiB: 3 } });
    const asked = await clone(tenant, source.id, "web-2");
    expect(asked.body.service).toMatchObject({ name: "web-2", state: "creating", cores: 2 });
    await done(tenant, asked);
    const copy = await serviceOf(tenant, asked.body.service.id);
    expect(copy).toMatchObject({
      name: "web-2",
      state: "ready",
      power: "running",
      cores: 2,
      memoryMiB: 256,
      diskGiB: 3,
      loginUser: "ana",
      operationId: null,
    });
    const [original, guest] = await Promise.all([guestOf(source.id), guestOf(copy.id)]);
    expect(guest).toMatchObject({ name: "web-2", status: "running", pool: original?.pool, vmid: vmidOf(copy.id) });
    expect(guest?.description).not.toContain(source.id);
    const [before, after] = await Promise.all([configOf(vmidOf(source.id)), configOf(vmidOf(copy.id))]);
    expect(after?.["net0"]).not.toBe(before?.["net0"]);
    expect(after?.["scsi0"]).toMatch(/size=3G/);
    expect(await used(tenant)).toMatchObject({ vcpu: 4, memoryMiB: 512, diskGiB: 6, services: 2 });
    expect(await serviceOf(tenant, source.id)).toMatchObject({ state: "ready", power: "running", operationId: null });
    await done(tenant, remove(tenant, source));
    expect((await guestOf(copy.id))?.status).toBe("running");
    await done(tenant, remove(tenant, copy));
    expect(await used(tenant)).toEqual(NOTHING);
  });

  it("holds what it copies until it is there", async () => {
    const tenant = await copier("holds");
    const source = await launched(tenant);
    const asked = await clone(tenant, source.id, "copy");
    const busy = await power(tenant, source.id, "stop");
    expect([busy.status, busy.body.code]).toEqual([409, "service_busy"]);
    expect(busy.body.params).toEqual({ actor: "Person holds", kind: "clone" });
    expect(await refusal(clone(tenant, source.id, "another"))).toEqual([409, "service_busy"]);
    await done(tenant, asked);
    await done(tenant, power(tenant, source.id, "stop"));
    expect(await servicesOf(tenant)).toHaveLength(2);
  });

  it("is refused in numbers, for a name that is taken, and of another's service, without a trace", async () => {
    const tenant = await copier("refused", { services: 1 });
    const stranger = await newTenant(site, "refused");
    const source = await launched(tenant, { name: "web" });
    const full = await clone(tenant, source.id, "more");
    expect([full.status, full.body.code, full.body.params?.["resource"]]).toEqual([409, "quota_exceeded", "services"]);
    const other = await launched(stranger, { name: "web" });
    const taken = await clone(stranger, other.id, "web");
    expect([taken.status, taken.body.code, taken.body.errors]).toEqual([
      409,
      "name_taken",
      [{ pointer: "#/name", code: "taken" }],
    ]);
    expect(await refusal(clone(stranger, source.id, "stolen"))).toEqual([404, "not_found"]);
    expect(await refusal(clone(stranger, other.id, "No Name"))).toEqual([400, "validation_failed"]);
    expect(await serviceOf(tenant, source.id)).toMatchObject({ operationId: null, state: "ready" });
    expect([await servicesOf(tenant), await servicesOf(stranger)].map((list) => list.length)).toEqual([1, 1]);
  });

  it("comes about once where the answer was lost", async () => {
    const tenant = await copier("lost");
    const source = await launched(tenant);
    const path = `/qemu/${vmidOf(source.id)}/clone$`;
    const asked = await under({ kind: "status", status: 596, done: true, times: 1, method: "POST", path }, async () => {
      const answer = await clone(tenant, source.id, "copied-once");
      await done(tenant, answer);
      return answer;
    });
    const guests = (await labGuests(site.controlUrl)).filter((guest) => guest.name === "copied-once");
    expect(guests.map((guest) => guest.vmid)).toEqual([vmidOf(asked.body.service.id)]);
    expect((await used(tenant))["services"]).toBe(2);
  });

  it.each([
    ["qmclone", "clone"],
    ["qmconfig", "configure"],
    ["qmstart", "start"],
  ])("gives everything back where %s fails, and leaves the original alone", async (taskType, step) => {
    const tenant = await copier("fails");
    const source = await launched(tenant);
    // Larger from its next start on: the copy, which is made of what it is now, has to be set to that.
    await done(tenant, resize(tenant, source.id, { cores: 2, memoryMiB: 128, diskGiB: 2 }));
    const before = await used(tenant);
    const calm = await fault(site.controlUrl, { kind: "task-fail", taskType, taskError: "unexpected failure" });
    const asked = await clone(tenant, source.id, "copy");
    const operation = await over(tenant, asked).finally(calm);
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "task_failed"]);
    expect(operation.steps.find((row) => row.status === "failed")?.name).toBe(step);
    expect(await used(tenant)).toEqual(before);
    const vmid = vmidOf(asked.body.service.id);
    expect((await labGuests(site.controlUrl)).filter((guest) => guest.vmid === vmid)).toEqual([]);
    expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    expect(await serviceOf(tenant, source.id)).toMatchObject({ state: "ready", power: "running", operationId: null });
    const copy = await serviceOf(tenant, asked.body.service.id);
    expect(copy.state).toBe("failed");
    await done(tenant, remove(tenant, copy));
    expect(rows("select id from charges where service_id = ?", copy.id)).toEqual([]);
  });
});
