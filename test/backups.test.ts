// Backups: made one at a time per node, charged for what they take, outliving their service, restored to a new one.
import { afterEach, describe, expect, it } from "vitest";
import type { BackupView } from "../worker/rules/views-copies.ts";
import type { OperationView } from "../worker/rules/views.ts";
import { until } from "./harness/guest-screen.ts";
import { fault, labDisks, labGuests, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, servicesOf, site, vmidOf } from "./harness/site.ts";
import { backUp, backupsOf, dropBackup, power, remove, resize, restore } from "./harness/verb-requests.ts";
import { copier, done, labBackups, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

function edit(tenant: Tenant, backupId: string, changes: Record<string, unknown>) {
  return tenant.person.send<{ backup: BackupView } & { code?: string }>(
    "PUT",
    tenant.at(`/backups/${backupId}`),
    changes,
  );
}

async function tasksOf(vmid: number, typefilter: string) {
  const as = await root();
  const rowsOf = await pve<{ starttime: number; endtime: number }[]>(as, "GET", "/nodes/pve1/tasks", {
    vmid,
    typefilter,
    source: "all",
  });
  return rowsOf.data;
}

describe("a backup", () => {
  it("is made, charged for its disk while nobody knows better and for its archive then, and removed", async () => {
    const tenant = await copier("backup");
    const service = await launched(tenant, { size: { cores: 1, memoryMiB: 128, diskGiB: 7 } });
    const asked = await backUp(tenant, service.id, { notes: "Before {{node}} and \\n" });
    expect(await used(tenant)).toMatchObject({ backups: 1, backupGiB: 7 });
    await done(tenant, asked);
    const [backup] = await backupsOf(tenant);
    expect(backup).toMatchObject({
      service: { id: service.id, name: service.name, deleted: false },
      size: { cores: 1, memoryMiB: 128, diskGiB: 7 },
      notes: "Before {{node}} and \\n",
      protected: false,
      state: "ready",
      operationId: null,
      chargedGiB: 1,
    });
    expect(backup?.sizeBytes).toBeGreaterThan(0);
    expect(await used(tenant)).toMatchObject({ backups: 1, backupGiB: 1 });
    const [archive] = await labBackups(vmidOf(service.id));
    expect(archive?.notes).toBe(`nubemox:${backup?.id}`);
    await done(tenant, dropBackup(tenant, backup?.id ?? ""));
    expect(await labBackups(vmidOf(service.id))).toEqual([]);
    expect(await used(tenant)).toMatchObject({ backups: 0, backupGiB: 0 });
  });

  it("is restored to a new service of the size of its day, also when the first is long gone", async () => {
    const tenant = await copier("restore");
    const service = await launched(tenant, { name: "first", size: { cores: 2, memoryMiB: 256, diskGiB: 3 } });
    await done(tenant, backUp(tenant, service.id));
    const [backup] = await backupsOf(tenant);
    await done(tenant, resize(tenant, service.id, { cores: 1, memoryMiB: 128, diskGiB: 4 }));
    const beside = await restore(tenant, backup?.id ?? "", "beside");
    expect(await refusal(restore(tenant, backup?.id ?? "", "once-more"))).toEqual([409, "backup_in_use"]);
    await done(tenant, beside);
    await done(tenant, remove(tenant, service));
    expect(await backupsOf(tenant)).toMatchObject([{ service: { name: "first", deleted: true }, state: "ready" }]);
    const again = await restore(tenant, backup?.id ?? "", "again");
    await done(tenant, again);
    for (const { body } of [beside, again]) {
      const back = await serviceOf(tenant, body.service.id);
      const size = { cores: 2, memoryMiB: 256, diskGiB: 3 };
      expect(back).toMatchObject({ ...size, state: "ready", power: "running", loginUser: "ana" });
      const guest = await guestOf(back.id);
      expect(guest).toMatchObject({ name: back.name, vmid: vmidOf(back.id), status: "running" });
      expect(guest?.description).not.toContain(service.id);
      expect((await configOf(vmidOf(back.id)))?.["scsi0"]).toMatch(/size=3G/);
    }
    expect(await used(tenant)).toMatchObject({ vcpu: 4, memoryMiB: 512, diskGiB: 6, services: 2, backups: 1 });
    await done(tenant, dropBackup(tenant, backup?.id ?? ""));
    for (const back of await servicesOf(tenant)) await done(tenant, remove(tenant, back));
    expect(await used(tenant)).toEqual(NOTHING);
  });

  it("keeps notes and protection, and is not removed while it is protected", async () => {
    const tenant = await copier("protected");
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id, { protected: true }));
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    const isProtected = async () => (await labBackups(vmidOf(service.id)))[0]?.protected === 1;
    expect(await isProtected()).toBe(true);
    expect(await refusal(dropBackup(tenant, id))).toEqual([409, "backup_protected"]);
    const edited = await edit(tenant, id, { notes: "keep", protected: false });
    expect([edited.status, edited.body.backup]).toMatchObject([200, { notes: "keep", protected: false }]);
    expect(await isProtected()).toBe(false);
    expect((await edit(tenant, id, { notes: "x".repeat(401) })).status).toBe(400);
    // Protected on the cluster behind the portal's back: it stays, with its charge, and can be tried again.
    const [archive] = await labBackups(vmidOf(service.id));
    const path = `/nodes/pve1/storage/shared/content/${archive?.volid}`;
    await pve(await root(), "PUT", path, { protected: 1 });
    expect((await over(tenant, dropBackup(tenant, id))).status).toBe("failed");
    expect([(await backupsOf(tenant))[0]?.state, (await used(tenant))["backups"]]).toEqual(["ready", 1]);
    await pve(await root(), "PUT", path, { protected: 0 });
    await done(tenant, dropBackup(tenant, id));
  });

  it("is refused in numbers, by number and by space, and belongs to nobody else", async () => {
    const tenant = await copier("full", { backups: 1, backupGiB: 2 });
    const stranger = await newTenant(site, "foreign");
    const service = await launched(tenant, { size: { cores: 1, memoryMiB: 128, diskGiB: 3 } });
    const large = await backUp(tenant, service.id);
    expect([large.status, large.body.code, large.body.params]).toMatchObject([
      409,
      "quota_exceeded",
      { resource: "backupGiB", asked: 3, left: 2 },
    ]);
    expect([await backupsOf(tenant), await used(tenant)]).toMatchObject([[], { backups: 0, backupGiB: 0 }]);
    const small = await launched(tenant);
    await done(tenant, backUp(tenant, small.id));
    const many = await backUp(tenant, small.id);
    expect([many.body.code, many.body.params?.["resource"]]).toEqual(["quota_exceeded", "backups"]);
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    expect(await backupsOf(stranger)).toEqual([]);
    expect(await refusal(dropBackup(stranger, id))).toEqual([404, "not_found"]);
    expect(await refusal(restore(stranger, id, "stolen"))).toEqual([404, "not_found"]);
    expect((await edit(stranger, id, { notes: "mine" })).status).toBe(404);
    expect(await refusal(restore(tenant, id, small.name))).toEqual([409, "name_taken"]);
    expect((await backupsOf(tenant))[0]).toMatchObject({ state: "ready", operationId: null });
  });

  it("waits for its turn: of many on a node one is made at a time", async () => {
    const tenant = await copier("queue");
    const services = await Promise.all(["a", "b", "c"].map((name) => launched(tenant, { name: `queue-${name}` })));
    const asked = await Promise.all(services.map((service) => backUp(tenant, service.id)));
    const waiting = async () => {
      const { operations } = await tenant.person.ok<{ operations: OperationView[] }>("GET", tenant.at("/operations"));
      return operations.map((operation) => operation.ahead);
    };
    await until(async () => (await waiting()).some((ahead) => ahead > 0), "one to say how many are before it");
    for (const answer of asked) await done(tenant, answer);
    expect(Math.max(...(await waiting()))).toBe(0);
    const tasks = await Promise.all(services.map(async (row) => (await tasksOf(vmidOf(row.id), "vzdump"))[0]));
    const sorted = tasks
      .map((task) => [task?.starttime ?? 0, task?.endtime ?? 0] as const)
      .toSorted((left, right) => left[0] - right[0]);
    for (const [index, [startedAt]] of sorted.entries())
      if (index > 0) expect(startedAt).toBeGreaterThanOrEqual(sorted[index - 1]?.[1] ?? 0);
    expect(await used(tenant)).toMatchObject({ backups: 3, backupGiB: 3 });
  });

  it("comes about once where the answers were lost", async () => {
    const tenant = await copier("lost");
    const service = await launched(tenant);
    const lost = { kind: "status", status: 596, done: true, times: 1 };
    await under({ ...lost, method: "POST", path: "/vzdump$" }, () => done(tenant, backUp(tenant, service.id)));
    expect(await labBackups(vmidOf(service.id))).toHaveLength(1);
    expect(await tasksOf(vmidOf(service.id), "vzdump")).toHaveLength(1);
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    const asked = await under({ ...lost, method: "POST", path: "/nodes/pve1/qemu$" }, async () => {
      const answer = await restore(tenant, id, "back");
      await done(tenant, answer);
      return answer;
    });
    const back = (await labGuests(site.controlUrl)).filter((guest) => guest.name === "back");
    expect(back.map((guest) => guest.vmid)).toEqual([vmidOf(asked.body.service.id)]);
    await under({ ...lost, method: "DELETE", path: "/content/" }, () => done(tenant, dropBackup(tenant, id)));
    expect([await labBackups(vmidOf(service.id)), (await used(tenant))["backups"]]).toEqual([[], 0]);
  });

  it("leaves nothing behind where its task fails", async () => {
    const tenant = await copier("fails");
    const service = await launched(tenant);
    const before = await used(tenant);
    const failing = (taskType: string) => ({ kind: "task-fail", taskType, taskError: "job errors", times: 1 });
    const made = await under(failing("vzdump"), () => over(tenant, backUp(tenant, service.id)));
    expect([made.status, made.error?.code]).toEqual(["reverted", "task_failed"]);
    expect([await backupsOf(tenant), await labBackups(vmidOf(service.id)), await used(tenant)]).toEqual([
      [],
      [],
      before,
    ]);
    await done(tenant, backUp(tenant, service.id));
    const [backup] = await backupsOf(tenant);
    const kept = await used(tenant);
    const asked = await under(failing("qmrestore"), async () => {
      const answer = await restore(tenant, backup?.id ?? "", "never");
      expect((await over(tenant, answer)).status).toBe("reverted");
      return answer;
    });
    const vmid = vmidOf(asked.body.service.id);
    expect(await used(tenant)).toEqual(kept);
    expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    expect((await backupsOf(tenant))[0]).toMatchObject({ state: "ready", operationId: null });
    const removed = await under(failing("imgdel"), () => over(tenant, dropBackup(tenant, backup?.id ?? "")));
    expect([removed.status, (await used(tenant))["backups"]]).toEqual(["failed", 1]);
    const calm = await fault(site.controlUrl, { kind: "storage-full", storage: "shared" });
    const full = await over(tenant, backUp(tenant, service.id)).finally(calm);
    expect([full.status, await used(tenant)]).toEqual(["reverted", kept]);
    expect(rows("select id from operations where ended_at is null and service_id = ?", service.id)).toEqual([]);
  });

  it("holds its service while it is made", async () => {
    const tenant = await copier("busy");
    const service = await launched(tenant);
    const asked = await backUp(tenant, service.id);
    const busy = await power(tenant, service.id, "stop");
    expect([busy.body.code, busy.body.params]).toEqual(["service_busy", { actor: "Person busy", kind: "backup" }]);
    expect(await refusal(restore(tenant, (await backupsOf(tenant))[0]?.id ?? "", "early"))).toEqual([
      409,
      "backup_in_use",
    ]);
    await done(tenant, asked);
  });
});
