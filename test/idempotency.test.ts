// The Idempotency-Key, which makes a request that is sent again the same request, and the numbers of guests, which never come back.
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Accepted, Problem } from "../worker/rules/views.ts";
import { ended, labDisks, labGuests, launchBody, launched, newTenant, serviceOf } from "./harness/portal.ts";
import type { LaunchBody, Tenant } from "./harness/portal.ts";
import { provisioner, pve, pveTask, root } from "./harness/pve.ts";
import { expectHonestLedger, expectUntouched, rows, servicesOf, site, vmidOf } from "./harness/site.ts";

afterEach(expectHonestLedger);

describe("the Idempotency-Key", () => {
  it("makes a request that is sent again the same request", async () => {
    const tenant = await newTenant(site, "again");
    const [body, key] = [await launchBody(tenant), randomUUID()];
    const first = await post(tenant, body, key);
    const second = await post(tenant, body, key);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.operation.id).toBe(first.body.operation.id);
    expect(second.body.service.id).toBe(first.body.service.id);
    await ended(tenant, first.body.operation.id);
    const late = await post(tenant, body, key);
    expect([late.status, late.body.operation.id, late.body.operation.status]).toEqual([
      202,
      first.body.operation.id,
      "succeeded",
    ]);
    expect(await servicesOf(tenant)).toHaveLength(1);
    const changed = await post(tenant, { ...body, name: "other" }, key);
    expect([changed.status, changed.body.code]).toEqual([422, "idempotency_key_reused"]);
    const elsewhere = await tenant.person.send<Problem>(
      "POST",
      tenant.at(`/services/${first.body.service.id}/power`),
      { action: "stop" },
      { key },
    );
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await servicesOf(tenant)).toHaveLength(1);
  });

  it("makes one of two that come at once", async () => {
    const tenant = await newTenant(site, "twin");
    const [body, key] = [await launchBody(tenant), randomUUID()];
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(tenant, body, key)));
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(answers.map((answer) => answer.body.operation.id)).size).toBe(1);
    expect((await ended(tenant, answers[0]?.body.operation.id ?? "")).status).toBe("succeeded");
    expect(await servicesOf(tenant)).toHaveLength(1);
  });

  it("is each tenant's own", async () => {
    const [one, two, key] = [await newTenant(site, "own"), await newTenant(site, "own"), randomUUID()];
    const answers = [await post(one, await launchBody(one), key), await post(two, await launchBody(two), key)];
    expect(answers.map((answer) => answer.status)).toEqual([202, 202]);
    expect(answers[0]?.body.operation.id).not.toBe(answers[1]?.body.operation.id);
    await Promise.all([
      ended(one, answers[0]?.body.operation.id ?? ""),
      ended(two, answers[1]?.body.operation.id ?? ""),
    ]);
  });

  it.each(["", "short", "x".repeat(129), "has space"])("is asked for: %j", async (key) => {
    const tenant = await newTenant(site, "key");
    const headers = { "idempotency-key": key };
    const answer = await tenant.person.send<Problem>("POST", tenant.at("/services"), await launchBody(tenant), {
      headers,
    });
    expect([answer.status, answer.body.code]).toEqual([400, "idempotency_key_missing"]);
    await expectUntouched(tenant);
  });
});

describe("numbers", () => {
  it("that somebody else's guest has are passed over, be it seen by the portal or not", async () => {
    const tenant = await newTenant(site, "numbers");
    const taken = next();
    const [seen, unseen] = [taken, taken + 1];
    expect(
      await pveTask(provisioner(), "POST", "/nodes/pve1/qemu", {
        vmid: seen,
        name: "foreign",
        pool: "nubemox",
        memory: 128,
      }),
    ).toBe("OK");
    expect(await pveTask(await root(), "POST", "/nodes/pve1/qemu", { vmid: unseen, name: "unseen", memory: 128 })).toBe(
      "OK",
    );
    const service = await launched(tenant);
    expect(vmidOf(service.id)).toBe(taken + 2);
    const foreign = await labGuests(site.controlUrl);
    expect(foreign.filter((guest) => guest.vmid === seen || guest.vmid === unseen).map((guest) => guest.name)).toEqual([
      "foreign",
      "unseen",
    ]);
    for (const vmid of [seen, unseen])
      expect(await pveTask(await root(), "DELETE", `/nodes/pve1/qemu/${vmid}`, { purge: 1 })).toBe("OK");
  });

  it("never come back", async () => {
    const tenant = await newTenant(site, "never");
    const first = await launched(tenant);
    const vmid = vmidOf(first.id);
    const gone = await tenant.person.ok<Accepted>(
      "DELETE",
      `${tenant.at(`/services/${first.id}`)}?confirm=${first.name}`,
    );
    expect((await ended(tenant, gone.operation.id)).status).toBe("succeeded");
    const second = await launched(tenant);
    expect(vmidOf(second.id)).toBeGreaterThan(vmid);
    expect(next()).toBeGreaterThan(vmidOf(second.id));
    expect((await pve(await root(), "GET", `/nodes/pve1/qemu/${vmid}/config`)).status).toBe(500);
    expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    expect((await serviceOf(tenant, second.id)).state).toBe("ready");
  });
});

function post(tenant: Tenant, body: LaunchBody, key: string) {
  return tenant.person.send<Accepted & Problem>("POST", tenant.at("/services"), body, { key });
}

function next(): number {
  return Number(rows("select vmid_next from clusters")[0]?.["vmid_next"]);
}
