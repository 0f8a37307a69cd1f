// The reconciler: each kind of disagreement is made for real, found, put right or offered, and gone at the next run.
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { FindingsPage, FindingView } from "../worker/rules/views-findings.ts";
import { clearFaults, labDisks, launched, newTenant, pause, serviceOf, setLimit, used } from "./harness/portal.ts";
import { configOf, pve, pveTask, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, NOTHING, platformOperator, rows, site, vmidOf, write } from "./harness/site.ts";

let operator: Person;

beforeAll(async () => {
  operator = await platformOperator();
});

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

/** One run; answers what it found about a subject, whether it waits or was put right at once. */
async function found(subject: string): Promise<FindingView[]> {
  const page = await operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
  expect(page.runs.map((run) => [run.cluster.name, typeof run.at])).toEqual([["Lab", "number"]]);
  return page.findings.filter((row) => row.subject === subject);
}

async function repair(finding: FindingView | undefined, name: string, confirm?: string) {
  return operator.send<{ finding: FindingView; code?: string }>(
    "POST",
    `/api/operator/findings/${finding?.id}/repair`,
    {
      repair: name,
      ...(confirm === undefined ? {} : { confirm }),
    },
  );
}

/** Changes what the database itself would refuse: as a hand in the file, or a fault of the portal's, would. */
function tamper(sql: string, triggers: string[]): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on");
    const kept = triggers.map(
      (name) =>
        database.prepare("select sql from sqlite_master where type = 'trigger' and name = ?").get(name)?.["sql"],
    );
    expect(kept.every(Boolean)).toBe(true);
    for (const name of triggers) database.exec(`drop trigger ${name}`);
    database.exec(sql);
    for (const text of kept) database.exec(String(text));
  } finally {
    database.close();
  }
}

async function removeBehindThePortal(vmid: number): Promise<void> {
  const as = await root();
  await pveTask(as, "POST", `/nodes/pve1/qemu/${vmid}/status/stop`);
  expect(await pveTask(as, "DELETE", `/nodes/pve1/qemu/${vmid}`)).toBe("OK");
}

const PLAIN = { vcpu: 1, memoryMiB: 128, diskGiB: 2, services: 1 };

describe("a cluster where all is well", () => {
  it("has nothing to tell of a running, a stopped and an empty tenant", async () => {
    const tenant = await newTenant(site, "well");
    const [on, off] = await Promise.all([launched(tenant), launched(tenant)]);
    await tenant.person.ok("POST", tenant.at(`/services/${off.id}/power`), { action: "stop" });
    const page = await operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
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
    const { findings } = await operator.ok<FindingsPage>("GET", "/api/operator/findings?status=gone");
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

function audited(chain: string, action: string) {
  return rows("select * from audit_entries where chain = ? and action = ? order by seq", chain, action);
}

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
    await operator.ok("POST", `/api/operator/findings/${finding?.id}/ignore`, {});
    expect(await found(`guest:${vmid}`)).toEqual([]);
    expect(await pveTask(as, "DELETE", `/nodes/pve1/qemu/${vmid}`)).toBe("OK");
    await found(`guest:${vmid}`);
    const { findings } = await operator.ok<FindingsPage>("GET", "/api/operator/findings?status=ignored");
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

  it("is charged for what it takes, if the tenant has room for it", async () => {
    const tenant = await newTenant(site, "grown");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    await grow(vmid, { cores: 2, memory: 256 });
    const [finding] = await found(service.id);
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
    const [finding] = await found(service.id);
    expect((await repair(finding, "reset_guest")).status).toBe(200);
    expect(await configOf(vmid)).toMatchObject({ cores: 1, memory: "128" });
    expect(await found(service.id)).toEqual([]);
    expect(await used(tenant)).toMatchObject(PLAIN);
  });

  it("is found out though the cluster's list does not show it: a second disk", async () => {
    const tenant = await newTenant(site, "disk");
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    expect((await pve(await root(), "PUT", `/nodes/pve1/qemu/${vmid}/config`, { scsi1: "local-lvm:3" })).status).toBe(
      200,
    );
    let finding: FindingView | undefined;
    for (let runs = 0; runs < 10 && !finding; runs += 1) [finding] = await found(service.id);
    expect(finding).toMatchObject({ kind: "size_differs", repairs: ["charge_real"], details: { realDiskGiB: 5 } });
    expect((await repair(finding, "charge_real")).status).toBe(200);
    expect(await used(tenant)).toMatchObject({ ...PLAIN, diskGiB: 5 });
  });
});

describe("the ledger", () => {
  it("releases a charge that belongs to nothing any more", async () => {
    const tenant = await newTenant(site, "leak");
    const service = await launched(tenant);
    await removeBehindThePortal(vmidOf(service.id));
    tamper(`update services set state = 'deleted', deleted_at = 1 where id = '${service.id}'`, [
      "services_end_gives_back",
    ]);
    expect(await used(tenant)).toMatchObject(PLAIN);
    const page = await operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
    const told = page.findings.filter((row) => row.tenant?.id === tenant.id);
    expect(told.map((row) => [row.kind, row.status, row.details.resource]).toSorted()).toEqual([
      ["charge_leaked", "repaired", "diskGiB"],
      ["charge_leaked", "repaired", "memoryMiB"],
      ["charge_leaked", "repaired", "services"],
      ["charge_leaked", "repaired", "vcpu"],
    ]);
    expect(await used(tenant)).toEqual(NOTHING);
    expect(audited(tenant.id, "finding.repair").length).toBe(4);
  });

  it("takes a charge that is missing, and offers it where there is no room", async () => {
    const tenant = await newTenant(site, "free-ride");
    const service = await launched(tenant);
    setLimit(site, tenant.id, "vcpu", 1);
    tamper(`delete from charges where service_id = '${service.id}' and resource in ('vcpu', 'diskGiB')`, [
      "charges_of_the_living_stay",
    ]);
    setLimit(site, tenant.id, "vcpu", 0);
    const subject = `${service.id}:vcpu`;
    expect(await found(subject)).toMatchObject([
      { kind: "charge_missing", status: "offered", repairs: ["correct"], details: { amount: 0, wanted: 1 } },
    ]);
    expect(await used(tenant)).toMatchObject({ ...PLAIN, vcpu: 0 });
    const [finding] = await found(subject);
    const refused = await repair(finding, "correct");
    expect([refused.status, refused.body.code]).toEqual([409, "quota_exceeded"]);
    setLimit(site, tenant.id, "vcpu", 1);
    expect(await found(subject)).toMatchObject([{ status: "repaired" }]);
    expect(await used(tenant)).toMatchObject(PLAIN);
  });

  it("corrects an amount that is not the size, and a sum that is not the charges'", async () => {
    const tenant = await newTenant(site, "wrong");
    const service = await launched(tenant);
    tamper(`update charges set amount = 3 where service_id = '${service.id}' and resource = 'vcpu'`, [
      "charges_amount_equals_size",
    ]);
    tamper(`update envelopes set used = used + 7 where tenant_id = '${tenant.id}' and resource = 'memoryMiB'`, [
      "envelopes_used_is_derived",
    ]);
    expect(await used(tenant)).toMatchObject({ vcpu: 3, memoryMiB: 135 });
    const page = await operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
    const told = page.findings.filter((row) => row.tenant?.id === tenant.id);
    expect(
      told
        .map((row) => [row.kind, row.status, row.details.resource, row.details.amount, row.details.wanted])
        .toSorted(),
    ).toEqual([
      ["charge_differs", "repaired", "memoryMiB", 135, 128],
      ["charge_differs", "repaired", "vcpu", 3, 1],
    ]);
    expect(await used(tenant)).toMatchObject(PLAIN);
  });
});

describe("operations", () => {
  it("frees a service from an operation that has ended", async () => {
    const tenant = await newTenant(site, "locked");
    const service = await launched(tenant);
    const [operation] = rows("select id from operations where service_id = ?", service.id);
    write("update services set operation_id = ? where id = ?", String(operation?.["id"]), service.id);
    expect(await found(`lock:${service.id}`)).toMatchObject([{ kind: "operation_stuck", status: "repaired" }]);
    expect((await serviceOf(tenant, service.id)).operationId).toBeNull();
  });
});

describe("what is left of tenants", () => {
  it("that are deleted is told and removed when confirmed; that of tenants nobody knows is left alone", async () => {
    const tenant = await newTenant(site, "former");
    const as = await root();
    const slug = `t-${tenant.id.slice(4)}`;
    tamper(`update tenants set status = 'deleted' where id = '${tenant.id}'`, ["tenants_end_empty"]);
    const other = `t-${"0".repeat(19)}${Math.floor(Math.random() * 10)}`;
    for (const name of [slug, other]) {
      await pve(as, "POST", "/pools", { poolid: `nubemox/${name}`, comment: `nubemox:ten_${name.slice(2)}` });
    }
    await pve(as, "POST", "/access/users", {
      userid: `${slug}@pve`,
      groups: "nubemox-tenants",
      comment: `nubemox:${tenant.id}`,
    });
    const [pool] = await found(`pool:nubemox/${slug}`);
    const [user] = await found(`user:${slug}@pve`);
    expect([pool, user]).toMatchObject([{ repairs: ["remove_pool"] }, { repairs: ["remove_pool"] }]);
    expect(await found(`pool:nubemox/${other}`)).toMatchObject([{ repairs: [], tenant: null }]);
    for (const finding of [pool, user]) {
      expect((await repair(finding, "remove_pool", finding?.subject)).status).toBe(200);
    }
    const pools = await pve<{ poolid: string }[]>(as, "GET", "/pools");
    const names = pools.data.map((row) => row.poolid);
    expect(names).not.toContain(`nubemox/${slug}`);
    expect(names).toContain(`nubemox/${other}`);
    await pve(as, "DELETE", "/pools", { poolid: `nubemox/${other}` });
    expect(await found(`pool:nubemox/${other}`)).toEqual([]);
    tamper(`update tenants set status = 'active' where id = '${tenant.id}'`, []);
  });
});
