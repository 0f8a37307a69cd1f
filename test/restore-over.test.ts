// Restoring over a service: same number and card, the disk of the backup's day; what was there comes back where it fails.
import { afterEach, describe, expect, it } from "vitest";
import type { CatalogueView } from "../worker/rules/views.ts";
import { restoreOver } from "./harness/ending-requests.ts";
import { clearFaults, fault, labDisks, labGuests, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, site, vmidOf } from "./harness/site.ts";
import { backUp, backupsOf, dropBackup, power, remove, resize, snap } from "./harness/verb-requests.ts";
import { copier, done, labBackups, over, refusal, under } from "./harness/verbs.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

const OLD = { cores: 1, memoryMiB: 128, diskGiB: 2 };
const NEW = { cores: 1, memoryMiB: 128, diskGiB: 4 };

/** A service that was backed up at one size and has another one now. */
async function backedUp(tenant: Tenant) {
  const service = await launched(tenant, { size: OLD });
  await done(tenant, backUp(tenant, service.id));
  const id = (await backupsOf(tenant))[0]?.id ?? "";
  await done(tenant, resize(tenant, service.id, NEW));
  return { service, id, vmid: vmidOf(service.id) };
}

const macOf = (card: unknown) => /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/.exec(String(card))?.[0];

/** What stands under a number: guests, and disks without the archives of its backups. */
async function remains(vmid: number) {
  const [guests, disks] = await Promise.all([labGuests(site.controlUrl), labDisks(site.controlUrl)]);
  const ofIt = guests.filter((guest) => guest.vmid === vmid);
  const own = disks.filter((disk) => disk.vmid === vmid && !disk.volid.includes("backup/"));
  return { guests: ofIt.length, disks: own.length };
}

async function restoresOf(vmid: number): Promise<number> {
  const params = { vmid, typefilter: "qmrestore", source: "all" };
  return (await pve<unknown[]>(await root(), "GET", "/nodes/pve1/tasks", params)).data.length;
}

describe("restoring over a service", () => {
  it("brings back disk and size of that day, under the same number and name, and keeps a backup of what was there", async () => {
    const tenant = await copier("over");
    const { service, id, vmid } = await backedUp(tenant);
    const before = await configOf(vmid);
    expect(await used(tenant)).toMatchObject({ diskGiB: 4, backups: 1 });
    const asked = await restoreOver(tenant, id, service.name, true);
    expect(asked.body.operation.steps[0]?.name).toBe("safety");
    // The larger of both, and room for another backup.
    expect(await used(tenant)).toMatchObject({ diskGiB: 4, backups: 2, backupGiB: 5 });
    await done(tenant, asked);
    expect(vmidOf(service.id)).toBe(vmid);
    const after = await configOf(vmid);
    expect([after?.["scsi0"], macOf(after?.["net0"])]).toEqual([
      expect.stringMatching(/size=2G/),
      macOf(before?.["net0"]),
    ]);
    expect(String(after?.["description"]).trim()).toBe(`nubemox:${service.id}`);
    expect(await guestOf(service.id)).toMatchObject({ name: service.name, status: "running" });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...OLD, state: "ready", power: "running" });
    expect(await used(tenant)).toMatchObject({ diskGiB: 2, backups: 2, backupGiB: 2 });
    const all = await backupsOf(tenant);
    expect(all.map((row) => [row.state, row.operationId])).toEqual([
      ["ready", null],
      ["ready", null],
    ]);
    expect(await labBackups(vmid)).toHaveLength(2);
    for (const row of all) await done(tenant, dropBackup(tenant, row.id));
    await done(tenant, remove(tenant, service));
    expect(await used(tenant)).toEqual(NOTHING);
  }, 180_000);

  it("leaves a service off that was off, and a container confined", async () => {
    const tenant = await copier("over-ct");
    const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
    const templateId = templates.find((row) => row.kind === "container")?.id ?? "";
    const login = { password: "opensesame" } as { user: string; password: string };
    const service = await launched(tenant, { templateId, login, size: NEW });
    await done(tenant, backUp(tenant, service.id));
    await done(tenant, power(tenant, service.id, "stop"));
    await done(tenant, restoreOver(tenant, (await backupsOf(tenant))[0]?.id ?? "", service.name, false));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...NEW, state: "ready", power: "stopped" });
    const vmid = vmidOf(service.id);
    const { data } = await pve<Record<string, unknown>>(await root(), "GET", `/nodes/pve1/lxc/${vmid}/config`);
    expect([Number(data["unprivileged"]), data["hostname"]]).toEqual([1, service.name]);
    expect((await remains(vmid)).guests).toBe(1);
    await done(tenant, power(tenant, service.id, "start"));
  });

  it("is refused where it cannot be, and takes nothing then", async () => {
    const [tenant, other] = await Promise.all([copier("over-no", { backups: 1 }), newTenant(site, "over-other")]);
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id));
    const id = (await backupsOf(tenant))[0]?.id ?? "";
    const before = await used(tenant);
    expect(await refusal(restoreOver(tenant, id, "other", false))).toEqual([409, "confirmation_mismatch"]);
    expect(await refusal(restoreOver(other, id, service.name, false))).toEqual([404, "not_found"]);
    const full = await restoreOver(tenant, id, service.name, true);
    expect([full.body.code, full.body.params?.["resource"]]).toEqual(["quota_exceeded", "backups"]);
    await done(tenant, snap(tenant, service.id, "kept"));
    expect(await refusal(restoreOver(tenant, id, service.name, false))).toEqual([409, "snapshots_exist"]);
    expect(await used(tenant)).toEqual({ ...before, snapshots: 1 });
    await done(tenant, remove(tenant, service));
    expect(await refusal(restoreOver(tenant, id, service.name, false))).toEqual([409, "service_not_ready"]);
    expect((await backupsOf(tenant))[0]).toMatchObject({ state: "ready", operationId: null });
  });
});

describe("restoring over a service, where it fails", () => {
  it("before anything was written over: as it was, and on", async () => {
    const tenant = await copier("over-early");
    const { service, id, vmid } = await backedUp(tenant);
    const [before, taken] = [await configOf(vmid), await used(tenant)];
    const failing = { kind: "task-fail", taskType: "vzdump", taskError: "job errors", times: 1 };
    const operation = await under(failing, () => over(tenant, restoreOver(tenant, id, service.name, true)));
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "task_failed"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...NEW, state: "ready", power: "running" });
    expect([await configOf(vmid), await used(tenant), await labBackups(vmid)]).toEqual([
      before,
      taken,
      [expect.anything()],
    ]);
    expect((await backupsOf(tenant)).map((row) => [row.id, row.operationId])).toEqual([[id, null]]);
  });

  it("afterwards: what was there comes back from the backup made of it", async () => {
    const tenant = await copier("over-late");
    const { service, id, vmid } = await backedUp(tenant);
    const taken = await used(tenant);
    const failing = { kind: "task-fail", taskType: "qmrestore", taskError: "broken pipe", times: 1 };
    const operation = await under(failing, () => over(tenant, restoreOver(tenant, id, service.name, true)));
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "task_failed"]);
    const config = await configOf(vmid);
    expect([config?.["scsi0"], String(config?.["description"]).trim()]).toEqual([
      expect.stringMatching(/size=4G/),
      `nubemox:${service.id}`,
    ]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...NEW, state: "ready", power: "running" });
    expect([await restoresOf(vmid), await remains(vmid)]).toEqual([2, { guests: 1, disks: 2 }]);
    // The backup stays: it was made and is charged as any other.
    expect(await used(tenant)).toEqual({ ...taken, backups: 2, backupGiB: 2 });
    expect((await backupsOf(tenant)).every((row) => row.state === "ready" && row.operationId === null)).toBe(true);
  }, 180_000);

  it("at its very end: the same, though the restore itself had come about", async () => {
    const tenant = await copier("over-end");
    const { service, id, vmid } = await backedUp(tenant);
    const failing = { kind: "task-fail", taskType: "qmstart", taskError: "no memory", times: 1 };
    const operation = await under(failing, () => over(tenant, restoreOver(tenant, id, service.name, true)));
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "task_failed"]);
    expect((await configOf(vmid))?.["scsi0"]).toMatch(/size=4G/);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...NEW, state: "ready", power: "running" });
  }, 180_000);

  it("without a backup of what was there: it is tried again, which is enough where it was a passing trouble", async () => {
    const tenant = await copier("over-again");
    const { service, id, vmid } = await backedUp(tenant);
    const passing = { kind: "task-fail", taskType: "qmrestore", taskError: "broken pipe", times: 1 };
    await under(passing, () => done(tenant, restoreOver(tenant, id, service.name, false)));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...OLD, state: "ready", power: "running" });
    expect([await restoresOf(vmid), await remains(vmid)]).toEqual([2, { guests: 1, disks: 2 }]);
  }, 180_000);

  it("for good: it is told plainly that the disk is lost, and the backup brings it back later", async () => {
    const tenant = await copier("over-lost");
    const { service, id, vmid } = await backedUp(tenant);
    const calm = await fault(site.controlUrl, { kind: "storage-full", storage: "local-lvm" });
    const operation = await over(tenant, restoreOver(tenant, id, service.name, false)).finally(calm);
    expect([operation.status, operation.error?.code]).toEqual(["failed", "disk_lost"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...NEW, state: "ready", power: "stopped" });
    expect(rows("select count(*) as n from charges where service_id = ?", service.id)).toEqual([{ n: 4 }]);
    // There is room again, and the backup is still there.
    await done(tenant, restoreOver(tenant, id, service.name, false));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...OLD, state: "ready", power: "stopped" });
    expect(await remains(vmid)).toEqual({ guests: 1, disks: 2 });
  }, 180_000);
});

it("restoring over a service comes about once where the answer was lost", async () => {
  const tenant = await copier("over-once");
  const service = await launched(tenant);
  await done(tenant, backUp(tenant, service.id));
  const id = (await backupsOf(tenant))[0]?.id ?? "";
  const lost = { kind: "status", status: 596, done: true, times: 1, method: "POST", path: "/nodes/pve1/qemu$" };
  await under(lost, () => done(tenant, restoreOver(tenant, id, service.name, false)));
  expect(await restoresOf(vmidOf(service.id))).toBe(1);
  expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running" });
});
