// The reconciler and the books: charges, sums, locks, operations, and what tenants have left behind.
import { afterEach, describe, expect, it } from "vitest";
import type { FindingsPage } from "../worker/rules/views-findings.ts";
import { clearFaults, ended, fault, launched, newTenant, serviceOf, setLimit, used } from "./harness/portal.ts";
import { pve, root } from "./harness/pve.ts";
import { audited, found, operator, PLAIN, removeBehindThePortal, repair, tamper } from "./harness/reconciler.ts";
import { expectHonestLedger, NOTHING, rows, site, vmidOf, write } from "./harness/site.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
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
    const page = await (await operator()).ok<FindingsPage>("POST", "/api/operator/reconcile", {});
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
    const page = await (await operator()).ok<FindingsPage>("POST", "/api/operator/reconcile", {});
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

describe("what goes on for too long", () => {
  it("is told with its runs, and can be given to another run", async () => {
    const tenant = await newTenant(site, "stuck");
    const service = await launched(tenant);
    await fault(site.controlUrl, { kind: "latency", path: "/status/stop", ms: 2_500 });
    const { operation } = await tenant.person.ok<{ operation: { id: string } }>(
      "POST",
      tenant.at(`/services/${service.id}/power`),
      { action: "stop" },
    );
    write("update operations set attempt = 7 where id = ?", operation.id);
    const [finding] = await found(operation.id);
    expect(finding).toMatchObject({
      kind: "operation_stuck",
      status: "offered",
      repairs: ["take_over"],
      service: { id: service.id },
      details: { operation: "stop", runs: 7 },
    });
    await clearFaults(site.controlUrl);
    expect((await repair(finding, "take_over")).status).toBe(200);
    expect((await ended(tenant, operation.id)).status).toBe("succeeded");
    expect(await found(operation.id)).toEqual([]);
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
