// Rebuilding: a new guest under the old number, with the old card; as it was where it fails early, nothing where it fails late.
import { afterEach, describe, expect, it } from "vitest";
import type { CatalogueView, Problem } from "../worker/rules/views.ts";
import { retry, rebuild } from "./harness/ending-requests.ts";
import { clearFaults, labDisks, labGuests, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, site, vmidOf } from "./harness/site.ts";
import { power, remove, snap, snapshotsOf, unsnap } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

const SIZE = { cores: 2, memoryMiB: 256, diskGiB: 3 };
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ana@home";

const macOf = (card: unknown) => /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/.exec(String(card))?.[0];

async function templateOf(tenant: Tenant, name: string): Promise<string> {
  const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
  return templates.find((row) => row.name === name)?.id ?? "";
}

async function containerConfig(vmid: number): Promise<Record<string, string | number>> {
  return (await pve<Record<string, string | number>>(await root(), "GET", `/nodes/pve1/lxc/${vmid}/config`)).data;
}

/** Everything under a number: one guest and its disks, or nothing. */
async function standing(vmid: number): Promise<{ guests: number; disks: number }> {
  const [guests, disks] = await Promise.all([labGuests(site.controlUrl), labDisks(site.controlUrl)]);
  return {
    guests: guests.filter((guest) => guest.vmid === vmid).length,
    disks: disks.filter((disk) => disk.vmid === vmid).length,
  };
}

describe("a rebuild", () => {
  it("makes a machine anew from another template: same number, card, size and charges, another login", async () => {
    const tenant = await copier("rebuild");
    const service = await launched(tenant, { size: SIZE });
    const [vmid, before, taken] = [vmidOf(service.id), await configOf(vmidOf(service.id)), await used(tenant)];
    const templateId = await templateOf(tenant, "Tiny Web");
    const asked = await rebuild(tenant, service, { templateId, login: { user: "eva", sshKeys: KEY } });
    expect(asked.body.operation.steps.map((step) => step.name)).toEqual([
      "stop",
      "remove",
      "clone",
      "configure",
      "disk",
      "start",
      "address",
    ]);
    expect(await used(tenant)).toEqual(taken);
    await done(tenant, asked);
    const after = await configOf(vmid);
    expect(vmidOf(service.id)).toBe(vmid);
    expect(macOf(after?.["net0"])).toBe(macOf(before?.["net0"]));
    expect(after?.["vmgenid"]).not.toBe(before?.["vmgenid"]);
    expect([Number(after?.["cores"]), Number(after?.["memory"]), after?.["ciuser"]]).toEqual([2, 256, "eva"]);
    expect(after?.["scsi0"]).toMatch(/size=3G/);
    expect(await guestOf(service.id)).toMatchObject({ vmid, name: service.name, status: "running" });
    expect(await serviceOf(tenant, service.id)).toMatchObject({
      ...SIZE,
      state: "ready",
      power: "running",
      loginUser: "eva",
      template: { id: templateId },
    });
    expect(await used(tenant)).toEqual(taken);
    expect(rows("select ssh_keys as keys, password_sealed as password from services where id = ?", service.id)).toEqual(
      [{ keys: KEY, password: null }],
    );
    // Without a word about the login all is as it was, for there is a key now.
    await done(tenant, power(tenant, service.id, "stop"));
    await done(tenant, rebuild(tenant, service, { login: {} }));
    expect([(await configOf(vmid))?.["ciuser"], macOf((await configOf(vmid))?.["net0"])]).toEqual([
      "eva",
      macOf(before?.["net0"]),
    ]);
    expect(await standing(vmid)).toEqual({ guests: 1, disks: 2 });
    await done(tenant, remove(tenant, service));
    expect([await used(tenant), await standing(vmid)]).toEqual([NOTHING, { guests: 0, disks: 0 }]);
  });

  it("makes a container anew, with its number and card", async () => {
    const tenant = await copier("rebuild-ct");
    const templateId = await templateOf(tenant, "Tiny Container");
    const login = { password: "opensesame" } as { user: string; password: string };
    const service = await launched(tenant, { templateId, login, size: SIZE });
    const [vmid, before, taken] = [vmidOf(service.id), await containerConfig(vmidOf(service.id)), await used(tenant)];
    await done(tenant, rebuild(tenant, service, { login: { password: "another-one" } }));
    const after = await containerConfig(vmid);
    expect([macOf(after["net0"]), after["hostname"]]).toEqual([macOf(before["net0"]), service.name]);
    expect([after["unprivileged"], after["cores"], after["memory"]].map(Number)).toEqual([1, 2, 256]);
    expect(after["rootfs"]).toMatch(/size=3G/);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running", loginUser: "root" });
    expect([await used(tenant), (await standing(vmid)).guests]).toEqual([taken, 1]);
    const machine = await templateOf(tenant, "Tiny Linux");
    expect(await refusal(rebuild(tenant, service, { templateId: machine }))).toEqual([409, "kind_unsupported"]);
  });

  it("is refused where it would take more than the guest, or nobody could get in", async () => {
    const [tenant, other] = await Promise.all([copier("rebuild-no"), newTenant(site, "rebuild-other")]);
    const service = await launched(tenant);
    expect(await refusal(rebuild(tenant, { ...service, name: "other" }))).toEqual([409, "confirmation_mismatch"]);
    expect(await refusal(rebuild(other, service))).toEqual([404, "not_found"]);
    expect(await refusal(rebuild(tenant, service, { templateId: "tpl_none" }))).toEqual([404, "not_found"]);
    for (const login of [{}, { user: "eva" }, { sshKeys: "" }]) {
      const { status, body } = await rebuild(tenant, service, { login });
      expect([status, body.code, (body as Problem).errors?.[0]?.pointer]).toEqual([
        400,
        "validation_failed",
        "#/login/password",
      ]);
    }
    await done(tenant, snap(tenant, service.id, "kept"));
    expect(await refusal(rebuild(tenant, service))).toEqual([409, "snapshots_exist"]);
    const [snapshot] = await snapshotsOf(tenant, service.id);
    await done(tenant, unsnap(tenant, service.id, snapshot?.id ?? ""));
    const asked = await rebuild(tenant, service);
    expect(await refusal(rebuild(tenant, service))).toEqual([409, "service_busy"]);
    await done(tenant, asked);
  });
});

describe("a rebuild that fails", () => {
  it("before the old guest is removed leaves everything as it was, and on", async () => {
    const tenant = await copier("rebuild-early");
    const service = await launched(tenant);
    const [vmid, before, taken] = [vmidOf(service.id), await configOf(vmidOf(service.id)), await used(tenant)];
    const failing = { kind: "task-fail", taskType: "qmdestroy", taskError: "not today", times: 1 };
    const operation = await under(failing, () =>
      over(tenant, rebuild(tenant, service, { login: { password: "never-set" } })),
    );
    expect([operation.status, operation.error?.code, operation.retryable]).toEqual(["reverted", "task_failed", false]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running", loginUser: "ana" });
    expect([await configOf(vmid), await used(tenant)]).toEqual([before, taken]);
    expect(rows("select password_sealed as password from services where id = ?", service.id)).toEqual([
      { password: null },
    ]);
  });

  it("afterwards gives everything back, and is tried again under the same number and with the same card", async () => {
    const tenant = await copier("rebuild-late");
    const service = await launched(tenant);
    const [vmid, card] = [vmidOf(service.id), macOf((await configOf(vmidOf(service.id)))?.["net0"])];
    const templateId = await templateOf(tenant, "Tiny Web");
    const failing = { kind: "task-fail", taskType: "qmclone", taskError: "no space", times: 1 };
    const login = { user: "eva", password: "another-one" };
    const operation = await under(failing, () => over(tenant, rebuild(tenant, service, { templateId, login })));
    expect([operation.status, operation.error?.code, operation.retryable]).toEqual(["reverted", "task_failed", true]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "failed", power: "unknown" });
    expect([await used(tenant), await standing(vmid)]).toEqual([NOTHING, { guests: 0, disks: 0 }]);
    // Once more it fails, at the very end: what was made is removed again.
    const late = { kind: "task-fail", taskType: "qmstart", taskError: "no memory", times: 1 };
    const second = await under(late, () => over(tenant, retry(tenant, operation.id)));
    expect([second.status, second.retryable]).toEqual(["reverted", true]);
    expect([await used(tenant), await standing(vmid)]).toEqual([NOTHING, { guests: 0, disks: 0 }]);
    await done(tenant, retry(tenant, second.id));
    expect(vmidOf(service.id)).toBe(vmid);
    const config = await configOf(vmid);
    expect([macOf(config?.["net0"]), config?.["ciuser"]]).toEqual([card, "eva"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({
      state: "ready",
      power: "running",
      loginUser: "eva",
      template: { id: templateId },
    });
    expect(await used(tenant)).toEqual({ ...NOTHING, vcpu: 1, memoryMiB: 128, diskGiB: 2, services: 1 });
  });
});

describe("a rebuild whose answers are lost", () => {
  it.each([
    ["stop", "POST", "/status/stop$"],
    ["remove", "DELETE", "/qemu/\\d+$"],
    ["clone", "POST", "/clone$"],
    ["configure", "POST", "/config$"],
  ])("comes about once (%s)", async (_step, method, path) => {
    const tenant = await copier("rebuild-lost");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    const lost = { kind: "status", status: 596, done: true, times: 1, method, path };
    await under(lost, () => done(tenant, rebuild(tenant, service)));
    expect([vmidOf(service.id), (await standing(vmid)).guests]).toEqual([vmid, 1]);
    const marked = (await labGuests(site.controlUrl)).filter((guest) => guest.description.includes(service.id));
    expect(marked.map((guest) => [guest.vmid, guest.status])).toEqual([[vmid, "running"]]);
  });
});
