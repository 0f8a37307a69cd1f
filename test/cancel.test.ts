// Calling off: everything is given back; where it comes too late nothing changes. And trying again what has come to nothing.
import { afterEach, describe, expect, it } from "vitest";
import { callOff, rebuild, restoreOver, retry } from "./harness/ending-requests.ts";
import {
  clearFaults,
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
import { expectHonestLedger, guestOf, NOTHING, rows, site, vmidOf } from "./harness/site.ts";
import {
  backUp,
  backupsOf,
  clone,
  dropBackup,
  power,
  remove,
  restore,
  snap,
  snapshotsOf,
} from "./harness/verb-requests.ts";
import type { Asked } from "./harness/verb-requests.ts";
import { copier, done, labBackups, over, refusal, under } from "./harness/verbs.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

/** Waits until a step is under way. */
async function inStep(operationId: string, name: string): Promise<void> {
  for (let tries = 0; tries < 3_000; tries += 1) {
    const [row] = rows("select steps, ended_at as ended from operations where id = ?", operationId);
    const steps = JSON.parse(String(row?.["steps"])) as { name: string; status: string }[];
    if (steps.find((step) => step.name === name)?.status === "running") return;
    if (row?.["ended"] !== null) throw new Error(`it ended before ${name}`);
    await pause(10);
  }
  throw new Error(`it never came to ${name}`);
}

async function calledOff(tenant: Tenant, asked: Asked, step: string) {
  expect(asked.status).toBe(202);
  const { id } = asked.body.operation;
  await inStep(id, step);
  const answer = await callOff(tenant, id);
  expect([answer.status, answer.body.operation?.cancellable]).toEqual([202, false]);
  return ended(tenant, id, 90_000);
}

const slow = (taskType: string) => ({ kind: "latency", ms: 1_500, method: "GET", path: taskType });

describe("calling off", () => {
  it.each(["clone", "start"])("a launch in its step %s leaves nothing, and it can be tried again", async (step) => {
    const tenant = await newTenant(site, "off-launch");
    await fault(site.controlUrl, slow("/status$"));
    const asked = await launch(tenant);
    expect(asked.body.operation.cancellable).toBe(true);
    const operation = await calledOff(tenant, asked, step);
    await clearFaults(site.controlUrl);
    expect([operation.status, operation.error?.code, operation.retryable]).toEqual(["reverted", "cancelled", true]);
    expect(await used(tenant)).toEqual(NOTHING);
    const vmid = vmidOf(asked.body.service.id);
    expect((await labGuests(site.controlUrl)).filter((guest) => guest.vmid === vmid)).toEqual([]);
    expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    await done(tenant, retry(tenant, operation.id));
    expect((await callOff(tenant, operation.id)).body.code).toBe("not_cancellable");
  });

  it("a backup and a snapshot leaves neither archive nor charge", async () => {
    const tenant = await copier("off-copies");
    const service = await launched(tenant);
    const before = await used(tenant);
    await fault(site.controlUrl, slow("/tasks/"));
    const backup = await calledOff(tenant, await backUp(tenant, service.id), "backup");
    const snapshot = await calledOff(tenant, await snap(tenant, service.id, "never"), "snapshot");
    expect([backup.status, backup.error?.code, snapshot.status]).toEqual(["reverted", "cancelled", "reverted"]);
    expect([await backupsOf(tenant), await labBackups(vmidOf(service.id))]).toEqual([[], []]);
    expect([await snapshotsOf(tenant, service.id), await used(tenant)]).toEqual([[], before]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running" });
  });

  it("a rebuild before the old guest is removed leaves it as it was, and on", async () => {
    const tenant = await copier("off-rebuild");
    const service = await launched(tenant);
    await fault(site.controlUrl, slow("/tasks/"));
    const operation = await calledOff(tenant, await rebuild(tenant, service), "stop");
    expect([operation.status, operation.error?.code, operation.retryable]).toEqual(["reverted", "cancelled", false]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running" });
    expect(await guestOf(service.id)).toMatchObject({ status: "running" });
  });

  it("a restore over a service while it is backed up leaves no backup", async () => {
    const tenant = await copier("off-over");
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id));
    const [id, before] = [(await backupsOf(tenant))[0]?.id ?? "", await used(tenant)];
    await fault(site.controlUrl, slow("/tasks/"));
    const operation = await calledOff(tenant, await restoreOver(tenant, id, service.name, true), "safety");
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "cancelled"]);
    expect([await used(tenant), (await labBackups(vmidOf(service.id))).length]).toEqual([before, 1]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running" });
  });

  it("is refused where there is no way back, of what is over, and of what is another's", async () => {
    const [tenant, other] = await Promise.all([copier("off-no"), newTenant(site, "off-other")]);
    const service = await launched(tenant);
    const asked = await power(tenant, service.id, "stop");
    expect((await callOff(tenant, asked.body.operation.id)).body.code).toBe("not_cancellable");
    const { status, id } = await over(tenant, asked);
    expect([status, (await callOff(tenant, id)).body.code, (await callOff(other, id)).status]).toEqual([
      "succeeded",
      "not_cancellable",
      404,
    ]);
  });

  it("changes nothing where the run has gone on: a rebuild whose guest is being removed succeeds", async () => {
    const tenant = await copier("off-late");
    const service = await launched(tenant);
    const asked = await rebuild(tenant, service);
    await inStep(asked.body.operation.id, "clone");
    expect((await callOff(tenant, asked.body.operation.id)).body.code).toBe("not_cancellable");
    await done(tenant, asked);
    expect(await guestOf(service.id)).toMatchObject({ vmid: vmidOf(service.id), status: "running" });
  });
});

describe("trying again", () => {
  it("a copy and a restore, charged anew, while what they are made of is there", async () => {
    const tenant = await copier("again");
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id));
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    const failing = (taskType: string) => ({ kind: "task-fail", taskType, taskError: "no", times: 1 });
    const copy = await under(failing("qmclone"), () => over(tenant, clone(tenant, service.id, "copy")));
    const back = await under(failing("qmrestore"), () => over(tenant, restore(tenant, id, "back")));
    expect([copy.retryable, back.retryable, (await used(tenant))["services"]]).toEqual([true, true, 1]);
    await done(tenant, retry(tenant, copy.id));
    await done(tenant, retry(tenant, back.id));
    for (const name of ["copy", "back"]) {
      const [row] = rows("select id, state from services where tenant_id = ? and name = ?", tenant.id, name);
      expect(row?.["state"]).toBe("ready");
      expect(await guestOf(String(row?.["id"]))).toMatchObject({ name, status: "running" });
    }
    expect(await used(tenant)).toMatchObject({ services: 3, vcpu: 3, memoryMiB: 384, diskGiB: 6 });
    expect(await refusal(retry(tenant, copy.id))).toEqual([409, "not_retryable"]);
  });

  it("is refused where what they were made of is gone", async () => {
    const tenant = await copier("again-gone");
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id));
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    const failing = (taskType: string) => ({ kind: "task-fail", taskType, taskError: "no", times: 1 });
    const copy = await under(failing("qmclone"), () => over(tenant, clone(tenant, service.id, "copy")));
    const back = await under(failing("qmrestore"), () => over(tenant, restore(tenant, id, "back")));
    await done(tenant, dropBackup(tenant, id));
    await done(tenant, remove(tenant, service));
    for (const operation of [copy, back])
      expect(await refusal(retry(tenant, operation.id))).toEqual([409, "not_retryable"]);
    expect(await used(tenant)).toEqual(NOTHING);
  });
});
