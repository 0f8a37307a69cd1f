// Suspending: everything below stops at once and says so, everything comes back, and no race slips through.
import { afterEach, describe, expect, it } from "vitest";
import type { ConsoleView, MeView, OperationView, Problem, ServiceView } from "../worker/rules/views.ts";
import type { ChildDetailView } from "../worker/rules/views-tree.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";
import { ended, launch, launchBody, launched, newTenant, pause, serviceOf, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { expectHonestLedger, NOTHING, platformOperator, rows, site } from "./harness/site.ts";
import { closing, Feed, opened, openSocket } from "./harness/socket.ts";

afterEach(expectHonestLedger);

const ROOM = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 8, snapshots: 4, backups: 2, backupGiB: 10 };
const SOME = { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 3, snapshots: 2, backups: 1, backupGiB: 4 };

function heldBy(tenantId: string): unknown {
  return rows("select held_by from tenants where id = ?", tenantId)[0]?.["held_by"];
}

async function isOpen(tenant: Tenant): Promise<boolean | undefined> {
  const me = await tenant.person.ok<MeView>("GET", "/api/me");
  return me.tenants.find((row) => row.id === tenant.id)?.open;
}

/** The code with which a request is refused, or null where it is taken. */
async function codeOf(tenant: Tenant, method: string, path: string, body: object = {}): Promise<string | null> {
  const answer = await tenant.person.send<Problem>(method, tenant.at(path), body);
  return answer.status < 400 ? null : answer.body.code;
}

describe("a suspended tenant", () => {
  it("may look, stop and delete, and start nothing; its console is cut, its services are shut down; then all is as before", async () => {
    const reseller = await resellerWith("susp", ROOM);
    const tenant = await childBelow(reseller, "susp", SOME);
    const running = await launched(tenant);
    const stopped = await launched(tenant);
    const stop = await tenant.person.ok<{ operation: OperationView }>(
      "POST",
      tenant.at(`/services/${stopped.id}/power`),
      { action: "stop" },
    );
    await ended(tenant, stop.operation.id);
    const view = await tenant.person.ok<ConsoleView>("POST", tenant.at(`/services/${running.id}/console`), {});
    const socket = await opened(tenant.person, view.path, "binary");
    const feed = new Feed(await opened(tenant.person, tenant.at("/feed")));
    const closed = closing(socket);
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/suspend`), {
      reason: "unpaid",
      shutDown: true,
    });
    const { milliseconds } = await closed;
    process.stdout.write(`console closed ${milliseconds.toFixed(0)} ms after suspending was asked for\n`);
    await feed.until((all) => all.events.some((event) => event.type === "tenant"));
    expect(rows("select close_reason from consoles where service_id = ?", running.id)).toEqual([
      { close_reason: "suspended" },
    ]);
    expect(await isOpen(tenant)).toBe(false);
    const page = await reseller.person.ok<{ child: ChildDetailView }>("GET", reseller.at(`/children/${tenant.id}`));
    expect(page.child).toMatchObject({ status: "suspended", reason: "unpaid", left: null, isHeldFromAbove: false });
    expect(await codeOf(tenant, "POST", "/services", await launchBody(tenant))).toBe("tenant_suspended");
    expect(await codeOf(tenant, "POST", `/services/${stopped.id}/power`, { action: "start" })).toBe("tenant_suspended");
    expect(await codeOf(tenant, "POST", `/services/${running.id}/console`)).toBe("tenant_suspended");
    expect(await codeOf(tenant, "POST", "/invitations", { email: "x@people.test", role: "viewer" })).toBe(
      "tenant_suspended",
    );
    expect((await tenant.person.send("GET", tenant.at("/services"))).status).toBe(200);
    await untilStopped(tenant, running);
    const removed = await tenant.person.ok<{ operation: OperationView }>(
      "DELETE",
      tenant.at(`/services/${stopped.id}?confirm=${stopped.name}`),
    );
    expect((await ended(tenant, removed.operation.id)).status).toBe("succeeded");
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/resume`), {});
    expect(await isOpen(tenant)).toBe(true);
    const started = await tenant.person.ok<{ operation: OperationView }>(
      "POST",
      tenant.at(`/services/${running.id}/power`),
      { action: "start" },
    );
    expect((await ended(tenant, started.operation.id)).status).toBe("succeeded");
    feed.socket.terminate();
  });

  it("has a console that was asked for before, and opens it no more", async () => {
    const reseller = await resellerWith("ticket", ROOM);
    const tenant = await childBelow(reseller, "ticket", SOME);
    const service = await launched(tenant);
    const view = await tenant.person.ok<ConsoleView>("POST", tenant.at(`/services/${service.id}/console`), {});
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/suspend`), {});
    expect((await openSocket(tenant.person, view.path)).status).toBe(410);
  });

  it("launches nothing, however close its launches come to the suspension", async () => {
    const reseller = await resellerWith("race", ROOM);
    const tenant = await childBelow(reseller, "race", { ...SOME, services: 3 });
    const body = await launchBody(tenant);
    const launches = Array.from({ length: 12 }, async (_, index) => {
      await pause(index * 8);
      return launch(tenant, { ...body, name: `race-${index}`, size: { cores: 1, memoryMiB: 128, diskGiB: 1 } });
    });
    await pause(20);
    const at = Date.now();
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/suspend`), {});
    const codes = new Set((await Promise.all(launches)).map((answer) => answer.body.code ?? "taken"));
    for (const code of codes) expect(["taken", "quota_exceeded", "tenant_suspended"]).toContain(code);
    const [{ status_at: since } = { status_at: at }] = rows("select status_at from tenants where id = ?", tenant.id);
    const late = rows(
      "select id from operations where tenant_id = ? and kind = 'launch' and started_at > ?",
      tenant.id,
      Number(since) + 500,
    );
    expect(late).toEqual([]);
    for (const row of rows("select id from operations where tenant_id = ?", tenant.id))
      await ended(tenant, String(row["id"]));
  });
});

describe("the tree below", () => {
  it("is held by the nearest that is not active, and each is let go by itself", async () => {
    const reseller = await resellerWith("tree", ROOM);
    const inner = await childBelow(reseller, "inner", SOME, "reseller");
    const leaf = await childBelow(inner, "leaf", { vcpu: 1 });
    const platform = await platformOperator();
    const change = (id: string, verb: string) => platform.ok("POST", `/api/operator/children/${id}/${verb}`, {});
    await change(leaf.id, "suspend");
    expect([reseller, inner, leaf].map((row) => heldBy(row.id))).toEqual([null, null, leaf.id]);
    await change(reseller.id, "suspend");
    expect([reseller, inner, leaf].map((row) => heldBy(row.id))).toEqual([reseller.id, reseller.id, leaf.id]);
    expect(await isOpen(inner)).toBe(false);
    // Held from above, one neither makes tenants nor lets one's own go on, but may suspend more.
    expect(await codeOf(inner, "POST", `/children/${leaf.id}/resume`)).toBe("tenant_suspended");
    expect(await codeOf(inner, "POST", "/children", { name: "New", ownerEmail: leaf.email, limits: {} })).toBe(
      "tenant_suspended",
    );
    await change(inner.id, "suspend");
    await change(reseller.id, "resume");
    expect([reseller, inner, leaf].map((row) => heldBy(row.id))).toEqual([null, inner.id, leaf.id]);
    await change(inner.id, "resume");
    expect([reseller, inner, leaf].map((row) => heldBy(row.id))).toEqual([null, null, leaf.id]);
    const again = await platform.send<Problem>("POST", `/api/operator/children/${inner.id}/resume`, {});
    expect([again.status, again.body.code]).toEqual([409, "tenant_not_ready"]);
    await change(leaf.id, "resume");
    expect(heldBy(leaf.id)).toBeNull();
  });

  it("is suspended by those above only: not by oneself, not by a neighbour, not by a viewer", async () => {
    const reseller = await resellerWith("own", ROOM);
    const neighbour = await resellerWith("next", ROOM);
    const tenant = await childBelow(reseller, "own", {});
    for (const [asker, id] of [
      [tenant, tenant.id],
      [reseller, reseller.id],
      [neighbour, tenant.id],
      [neighbour, reseller.id],
      [reseller, "ten_platform"],
    ] as const) {
      expect(await codeOf(asker, "POST", `/children/${id}/suspend`)).toBe("not_found");
    }
    expect(heldBy(tenant.id)).toBeNull();
  });

  it("is shut down where a service was busy at the moment of the suspension", async () => {
    const reseller = await resellerWith("busy", ROOM);
    const tenant = await childBelow(reseller, "busy", SOME);
    const answer = await launch(tenant);
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/suspend`), { shutDown: true });
    expect((await ended(tenant, answer.body.operation.id)).status).toBe("succeeded");
    await untilStopped(tenant, answer.body.service);
  });
});

async function untilStopped(tenant: Tenant, service: Pick<ServiceView, "id">): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const now = await serviceOf(tenant, service.id);
    if (now.power === "stopped" && now.operationId === null) return;
    await pause(100);
  }
  throw new Error("the service was never shut down");
}

it("a person with a tenant of its own is not touched", async () => {
  const free = await newTenant(site, "free");
  expect(await used(free)).toEqual(NOTHING);
  expect(await isOpen(free)).toBe(true);
});
