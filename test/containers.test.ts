// Containers as services: made from an archive, always confined, and with the same verbs as virtual machines.
import { afterEach, describe, expect, it } from "vitest";
import type { CatalogueView, Problem, ServiceView } from "../worker/rules/views.ts";
import { fault, launch, launched, serviceOf, used } from "./harness/portal.ts";
import type { LaunchBody, Tenant } from "./harness/portal.ts";
import { pve, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, platformOperator, rows, site, vmidOf, write } from "./harness/site.ts";
import {
  backUp,
  clone,
  backupsOf,
  power,
  remove,
  resize,
  restore,
  rollBack,
  snap,
  snapshotsOf,
  unsnap,
} from "./harness/verb-requests.ts";
import { copier, done, over, refusal } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

const SIZE = { cores: 1, memoryMiB: 128, diskGiB: 2 };

async function archiveTemplate(tenant: Tenant): Promise<string> {
  const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
  const template = templates.find((row) => row.kind === "container");
  if (!template) throw new Error("the catalogue has no container");
  return template.id;
}

/** A login without a user: in a container that is root. */
async function body(tenant: Tenant, changes: Partial<LaunchBody> = {}): Promise<Partial<LaunchBody>> {
  const login = { password: "opensesame" } as LaunchBody["login"];
  return { templateId: await archiveTemplate(tenant), login, size: SIZE, ...changes };
}

async function container(tenant: Tenant, changes: Partial<LaunchBody> = {}): Promise<ServiceView> {
  return launched(tenant, await body(tenant, changes));
}

async function configOf(serviceId: string): Promise<Record<string, string | number>> {
  const { node, vmid } = (await guestOf(serviceId)) ?? { node: "", vmid: 0 };
  const path = `/nodes/${node}/lxc/${vmid}/config`;
  return (await pve<Record<string, string | number>>(await root(), "GET", path)).data;
}

describe("a container", () => {
  it("is made as it was asked for, unprivileged, on the templates' network, with root as its user", async () => {
    const tenant = await copier("ct-launch");
    const service = await container(tenant, { name: "box-1", size: { cores: 2, memoryMiB: 256, diskGiB: 3 } });
    expect(service).toMatchObject({
      kind: "container",
      state: "ready",
      power: "running",
      loginUser: "root",
      cores: 2,
      memoryMiB: 256,
      diskGiB: 3,
    });
    expect(service.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const guest = await guestOf(service.id);
    expect(guest).toMatchObject({ name: "box-1", status: "running", vmid: vmidOf(service.id) });
    expect(guest?.pool).toBe(`nubemox/${tenant.id.replace("ten_", "t-")}`);
    const config = await configOf(service.id);
    expect(config).toMatchObject({ hostname: "box-1", ostype: "debian" });
    expect([config["unprivileged"], config["cores"], config["memory"], config["swap"]].map(Number)).toEqual([
      1, 2, 256, 0,
    ]);
    expect(config["features"]).toBeUndefined();
    expect(config["rootfs"]).toMatch(/^local-lvm:.*size=3G/);
    expect(config["net0"]).toMatch(/bridge=vmbr0,.*firewall=1/);
    expect(await used(tenant)).toEqual({ ...NOTHING, vcpu: 2, memoryMiB: 256, diskGiB: 3, services: 1 });
    expect(rows("select password_sealed from services where id = ?", service.id)).toEqual([{ password_sealed: null }]);
  });

  it("gets nesting where its template says so, and nothing else", async () => {
    const operator = await platformOperator();
    const tenant = await copier("ct-nesting");
    const templateId = await archiveTemplate(tenant);
    write("update templates set nesting = 1 where id = ?", templateId);
    const service = await container(tenant);
    write("update templates set nesting = 0 where id = ?", templateId);
    expect((await configOf(service.id))["features"]).toBe("nesting=1");
    const [row] = rows("select cluster_id as id, volume from templates where id = ?", templateId);
    const listed = await operator.ok<{ found: { kind: string; volume: string | null; publishedAs: string | null }[] }>(
      "GET",
      `/api/operator/templates?cluster=${String(row?.["id"])}`,
    );
    expect(listed.found.find((found) => found.kind === "container")).toMatchObject({
      volume: row?.["volume"],
      publishedAs: templateId,
    });
  });

  it("starts, shuts down, stops and reboots", async () => {
    const tenant = await copier("ct-power");
    const [first, second] = await Promise.all([container(tenant), container(tenant)]);
    // Who has just started would not hear that it is to shut down.
    for (const [{ id }, action, after] of [
      [first, "reboot", "running"],
      [first, "stop", "stopped"],
      [first, "start", "running"],
      [second, "shutdown", "stopped"],
    ] as const) {
      await done(tenant, power(tenant, id, action));
      expect((await serviceOf(tenant, id)).power).toBe(after);
      expect((await guestOf(id))?.status).toBe(after);
    }
  });

  it("takes another size at once, and its disk only grows", async () => {
    const tenant = await copier("ct-size");
    const { id } = await container(tenant);
    await done(tenant, resize(tenant, id, { cores: 2, memoryMiB: 256, diskGiB: 4 }));
    const config = await configOf(id);
    expect([config["cores"], config["memory"]].map(Number)).toEqual([2, 256]);
    expect(config["rootfs"]).toMatch(/size=4G/);
    expect(await used(tenant)).toMatchObject({ vcpu: 2, memoryMiB: 256, diskGiB: 4 });
    expect(await refusal(resize(tenant, id, { ...SIZE, diskGiB: 3 }))).toEqual([409, "disk_only_grows"]);
  });

  it("is snapshotted, rolled back and its snapshot removed", async () => {
    const tenant = await copier("ct-snap");
    const { id } = await container(tenant);
    await done(tenant, snap(tenant, id, "before"));
    await done(tenant, resize(tenant, id, { cores: 2, memoryMiB: 256, diskGiB: 2 }));
    const [kept] = await snapshotsOf(tenant, id);
    await done(tenant, rollBack(tenant, id, kept?.id ?? ""));
    expect([(await configOf(id))["cores"], (await configOf(id))["memory"]].map(Number)).toEqual([1, 128]);
    expect(await used(tenant)).toMatchObject({ vcpu: 1, memoryMiB: 128, snapshots: 1 });
    expect((await guestOf(id))?.status).toBe("running");
    await done(tenant, unsnap(tenant, id, kept?.id ?? ""));
    expect(await used(tenant)).toMatchObject({ snapshots: 0 });
  });

  it("is copied while it is off, and says so while it is on", async () => {
    const tenant = await copier("ct-clone");
    const { id } = await container(tenant);
    expect(await refusal(clone(tenant, id, "copy"))).toEqual([409, "stop_first"]);
    await done(tenant, power(tenant, id, "stop"));
    const asked = await clone(tenant, id, "copy");
    await done(tenant, asked);
    const copy = await serviceOf(tenant, asked.body.service.id);
    expect(copy).toMatchObject({ kind: "container", power: "running", loginUser: "root" });
    const config = await configOf(copy.id);
    expect(config).toMatchObject({ hostname: "copy" });
    expect(Number(config["unprivileged"])).toBe(1);
    expect(String(config["description"])).toContain(copy.id);
    expect((await guestOf(id))?.status).toBe("stopped");
  });

  it("is backed up, deleted without a trace, and restored to a new one that is as confined", async () => {
    const tenant = await copier("ct-backup");
    const service = await container(tenant, { name: "first" });
    await done(tenant, backUp(tenant, service.id));
    await done(tenant, remove(tenant, service));
    expect(await guestOf(service.id)).toBeUndefined();
    const [backup] = await backupsOf(tenant);
    const asked = await restore(tenant, backup?.id ?? "", "again");
    await done(tenant, asked);
    const again = await serviceOf(tenant, asked.body.service.id);
    expect(again).toMatchObject({ kind: "container", state: "ready", power: "running", loginUser: "root" });
    const config = await configOf(again.id);
    expect(config).toMatchObject({ hostname: "again" });
    expect(Number(config["unprivileged"])).toBe(1);
    expect(String(config["description"])).toContain(again.id);
  });
});

describe("a container's launch", () => {
  it("comes about once where the answer was lost", async () => {
    const tenant = await copier("ct-lost");
    const off = await fault(site.controlUrl, {
      kind: "status",
      method: "POST",
      path: "/lxc$",
      status: 596,
      reason: "Connection timed out",
      done: true,
      times: 1,
    });
    const service = await container(tenant);
    await off();
    expect((await guestOf(service.id))?.vmid).toBe(vmidOf(service.id));
    expect(await used(tenant)).toMatchObject({ services: 1 });
  });

  it("gives everything back where its task fails", async () => {
    const tenant = await copier("ct-fails");
    const off = await fault(site.controlUrl, {
      kind: "task-fail",
      taskType: "vzcreate",
      taskError: "no space left",
      times: 1,
    });
    const answer = await launch(tenant, await body(tenant));
    const operation = await over(tenant, Promise.resolve(answer));
    await off();
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "task_failed"]);
    expect(await guestOf(answer.body.service.id)).toBeUndefined();
    expect(await used(tenant)).toEqual(NOTHING);
  });

  it("needs a user for a virtual machine, and none here", async () => {
    const tenant = await copier("ct-user");
    const machine = await launch(tenant, { login: { password: "opensesame" } as LaunchBody["login"] });
    expect([machine.status, machine.body.code]).toEqual([400, "validation_failed"]);
    expect((machine.body as Problem).errors).toEqual([{ pointer: "#/login/user", code: "required" }]);
  });
});
