// Services that end by themselves: deleted with grace and kept, expired with warnings, shut down, deleted when the grace is over.
import { afterEach, describe, expect, it } from "vitest";
import { fault, launched, newTenant, pause, serviceOf, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { expire, keep, removeLater, subjectsTo } from "./harness/ending-requests.ts";
import { mailTo } from "./harness/family.ts";
import { expectHonestLedger, guestOf, NOTHING, rows, servicesOf, site, write } from "./harness/site.ts";
import { backUp, power, remove, resize, snap } from "./harness/verb-requests.ts";
import { copier, done, refusal } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

const DAY = 86_400_000;

/** Waits until the portal has seen to it by itself. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isSo()) return;
    await pause(100);
  }
  throw new Error("it never came about");
}

const isGone = async (tenant: Tenant, id: string) =>
  (await servicesOf(tenant)).every((row) => row.id !== id) && (await guestOf(id)) === undefined;

function stageOf(serviceId: string): number {
  return Number(rows("select expiry_stage as stage from services where id = ?", serviceId)[0]?.["stage"]);
}

function isAtRest(serviceId: string): boolean {
  return rows("select operation_id as id from services where id = ?", serviceId)[0]?.["id"] === null;
}

/** Deeds of the portal itself in the audit of a tenant. */
function deeds(tenant: Tenant): string[] {
  return rows("select action from audit_entries where chain = ? and actor_kind = 'system' order by seq", tenant.id).map(
    (row) => String(row["action"]),
  );
}

describe("a deletion with grace", () => {
  it("shuts the service down, keeps it charged and unchanged, and comes about when the time is over", async () => {
    const tenant = await copier("grace");
    const service = await launched(tenant);
    const before = await used(tenant);
    expect(await refusal(removeLater(tenant, { id: service.id, name: "other" }, 3))).toEqual([
      409,
      "confirmation_mismatch",
    ]);
    const asked = await removeLater(tenant, service, 3);
    expect([asked.status, asked.body.operation.kind]).toEqual([202, "shutdown"]);
    await done(tenant, asked);
    const leaving = await serviceOf(tenant, service.id);
    expect(leaving).toMatchObject({ state: "ready", power: "stopped" });
    expect(Math.abs((leaving.deleteAt ?? 0) - (Date.now() + 3 * DAY))).toBeLessThan(60_000);
    expect(await used(tenant)).toEqual(before);
    expect(await refusal(power(tenant, service.id, "start"))).toEqual([409, "service_leaving"]);
    expect(await refusal(resize(tenant, service.id, { cores: 2, memoryMiB: 256, diskGiB: 3 }))).toEqual([
      409,
      "service_leaving",
    ]);
    expect((await expire(tenant, service.id, Date.now() + DAY)).body.code).toBe("service_leaving");
    // Off already: there is nothing to run, and the date moves.
    await done(tenant, removeLater(tenant, service, 30));
    write("update services set delete_at = ? where id = ?", Date.now() - 1, service.id);
    await until(() => isGone(tenant, service.id));
    await until(async () => deeds(tenant).includes("service.delete"));
    expect(await used(tenant)).toEqual(NOTHING);
    expect(rows("select delete_at from services where id = ?", service.id)).toEqual([{ delete_at: null }]);
    const kinds = rows("select kind, actor_name as name from operations where service_id = ?", service.id);
    expect(kinds.filter((row) => row["kind"] === "delete")).toEqual([{ kind: "delete", name: "Nubemox" }]);
  });

  it("is called off by keeping the service, which is as it was but off", async () => {
    const tenant = await copier("keep");
    const service = await launched(tenant);
    expect((await keep(tenant, service.id)).status).toBe(200);
    await done(tenant, removeLater(tenant, service, 1));
    const kept = await keep(tenant, service.id);
    expect([kept.status, kept.body.service.deleteAt]).toEqual([200, null]);
    await pause(2_500);
    await done(tenant, power(tenant, service.id, "start"));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running", deleteAt: null });
    await done(tenant, remove(tenant, service));
  });

  it("is tried again where the cluster refuses it, and takes nothing twice", async () => {
    const tenant = await copier("grace-fails");
    const service = await launched(tenant);
    await done(tenant, removeLater(tenant, service, 1));
    const calm = await fault(site.controlUrl, { kind: "task-fail", taskType: "qmdestroy", taskError: "no", times: 1 });
    write("update services set delete_at = 1 where id = ?", service.id);
    const failed = "select id from operations where service_id = ? and kind = 'delete' and status = 'failed'";
    await until(async () => rows(failed, service.id).length === 1).finally(calm);
    expect([(await serviceOf(tenant, service.id)).state, (await used(tenant))["services"]]).toEqual(["ready", 1]);
    await until(() => isGone(tenant, service.id)).catch(() => undefined);
    // It waits its time before it asks again: with every poll would be too often.
    expect(rows(failed, service.id)).toHaveLength(1);
  });

  it("of a failed service is no grace, and only so many days can be asked for", async () => {
    const tenant = await newTenant(site, "grace-days");
    const service = await launched(tenant);
    for (const days of [31, -1, 1.5]) expect((await removeLater(tenant, service, days)).status).toBe(400);
    await done(tenant, removeLater(tenant, service, 0));
    expect(await used(tenant)).toEqual(NOTHING);
  });
});

describe("an expiry", () => {
  it("warns twice, shuts down at the date, refuses to start, and deletes when the grace is over", async () => {
    const tenant = await copier("expiry");
    const service = await launched(tenant);
    const mails = async () => (await subjectsTo(tenant.email)).filter((subject) => subject.includes(service.name));
    const at = Date.now() + 100 * DAY;
    expect((await expire(tenant, service.id, at)).body.service).toMatchObject({ expiresAt: at, expired: false });
    await pause(1_500);
    expect([stageOf(service.id), await mails()]).toEqual([0, []]);
    // Days go by.
    write("update services set expires_at = ? where id = ?", Date.now() + 6 * DAY, service.id);
    await until(async () => (await mails()).length === 1);
    write("update services set expires_at = ? where id = ?", Date.now() + DAY / 2, service.id);
    await until(async () => (await mails()).length === 2);
    expect([stageOf(service.id), (await serviceOf(tenant, service.id)).power]).toEqual([2, "running"]);
    write("update services set expires_at = ? where id = ?", Date.now() - 1_000, service.id);
    await until(async () => (await serviceOf(tenant, service.id)).power === "stopped" && isAtRest(service.id));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", expired: true });
    expect((await mailTo(tenant.email, new RegExp(`${service.name} has expired`))).text).toContain("UTC");
    expect(await refusal(power(tenant, service.id, "start"))).toEqual([409, "service_expired"]);
    // What is on it can still be saved.
    await done(tenant, backUp(tenant, service.id));
    await pause(2_500);
    expect(await mails()).toHaveLength(3);
    write("update services set expires_at = ? where id = ?", Date.now() - 8 * DAY, service.id);
    await until(() => isGone(tenant, service.id));
    expect(await used(tenant)).toEqual({ ...NOTHING, backups: 1, backupGiB: 1 });
    await until(async () => deeds(tenant).includes("service.delete"));
    expect(deeds(tenant)).toEqual(["service.expired", "service.delete"]);
  });

  it("is forgotten when the date is moved, and then it starts again", async () => {
    const tenant = await copier("moved");
    const service = await launched(tenant);
    expect((await expire(tenant, service.id, Date.now() + 400)).status).toBe(200);
    await until(async () => (await serviceOf(tenant, service.id)).expired && isAtRest(service.id));
    await until(async () => (await serviceOf(tenant, service.id)).power === "stopped");
    const moved = await expire(tenant, service.id, null);
    expect(moved.body.service).toMatchObject({ expiresAt: null, expired: false });
    await until(async () => isAtRest(service.id));
    await done(tenant, power(tenant, service.id, "start"));
    expect(stageOf(service.id)).toBe(0);
  });

  it("is a date ahead, within reason, of one's own service", async () => {
    const [tenant, other] = await Promise.all([newTenant(site, "dates"), newTenant(site, "dates-other")]);
    const service = await launched(tenant);
    for (const at of [Date.now() - 1, Date.now() + 6 * 366 * DAY, 1.5, "soon"])
      expect((await expire(tenant, service.id, at as number)).status).toBe(400);
    expect((await expire(other, service.id, null)).status).toBe(404);
    expect((await keep(other, service.id)).status).toBe(404);
  });

  it("waits for whatever is under way", async () => {
    const tenant = await copier("expiry-busy");
    const service = await launched(tenant);
    const asked = await snap(tenant, service.id, "before");
    await expire(tenant, service.id, Date.now() + 200);
    await done(tenant, asked);
    await until(async () => (await serviceOf(tenant, service.id)).power === "stopped");
  });
});
