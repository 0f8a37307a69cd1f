// The reconciler and guests: each kind of disagreement is made for real, found, put right or offered, and gone at the next run.
import { afterEach, describe, expect, it } from "vitest";
import type { FindingsPage, FindingView } from "../worker/rules/views-findings.ts";
import { clearFaults, labDisks, launched, newTenant, pause, serviceOf, setLimit, used } from "./harness/portal.ts";
import { configOf, pve, pveTask, root } from "./harness/pve.ts";
import { audited, found, operator, PLAIN, removeBehindThePortal, repair } from "./harness/reconciler.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, site, vmidOf, write } from "./harness/site.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

describe("a cluster where all is well", () => {
  it("has nothing to tell of a running, a stopped and an empty tenant", async () => {
    const tenant = await newTenant(site, "well");
    const [on, off] = await Promise.all([launched(tenant), launched(tenant)]);
    await tenant.person.ok("POST", tenant.at(`/services/${off.id}/power`), { action: "stop" });
    const page = await (await operator()).ok<FindingsPage>("POST", "/api/operator/reconcile", {});
    expect(page.findings.filter((row) => row.tenant?.id === tenant.id)).toEqual([]);
    expect(page.runs[0]?.skipped).toEqual(["disks"]);
    expect(await guestOf(on.id)).toMatchObject({ status: "running" });
  });
});

describe("a guest that is gone", () => {
  it("is offered to be written off, which gives everything back and leaves the service to be removed", async () => {
    const tenant = await newTenant(site, "gone");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    await removeBehindThePortal(vmid);
    const [finding] = await found(service.id);
    expect(finding).toMatchObject({
      kind: "guest_missing",
      status: "offered",
      repairs: ["write_off"],
      tenant: { id: tenant.id },
      service: { id: service.id, name: service.name },
      details: { vmid, node: "pve1" },
    });
    // Seen again, it is the same finding; nothing is given back before somebody says so.
    expect((await found(service.id)).map((row) => row.id)).toEqual([finding?.id]);
    expect(await used(tenant)).toMatchObject(PLAIN);
    expect((await repair(finding, "charge_real")).status).toBe(404);
    expect((await repair(finding, "write_off")).body.finding).toMatchObject({ status: "repaired", repairs: [] });
    expect(await used(tenant)).toEqual(NOTHING);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "failed", operationId: null });
    expect(await found(service.id)).toEqual([]);
    expect((await repair(finding, "write_off")).status).toBe(404);
  });

  it("is not one whose node is off", async () => {
    const tenant = await newTenant(site, "off");
    const service = await launched(tenant);
    await fetch(`${site.controlUrl}/faults`, {
      method: "POST",
      body: JSON.stringify({ kind: "status", status: 595, path: "^/nodes/pve1/qemu" }),
    });
    expect(await found(service.id)).toEqual([]);
  });

  it("is not one that the cluster only does not show", async () => {
    const tenant = await newTenant(site, "hidden");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    const as = await root();
    const { pool } = (await guestOf(service.id)) ?? {};
    await pve(as, "PUT", "/pools", { poolid: String(pool), vms: vmid, delete: 1 });
    expect(await found(service.id)).toMatchObject([
      { kind: "guest_misplaced", status: "offered", repairs: [], details: { vmid, pool: "", ours: 0 } },
    ]);
    await pve(as, "PUT", "/pools", { poolid: String(pool), vms: vmid });
    expect(await found(service.id)).toEqual([]);
    const { findings } = await (await operator()).ok<FindingsPage>("GET", "/api/operator/findings?status=gone");
    expect(findings.filter((row) => row.subject === service.id)).toMatchObject([{ status: "gone", repairs: [] }]);
  });
});

describe("a guest in another tenant's pool", () => {
  it("is put back at once, and the audit tells", async () => {
    const [ana, bob] = await Promise.all([newTenant(site, "home"), newTenant(site, "away")]);
    const [service, other] = await Promise.all([launched(ana), launched(bob)]);
    const [own, away] = [(await guestOf(service.id))?.pool, (await guestOf(other.id))?.pool];
    const vmid = vmidOf(service.id);
    await pve(await root(), "PUT", "/pools", { poolid: String(away), vms: vmid, "allow-move": 1 });
    expect((await guestOf(service.id))?.pool).toBe(away);
    expect(await found(service.id)).toMatchObject([
      { kind: "guest_misplaced", status: "repaired", details: { vmid, pool: away, ownPool: own } },
    ]);
    expect((await guestOf(service.id))?.pool).toBe(own);
    expect(audited(ana.id, "finding.repair")).toMatchObject([
      { actor_kind: "system", outcome: "done", target_id: service.id, after: '{"repair":"move_back"}' },
    ]);
  });
});

describe("a guest that no service knows", () => {
  it("is told with what it takes, and left alone unless the portal made and marked it", async () => {
    const tenant = await newTenant(site, "extra");
    const service = await launched(tenant);
    const pool = String((await guestOf(service.id))?.pool);
    const vmid = 50_000 + Math.floor(Math.random() * 9_000);
    const as = await root();
    expect(await pveTask(as, "POST", "/nodes/pve1/qemu", { vmid, name: "smuggled", memory: 256, pool })).toBe("OK");
    await pause(600);
    const [finding] = await found(`guest:${vmid}`);
    expect(finding).toMatchObject({
      kind: "guest_unknown",
      status: "offered",
      repairs: [],
      tenant: { id: tenant.id },
      service: null,
      details: { vmid, pool, node: "pve1", ours: 0 },
    });
    expect((await repair(finding, "remove_guest", `guest:${vmid}`)).status).toBe(404);
    expect(await configOf(vmid)).not.toBeNull();
    // Let be, it waits no longer; it is gone when it is gone.
    await (await operator()).ok("POST", `/api/operator/findings/${finding?.id}/ignore`, {});
    expect(await found(`guest:${vmid}`)).toEqual([]);
    expect(await pveTask(as, "DELETE", `/nodes/pve1/qemu/${vmid}`)).toBe("OK");
    await found(`guest:${vmid}`);
    const { findings } = await (await operator()).ok<FindingsPage>("GET", "/api/operator/findings?status=ignored");
    expect(findings.filter((row) => row.subject === `guest:${vmid}`)).toEqual([]);
  });

  it("that has outlived its own service is removed when an operator confirms it", async () => {
    const tenant = await newTenant(site, "ghost");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    write("update services set state = 'failed' where id = ?", service.id);
    write("update services set state = 'deleted', deleted_at = 1 where id = ?", service.id);
    const [finding] = await found(`guest:${vmid}`);
    expect(finding).toMatchObject({ kind: "guest_unknown", repairs: ["remove_guest"], service: { id: service.id } });
    const unconfirmed = await repair(finding, "remove_guest", "guest:1");
    expect([unconfirmed.status, unconfirmed.body.code]).toEqual([409, "confirmation_mismatch"]);
    expect((await guestOf(service.id))?.status).toBe("running");
    expect((await repair(finding, "remove_guest", `guest:${vmid}`)).status).toBe(200);
    expect(await guestOf(service.id)).toBeUndefined();
    expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    expect(await found(`guest:${vmid}`)).toEqual([]);
  });

  it("that carries the mark of another service is no more ours than any other", async () => {
    const tenant = await newTenant(site, "copy");
    const service = await launched(tenant);
    const vmid = 60_000 + Math.floor(Math.random() * 9_000);
    const as = await root();
    const pool = String((await guestOf(service.id))?.pool);
    const description = `nubemox:${service.id}`;
    await pveTask(as, "POST", "/nodes/pve1/qemu", { vmid, memory: 128, pool, description });
    expect(await found(`guest:${vmid}`)).toMatchObject([{ kind: "guest_unknown", repairs: [], service: null }]);
    expect(await pveTask(as, "DELETE", `/nodes/pve1/qemu/${vmid}`)).toBe("OK");
  });
});

describe("a guest of another size than is charged", () => {
  const grow = async (vmid: number, changes: Record<string, number>) => {
    expect((await pve(await root(), "PUT", `/nodes/pve1/qemu/${vmid}/config`, changes)).status).toBe(200);
  };

  /** The cluster's list is some seconds old, and whatever it does not show is looked at by turns. */
  const foundInTime = async (serviceId: string): Promise<FindingView | undefined> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const [finding] = await found(serviceId);
      if (finding || Date.now() > deadline) return finding;
      await pause(500);
    }
  };

  it("is charged for what it takes, if the tenant has room for it", async () => {
    const tenant = await newTenant(site, "grown");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    await grow(vmid, { cores: 2, memory: 256 });
    const finding = await foundInTime(service.id);
    expect(finding).toMatchObject({
      kind: "size_differs",
      status: "offered",
      repairs: ["charge_real", "reset_guest"],
      details: { cores: 1, realCores: 2, memoryMiB: 128, realMemoryMiB: 256, diskGiB: 2, realDiskGiB: 2 },
    });
    setLimit(site, tenant.id, "vcpu", 1);
    const refused = await repair(finding, "charge_real");
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { code: "quota_exceeded", params: { resource: "vcpu", asked: 1, left: 0, limit: 1 } },
    ]);
    setLimit(site, tenant.id, "vcpu", 2);
    expect((await repair(finding, "charge_real")).status).toBe(200);
    expect(await used(tenant)).toMatchObject({ ...PLAIN, vcpu: 2, memoryMiB: 256 });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 2, memoryMiB: 256 });
    expect(await found(service.id)).toEqual([]);
  });

  it("is set back to its size, which it takes at its next start", async () => {
    const tenant = await newTenant(site, "reset");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    await grow(vmid, { cores: 4 });
    const finding = await foundInTime(service.id);
    expect((await repair(finding, "reset_guest")).status).toBe(200);
    expect(await configOf(vmid)).toMatchObject({ cores: 1, memory: "128" });
    expect(await found(service.id)).toEqual([]);
    expect(await used(tenant)).toMatchObject(PLAIN);
  });

  it("counts sockets, which multiply the cores, and sets them back as well", async () => {
    const tenant = await newTenant(site, "sockets");
    const service = await launched(tenant);
    await grow(vmidOf(service.id), { sockets: 2 });
    const finding = await foundInTime(service.id);
    expect(finding).toMatchObject({ kind: "size_differs", details: { cores: 1, realCores: 2 } });
    expect((await repair(finding, "reset_guest")).status).toBe(200);
    expect(await found(service.id)).toEqual([]);
  });

  it("is found out though the cluster's list does not show it: a second disk", async () => {
    const tenant = await newTenant(site, "disk");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    expect((await pve(await root(), "PUT", `/nodes/pve1/qemu/${vmid}/config`, { scsi1: "local-lvm:3" })).status).toBe(
      200,
    );
    const finding = await foundInTime(service.id);
    expect(finding).toMatchObject({ kind: "size_differs", repairs: ["charge_real"], details: { realDiskGiB: 5 } });
    expect((await repair(finding, "charge_real")).status).toBe(200);
    expect(await used(tenant)).toMatchObject({ ...PLAIN, diskGiB: 5 });
  });
});

describe("a guest on another node than the portal thinks", () => {
  it("is followed, and the tenant's audit tells", async () => {
    const tenant = await newTenant(site, "moved");
    const service = await launched(tenant);
    write("update services set node = 'pve9' where id = ?", service.id);
    expect(await found(service.id)).toEqual([]);
    expect(rows("select node from services where id = ?", service.id)).toEqual([{ node: "pve1" }]);
    expect(audited(tenant.id, "service.moved")).toMatchObject([
      { actor_kind: "system", before: '{"node":"pve9"}', after: '{"node":"pve1"}' },
    ]);
  });
});
