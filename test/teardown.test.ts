// Deleting a tenant: everything that was made for it goes, on the cluster too, whatever breaks on the way; nothing else does.
import { afterEach, describe, expect, it } from "vitest";
import type { Accepted, MeView, Problem } from "../worker/rules/views.ts";
import type { ChildDetailView } from "../worker/rules/views-tree.ts";
import { lane } from "./harness/lane.ts";
import { clearFaults, ended, fault, labDisks, labGuests, launch, launched, pause, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { provisioner, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, NOTHING, platformOperator, rows, site, vmidOf, write } from "./harness/site.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";

afterEach(async () => {
  await clearFaults(lane.controlUrl);
  expectHonestLedger();
});

const ROOM = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 8, snapshots: 4, backups: 2, backupGiB: 10 };
const SOME = { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 3, snapshots: 2, backups: 1, backupGiB: 4 };

const nameOf = (tenantId: string) => String(rows("select name from tenants where id = ?", tenantId)[0]?.["name"]);
const statusOf = (tenantId: string) => rows("select status from tenants where id = ?", tenantId)[0]?.["status"];

/** Asks for the deletion; answers the error's code, or null. */
async function remove(asker: Pick<Tenant, "person" | "at">, id: string, typed = nameOf(id)): Promise<string | null> {
  const path = asker.at(`/children/${id}?confirm=${encodeURIComponent(typed)}`);
  const answer = await asker.person.send<Problem>("DELETE", path);
  return answer.status === 202 ? null : answer.body.code;
}

async function untilDeleted(tenantId: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (statusOf(tenantId) === "deleted") return;
    await pause(100);
  }
  throw new Error(
    `still ${statusOf(tenantId)}: ${JSON.stringify(rows("select * from services where tenant_id = ?", tenantId))}`,
  );
}

/** Names of what the cluster keeps that carries the marks of these tenants, or names them. */
async function onCluster(...tenants: Tenant[]): Promise<string[]> {
  const as = await root();
  const slugs = tenants.map((tenant) => tenant.id.replace("ten_", "t-"));
  const pools = (await pve<{ poolid: string }[]>(as, "GET", "/pools")).data.map((row) => row.poolid);
  const users = (await pve<{ userid: string }[]>(as, "GET", "/access/users")).data.map((row) => row.userid);
  const rules = (await pve<{ path: string; ugid: string }[]>(as, "GET", "/access/acl")).data.map(
    (row) => `${row.path} ${row.ugid}`,
  );
  const guests = (await labGuests(site.controlUrl)).map((guest) => guest.pool ?? "");
  return [...pools, ...users, ...rules, ...guests].filter((name) => slugs.some((slug) => name.includes(slug)));
}

/** Rows of every table that belongs to a tenant, but for what is kept for the records. */
function rowsOf(tenantId: string): unknown[] {
  return [
    ...rows("select 'service' as what from services where tenant_id = ? and state <> 'deleted'", tenantId),
    ...[
      "envelopes",
      "identities",
      "members",
      "invitations",
      "api_keys",
      "storefronts",
      "snapshots",
      "backups",
      "default_limits",
    ].flatMap((table) => rows(`select '${table}' as what from ${table} where tenant_id = ?`, tenantId)),
    ...rows("select 'plan' as what from plans where owner_id = ?", tenantId),
  ];
}

describe("a tenant that is deleted", () => {
  it("leaves nothing behind, and its quota comes back to the one above", async () => {
    const reseller = await resellerWith("gone", ROOM);
    const tenant = await childBelow(reseller, "gone", SOME);
    const neighbour = await childBelow(reseller, "stays", SOME);
    await Promise.all([launched(tenant), launched(tenant), launched(neighbour)]);
    await tenant.person.ok("POST", tenant.at("/invitations"), { email: "nobody@people.test", role: "viewer" });
    expect((await onCluster(tenant)).length).toBeGreaterThan(3);
    const before = await onCluster(neighbour);
    expect(await remove(reseller, tenant.id, "something else")).toBe("confirmation_mismatch");
    expect(statusOf(tenant.id)).toBe("active");
    expect(await remove(reseller, tenant.id)).toBeNull();
    const page = await reseller.person.ok<{ child: ChildDetailView }>("GET", reseller.at(`/children/${tenant.id}`));
    expect(page.child.status).toBe("deleting");
    expect(page.child.left?.services).toBeGreaterThan(0);
    await untilDeleted(tenant.id);
    expect(await onCluster(tenant)).toEqual([]);
    expect(rowsOf(tenant.id)).toEqual([]);
    expect(await onCluster(neighbour)).toEqual(before);
    expect(await used(reseller)).toMatchObject({ ...SOME, services: 3 });
    const me = await tenant.person.ok<MeView>("GET", "/api/me");
    expect(me.tenants.map((row) => row.id)).not.toContain(tenant.id);
    expect((await reseller.person.send("GET", reseller.at(`/children/${tenant.id}`))).status).toBe(404);
    const told = rows("select action, actor_kind from audit_entries where chain = ? order by seq", tenant.id);
    expect(told.map((row) => row["action"])).toEqual(expect.arrayContaining(["child.delete", "child.deleted"]));
    expect(told.at(-1)).toEqual({ action: "child.deleted", actor_kind: "system" });
  });

  it("takes its snapshots and backups along, those of services that are gone and protected ones as well", async () => {
    const reseller = await resellerWith("copies", ROOM);
    const tenant = await childBelow(reseller, "copies", { ...SOME, backups: 2, backupGiB: 8 });
    const [kept, gone] = await Promise.all([launched(tenant), launched(tenant)]);
    const begin = async (method: string, path: string, body?: object) => {
      const { operation } = await tenant.person.ok<Accepted>(method, tenant.at(path), body);
      expect([path, (await ended(tenant, operation.id)).status]).toEqual([path, "succeeded"]);
    };
    await begin("POST", `/services/${kept.id}/snapshots`, { name: "before" });
    await begin("POST", `/services/${kept.id}/backups`, { notes: "", protected: true });
    await begin("POST", `/services/${gone.id}/backups`, { notes: "", protected: false });
    await begin("DELETE", `/services/${gone.id}?confirm=${gone.name}`);
    const files = async () => {
      const numbers = new Set([vmidOf(kept.id), vmidOf(gone.id)]);
      return (await labDisks(site.controlUrl)).filter((file) => numbers.has(file.vmid)).map((file) => file.volid);
    };
    expect((await files()).filter((volid) => volid.includes("backup/"))).toHaveLength(2);
    expect(await remove(reseller, tenant.id)).toBeNull();
    await untilDeleted(tenant.id);
    expect(await files()).toEqual([]);
    expect(rowsOf(tenant.id)).toEqual([]);
    expect(await onCluster(tenant)).toEqual([]);
    expect(await used(reseller)).toEqual(NOTHING);
  });

  it("goes with everything below it, children first, their pools as well", async () => {
    const platform = await platformOperator();
    const reseller = await resellerWith("branch", ROOM);
    const inner = await childBelow(reseller, "twig", { ...SOME, vcpu: 3 }, "reseller");
    const leaf = await childBelow(inner, "leaf", { vcpu: 1, memoryMiB: 512, diskGiB: 4, services: 1 });
    await Promise.all([launched(reseller), launched(inner), launched(leaf)]);
    const at = (path: string) => `/api/operator${path}`;
    expect(await remove({ person: platform, at }, reseller.id)).toBeNull();
    for (const tenant of [leaf, inner, reseller]) await untilDeleted(tenant.id);
    expect(await onCluster(reseller, inner, leaf)).toEqual([]);
    for (const tenant of [leaf, inner, reseller]) expect(rowsOf(tenant.id)).toEqual([]);
  });

  it("may be deleted while a launch is under way", async () => {
    const reseller = await resellerWith("midway", ROOM);
    const tenant = await childBelow(reseller, "midway", SOME);
    expect((await launch(tenant)).status).toBe(202);
    expect(await remove(reseller, tenant.id)).toBeNull();
    expect((await launch(tenant)).body.code).toBe("tenant_suspended");
    await untilDeleted(tenant.id);
    expect(await onCluster(tenant)).toEqual([]);
    expect(await used(reseller)).toEqual(NOTHING);
  });

  it("waits for a cluster that does not answer, and goes on when it does", async () => {
    const reseller = await resellerWith("outage", ROOM);
    const tenant = await childBelow(reseller, "outage", SOME);
    await launched(tenant);
    const heal = await fault(lane.controlUrl, {
      path: "/access/users",
      method: "DELETE",
      kind: "status",
      status: 595,
    });
    expect(await remove(reseller, tenant.id)).toBeNull();
    for (let tries = 0; tries < 300; tries += 1) {
      const { child } = await reseller.person.ok<{ child: ChildDetailView }>(
        "GET",
        reseller.at(`/children/${tenant.id}`),
      );
      if (child.left?.services === 0) break;
      await pause(100);
    }
    await pause(2_500);
    expect(statusOf(tenant.id)).toBe("deleting");
    expect(rows("select 1 as one from identities where tenant_id = ?", tenant.id)).toHaveLength(1);
    await heal();
    await untilDeleted(tenant.id);
    expect(await onCluster(tenant)).toEqual([]);
  });

  it("keeps its hands off what is not the portal's: a foreign guest in its pool holds everything up and survives", async () => {
    const reseller = await resellerWith("foreign", ROOM);
    const tenant = await childBelow(reseller, "foreign", SOME);
    const service = await launched(tenant);
    const vmid = vmidOf(service.id);
    const guest = `/nodes/pve1/qemu/${vmid}/config`;
    const mark = (description: string) => root().then((as) => pve(as, "PUT", guest, { description }));
    await mark("somebody else's");
    expect(await remove(reseller, tenant.id)).toBeNull();
    await pause(3_000);
    expect(statusOf(tenant.id)).toBe("deleting");
    expect((await pve(await root(), "GET", guest)).status).toBe(200);
    await mark(`nubemox:${service.id}`);
    await untilDeleted(tenant.id);
    expect((await pve(provisioner(), "GET", guest)).status).not.toBe(200);
  });

  it("is deleted by owners of the one above only", async () => {
    const reseller = await resellerWith("rights", ROOM);
    const neighbour = await resellerWith("rights2", ROOM);
    const tenant = await childBelow(reseller, "rights", {});
    const helper = await childBelow(neighbour, "helper", {});
    const me = await helper.person.ok<MeView>("GET", "/api/me");
    write(
      "insert into members (tenant_id, user_id, role, created_at) values (?, ?, 'operator', 0)",
      reseller.id,
      me.user.id,
    );
    expect(await remove(neighbour, tenant.id)).toBe("not_found");
    expect(await remove({ person: helper.person, at: reseller.at }, tenant.id)).toBe("role_missing");
    expect(await remove(tenant, tenant.id)).toBe("not_found");
    expect(await remove(reseller, reseller.id)).toBe("not_found");
    expect(statusOf(tenant.id)).toBe("active");
  });
});
