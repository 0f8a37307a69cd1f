// Power beyond on and off: reset, suspend and resume, guests that do not listen, and services at the end of their time.
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { CatalogueView, ServiceView } from "../worker/rules/views.ts";
import { clearFaults, fault, launched, pause, serviceOf } from "./harness/portal.ts";
import type { LaunchBody, Tenant } from "./harness/portal.ts";
import { booted, pve, root, tasksOf } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, site, vmidOf, write } from "./harness/site.ts";
import { backUp, describeIt, power, remove, rename, resize, setPassword, snap } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);
afterAll(() => clearFaults(site.controlUrl));

async function machine(tenant: Tenant): Promise<ServiceView> {
  const service = await launched(tenant);
  await booted(vmidOf(service.id));
  return service;
}

async function container(tenant: Tenant): Promise<ServiceView> {
  const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
  const templateId = templates.find((row) => row.kind === "container")?.id ?? "";
  return launched(tenant, { templateId, login: { password: "opensesame" } as LaunchBody["login"] });
}

/** Power as the lab has it. */
async function labPower(serviceId: string): Promise<string> {
  const path = `/nodes/pve1/qemu/${vmidOf(serviceId)}/status/current`;
  return (await pve<{ qmpstatus: string }>(await root(), "GET", path)).data.qmpstatus;
}

async function expectPower(tenant: Tenant, serviceId: string, wanted: string): Promise<void> {
  expect(await labPower(serviceId)).toBe(wanted);
  expect(await serviceOf(tenant, serviceId)).toMatchObject({ power: wanted, state: "ready", operationId: null });
}

describe("a virtual machine", () => {
  it("is reset, suspended and resumed; telling it what is so already changes nothing", async () => {
    const tenant = await copier("verbs");
    const service = await machine(tenant);
    const { address } = service;
    for (const [action, after] of [
      ["reset", "running"],
      ["suspend", "paused"],
      ["suspend", "paused"],
      ["resume", "running"],
    ] as const) {
      await done(tenant, power(tenant, service.id, action));
      await expectPower(tenant, service.id, after);
    }
    const vmid = vmidOf(service.id);
    const counts = await Promise.all(["qmreset", "qmpause", "qmresume"].map((type) => tasksOf(vmid, type)));
    expect(counts).toEqual([1, 1, 1]);
    expect((await serviceOf(tenant, service.id)).address).toBe(address);
  });

  it("that is suspended goes on where it is started, shut down or rebooted, and stays so in the lists until then", async () => {
    const tenant = await copier("asleep");
    const services = await Promise.all([machine(tenant), machine(tenant), machine(tenant), machine(tenant)]);
    const [started, shut, rebooted, left] = services as [ServiceView, ServiceView, ServiceView, ServiceView];
    await Promise.all(services.map(({ id }) => done(tenant, power(tenant, id, "suspend"))));
    await Promise.all([
      done(tenant, power(tenant, started.id, "start")),
      done(tenant, power(tenant, shut.id, "shutdown")),
      done(tenant, power(tenant, rebooted.id, "reboot")),
    ]);
    await Promise.all([
      expectPower(tenant, started.id, "running"),
      expectPower(tenant, shut.id, "stopped"),
      expectPower(tenant, rebooted.id, "running"),
    ]);
    expect(await tasksOf(vmidOf(rebooted.id), "qmreboot")).toBe(1);
    // By then the lists count again.
    await pause(17_000);
    await expectPower(tenant, left.id, "paused");
    await pve(await root(), "POST", `/nodes/pve1/qemu/${vmidOf(left.id)}/status/resume`);
    await expect.poll(async () => (await serviceOf(tenant, left.id)).power, { timeout: 15_000 }).toBe("running");
  }, 120_000);

  it("is refused what it cannot do as it is", async () => {
    const tenant = await copier("cannot");
    const service = await machine(tenant);
    expect(await refusal(power(tenant, service.id, "resume"))).toEqual([409, "not_paused"]);
    await done(tenant, power(tenant, service.id, "suspend"));
    expect(await refusal(power(tenant, service.id, "reset"))).toEqual([409, "not_running"]);
    await done(tenant, power(tenant, service.id, "stop"));
    for (const action of ["reset", "suspend"])
      expect(await refusal(power(tenant, service.id, action))).toEqual([409, "not_running"]);
    expect(await refusal(power(tenant, service.id, "resume"))).toEqual([409, "not_paused"]);
    for (const timeoutSeconds of [9, 601, 10.5, "60"])
      expect(await refusal(power(tenant, service.id, "shutdown", { timeoutSeconds }))).toEqual([
        400,
        "validation_failed",
      ]);
    expect(await refusal(power(tenant, service.id, "shutdown", { force: "yes" }))).toEqual([400, "validation_failed"]);
  });

  it("is seen as it is where the list was wrong", async () => {
    const tenant = await copier("stale");
    const service = await machine(tenant);
    await pve(await root(), "POST", `/nodes/pve1/qemu/${vmidOf(service.id)}/status/stop`);
    await expect.poll(() => labPower(service.id)).toBe("stopped");
    for (const action of ["reset", "suspend"]) {
      const asked = await power(tenant, service.id, action);
      // The list may have told it meanwhile.
      if (asked.status === 409) expect(asked.body.code).toBe("not_running");
      else expect((await over(tenant, asked)).error?.code).toBe("not_running");
    }
  });
});

describe("an answer that was lost", () => {
  const LOST = { kind: "status", status: 596, method: "POST", times: 1 };

  it.each([
    ["reset", "qmreset", "running"],
    ["reboot", "qmreboot", "running"],
    ["suspend", "qmpause", "paused"],
  ])("of a %s that was begun is not asked for again", async (action, type, after) => {
    const tenant = await copier("lost");
    const service = await machine(tenant);
    const vmid = vmidOf(service.id);
    await under({ ...LOST, done: true, path: `/qemu/${vmid}/status/${action}$` }, () =>
      done(tenant, power(tenant, service.id, action)),
    );
    await expectPower(tenant, service.id, after);
    expect(await tasksOf(vmid, type)).toBe(1);
  });

  it("of a resume that was begun is seen by what has come of it", async () => {
    const tenant = await copier("lost");
    const service = await machine(tenant);
    const vmid = vmidOf(service.id);
    await done(tenant, power(tenant, service.id, "suspend"));
    await under({ ...LOST, done: true, path: `/qemu/${vmid}/status/resume$` }, () =>
      done(tenant, power(tenant, service.id, "resume")),
    );
    await expectPower(tenant, service.id, "running");
    expect(await tasksOf(vmid, "qmresume")).toBe(1);
  });

  it("of a reset that never came there is followed by another, once it can no longer be on its way", async () => {
    const tenant = await copier("never");
    const service = await machine(tenant);
    const vmid = vmidOf(service.id);
    const operation = await under({ ...LOST, path: `/qemu/${vmid}/status/reset$` }, () =>
      done(tenant, power(tenant, service.id, "reset")),
    );
    expect(await tasksOf(vmid, "qmreset")).toBe(1);
    expect(Number(operation.endedAt) - operation.startedAt).toBeGreaterThan(5_000);
  });
});

describe("a task that fails", () => {
  it.each([
    ["reset", "qmreset"],
    ["suspend", "qmpause"],
  ])("is told, and leaves the service as it was: %s", async (action, taskType) => {
    const tenant = await copier("failing");
    const service = await machine(tenant);
    const operation = await under({ kind: "task-fail", taskType, taskError: "it broke" }, () =>
      over(tenant, power(tenant, service.id, action)),
    );
    expect([operation.status, operation.error]).toEqual(["failed", { code: "task_failed", params: { step: action } }]);
    await expectPower(tenant, service.id, "running");
    await done(tenant, power(tenant, service.id, action));
  });

  it("for a lock that is held is tried again: a reboot of a guest that was busy", async () => {
    const tenant = await copier("locked");
    const service = await machine(tenant);
    const vmid = vmidOf(service.id);
    const calm = await fault(site.controlUrl, { kind: "guest-locked", vmid });
    const asked = await power(tenant, service.id, "reboot");
    await expect.poll(() => tasksOf(vmid, "qmreboot"), { timeout: 10_000 }).toBeGreaterThan(0);
    await calm();
    expect((await over(tenant, asked)).status).toBe("succeeded");
    expect(await tasksOf(vmid, "qmreboot")).toBeGreaterThan(1);
  });
});

describe("a guest that does not listen", () => {
  it("is left as it is after the time that was given, or forced, whatever becomes of the answers", async () => {
    const tenant = await copier("deaf");
    const services = await Promise.all([machine(tenant), machine(tenant), machine(tenant), container(tenant)]);
    const [patient, forced, rebooted, box] = services as [ServiceView, ServiceView, ServiceView, ServiceView];
    for (const { id } of services) await fault(site.controlUrl, { kind: "guest-deaf", vmid: vmidOf(id) });
    const at = `/qemu/${vmidOf(rebooted.id)}/status`;
    for (const verb of ["reboot", "stop", "start"]) {
      const lost = { kind: "status", status: 596, done: true, times: 1, method: "POST", path: `${at}/${verb}$` };
      await fault(site.controlUrl, lost);
    }
    const wish = { timeoutSeconds: 10 };
    const ignored = over(tenant, power(tenant, patient.id, "shutdown", wish));
    await Promise.all([
      done(tenant, power(tenant, forced.id, "shutdown", { ...wish, force: true })),
      done(tenant, power(tenant, rebooted.id, "reboot", { ...wish, force: true })),
      done(tenant, power(tenant, box.id, "reboot", { ...wish, force: true })),
    ]);
    const { status, error } = await ignored;
    expect([status, error]).toEqual(["failed", { code: "shutdown_ignored", params: { seconds: 10 } }]);
    await expectPower(tenant, patient.id, "running");
    await expectPower(tenant, forced.id, "stopped");
    await expectPower(tenant, rebooted.id, "running");
    const vmid = vmidOf(rebooted.id);
    expect(await Promise.all(["qmreboot", "qmstop"].map((type) => tasksOf(vmid, type)))).toEqual([1, 1]);
    // One that it was launched with.
    expect(await tasksOf(vmid, "qmstart")).toBe(2);
    expect(await serviceOf(tenant, box.id)).toMatchObject({ power: "running", state: "ready" });
    const boxVmid = vmidOf(box.id);
    expect(await Promise.all(["vzreboot", "vzstop"].map((type) => tasksOf(boxVmid, type)))).toEqual([1, 1]);
    await clearFaults(site.controlUrl);
  }, 120_000);
});

describe("a container", () => {
  it("knows no reset, no suspending and no resuming", async () => {
    const tenant = await copier("box");
    const box = await container(tenant);
    for (const action of ["reset", "suspend", "resume"])
      expect(await refusal(power(tenant, box.id, action))).toEqual([409, "kind_unsupported"]);
    expect((await guestOf(box.id))?.status).toBe("running");
  });
});

describe("a service at its end", () => {
  it("is switched off, and not on, once it has expired", async () => {
    const tenant = await copier("expired");
    const service = await machine(tenant);
    write("update services set expiry_stage = 3, expires_at = 1 where id = ?", service.id);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ expired: true });
    for (const action of ["reboot", "reset"])
      expect(await refusal(power(tenant, service.id, action))).toEqual([409, "service_expired"]);
    await done(tenant, power(tenant, service.id, "suspend"));
    for (const action of ["start", "resume"])
      expect(await refusal(power(tenant, service.id, action))).toEqual([409, "service_expired"]);
    await done(tenant, power(tenant, service.id, "stop"));
    expect(await refusal(power(tenant, service.id, "start"))).toEqual([409, "service_expired"]);
    write("update services set expiry_stage = 0, expires_at = null where id = ?", service.id);
    await done(tenant, power(tenant, service.id, "start"));
  });

  it("is not changed any more while it waits for its deletion, but saved, switched off and deleted", async () => {
    const tenant = await copier("leaving");
    const service = await machine(tenant);
    write("update services set delete_at = ? where id = ?", Date.now() + 86_400_000, service.id);
    const refused = [
      power(tenant, service.id, "start"),
      power(tenant, service.id, "reboot"),
      power(tenant, service.id, "reset"),
      resize(tenant, service.id, { cores: 2, memoryMiB: 256, diskGiB: 2 }),
      snap(tenant, service.id, "no-more"),
      rename(tenant, service.id, "another"),
      setPassword(tenant, service.id, { password: "opensesame" }),
    ];
    for (const asked of refused) expect(await refusal(asked)).toEqual([409, "service_leaving"]);
    const words = await describeIt(tenant, service.id, { description: "no more" });
    expect([words.status, words.body.code]).toEqual([409, "service_leaving"]);
    await done(tenant, backUp(tenant, service.id));
    await done(tenant, power(tenant, service.id, "shutdown"));
    expect((await over(tenant, remove(tenant, service))).status).toBe("succeeded");
  });
});
