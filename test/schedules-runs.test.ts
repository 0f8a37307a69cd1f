// What comes of schedules: runs that begin once, wait, are refused or missed, through the real Worker's queue.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AuditPage } from "../worker/rules/views-audit.ts";
import type { OperationView } from "../worker/rules/views.ts";
import { mailTo } from "./harness/family.ts";
import { ended, launched, newTenant, pause, serviceOf } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { allRuns, letBeDue, reschedule, runsOf, scheduled, schedulesOf, tick } from "./harness/schedules.ts";
import { expectHonestLedger, rows, site, write } from "./harness/site.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";
import { power, snapshotsOf } from "./harness/verb-requests.ts";
import { copier, done } from "./harness/verbs.ts";

// Messages that were lost, and removals, wait for a later pass.
vi.setConfig({ testTimeout: 180_000 });
afterEach(expectHonestLedger);

const HOUR = 3_600_000;

function operationsOf(serviceId: string, kind: string) {
  return rows(
    "select id, status, actor_name, idempotency_key from operations where service_id = ? and kind = ?",
    serviceId,
    kind,
  );
}

/** Lets a schedule come due and waits for what becomes of that run. */
async function runNow(tenant: Tenant, scheduleId: string) {
  const dueAt = letBeDue(scheduleId);
  const count = allRuns(scheduleId).length + 1;
  const run = (await runsOf(tenant, scheduleId, count)).find((row) => row.dueAt === dueAt);
  if (!run) throw new Error("the run is not told");
  return run;
}

async function endOf(tenant: Tenant, operationId: string | null): Promise<OperationView> {
  return ended(tenant, operationId ?? "");
}

describe("a run that is due", () => {
  it("begins once, however many ticks there are, as the portal's own deed for the tenant", async () => {
    const tenant = await newTenant(site, "runs");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const schedule = await scheduled(tenant, service.id, "start");
    const dueAt = letBeDue(schedule.id);
    await Promise.all([tick(), tick(), tick()]);
    const [run] = await runsOf(tenant, schedule.id, 1);
    expect(run).toMatchObject({ dueAt, state: "begun", code: null });
    const operation = await endOf(tenant, run?.operationId ?? null);
    expect(operation).toMatchObject({ kind: "start", status: "succeeded", actor: "Nubemox", serviceId: service.id });
    expect((await serviceOf(tenant, service.id)).power).toBe("running");
    await pause(1_500);
    expect([allRuns(schedule.id).length, operationsOf(service.id, "start").length]).toEqual([1, 1]);
    const [later] = await schedulesOf(tenant);
    expect(later?.next[0]).toBe(schedule.next[0]);
    const { entries } = await tenant.person.ok<AuditPage>("GET", tenant.at("/audit"));
    expect(entries.filter(({ action }) => action === "schedule.run")).toMatchObject([
      {
        actor: { kind: "system", name: "Nubemox" },
        outcome: "done",
        target: { id: service.id, name: service.name },
        after: { schedule: schedule.id, action: "start", dueAt, operation: run?.operationId },
      },
    ]);
    expect(rows("select * from audit_intents")).toEqual([]);
  });

  it("shuts down as asked, and takes snapshots that are named by its clocks", async () => {
    const tenant = await copier("named");
    const service = await launched(tenant);
    const [one, other] = [
      await scheduled(tenant, service.id, "snapshot", { timeZone: "America/Sao_Paulo" }),
      await scheduled(tenant, service.id, "snapshot", { timeZone: "America/Sao_Paulo" }),
    ];
    const first = await runNow(tenant, one.id);
    expect((await endOf(tenant, first.operationId)).status).toBe("succeeded");
    letBeDue(other.id, first.dueAt);
    const [second] = await runsOf(tenant, other.id, 1);
    expect((await endOf(tenant, second?.operationId ?? null)).status).toBe("succeeded");
    const local = new Date(first.dueAt - 3 * HOUR).toISOString();
    const name = `auto-${local.slice(0, 10).replaceAll("-", "")}-${local.slice(11, 16).replace(":", "")}`;
    expect((await snapshotsOf(tenant, service.id)).map((row) => [row.name, row.scheduleId])).toEqual([
      [name, one.id],
      [`${name}-2`, other.id],
    ]);
    const off = await runNow(tenant, (await scheduled(tenant, service.id, "shutdown")).id);
    expect(await endOf(tenant, off.operationId)).toMatchObject({ kind: "shutdown", status: "succeeded" });
    expect((await serviceOf(tenant, service.id)).power).toBe("stopped");
  });

  it("is begun later where its message was lost, and not twice where it had begun", async () => {
    const tenant = await newTenant(site, "lost");
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "start");
    const dueAt = Date.now() - 60_000;
    const claim = "insert into schedule_runs (id, schedule_id, due_at, state, at) values (?, ?, ?, 'taken', ?)";
    write(claim, `run_${schedule.id}`, schedule.id, dueAt, dueAt);
    const [run] = await runsOf(tenant, schedule.id, 1);
    expect(run).toMatchObject({ dueAt, state: "begun" });
    await endOf(tenant, run?.operationId ?? null);
    // As if whoever began it had not come to say so.
    write("update schedule_runs set state = 'taken', operation_id = null, at = 0 where schedule_id = ?", schedule.id);
    expect(await runsOf(tenant, schedule.id, 1)).toMatchObject([{ state: "begun", operationId: run?.operationId }]);
    expect(operationsOf(service.id, "start")).toMatchObject([{ idempotency_key: `schedule-run_${schedule.id}` }]);
  });

  it("waits for a service that is busy, and says so where that was in vain", async () => {
    const tenant = await newTenant(site, "waits");
    const [one, other] = await Promise.all([launched(tenant), launched(tenant)]);
    const first = await scheduled(tenant, one.id, "start");
    const second = await scheduled(tenant, other.id, "start");
    const hold = "update services set operation_id = ? where tenant_id = ?";
    write(hold, "op_other", tenant.id);
    letBeDue(first.id);
    letBeDue(second.id);
    for (let tries = 0; [first, second].some(({ id }) => allRuns(id)[0]?.["code"] !== "service_busy"); tries += 1) {
      expect(tries).toBeLessThan(100);
      await pause(100);
    }
    expect([first, second].map(({ id }) => allRuns(id)[0]?.["state"])).toEqual(["taken", "taken"]);
    write("update schedule_runs set due_at = due_at - ? where schedule_id = ?", 2 * HOUR, second.id);
    write(hold, null, tenant.id);
    expect(await runsOf(tenant, second.id, 1)).toMatchObject([{ state: "refused", code: "service_busy" }]);
    expect(await runsOf(tenant, first.id, 1)).toMatchObject([{ state: "begun", code: null }]);
  });
});

describe("a run that was missed", () => {
  it("is only noted where it is too late, and of many in a row the latest alone is made up for", async () => {
    const tenant = await newTenant(site, "missed");
    const service = await launched(tenant);
    const yearly = await scheduled(tenant, service.id, "start");
    const late = letBeDue(yearly.id, Date.now() - 61 * 60_000);
    expect(await runsOf(tenant, yearly.id, 1)).toMatchObject([{ dueAt: late, state: "missed", operationId: null }]);
    const often = await scheduled(tenant, service.id, "start", { rule: "*/15 * * * *" });
    const quarter = HOUR / 4;
    const latest = Math.floor(Date.now() / quarter) * quarter;
    letBeDue(often.id, latest - 3 * HOUR);
    await runsOf(tenant, often.id, 10);
    // A quarter of an hour may have come in between.
    const runs = allRuns(often.id).filter((row) => Number(row["due_at"]) <= latest);
    expect(runs.map((row) => [Number(row["due_at"]), row["state"]])).toEqual(
      Array.from({ length: 13 }, (_, index) => [latest - (12 - index) * quarter, index === 12 ? "begun" : "missed"]),
    );
    expect(operationsOf(service.id, "start").length).toBeLessThanOrEqual(2);
    const [, view] = await schedulesOf(tenant);
    expect(view?.history).toHaveLength(10);
    expect(view?.history.map(({ dueAt }) => dueAt)).toEqual(
      view?.history.map(({ dueAt }) => dueAt).toSorted((one, other) => other - one),
    );
  });

  it("is never made up for where it was paused", async () => {
    const tenant = await newTenant(site, "paused");
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "start");
    await reschedule(tenant, schedule.id, { paused: true });
    letBeDue(schedule.id);
    await tick();
    await pause(1_500);
    expect(allRuns(schedule.id)).toEqual([]);
    await reschedule(tenant, schedule.id, { paused: false });
    await tick();
    await pause(1_500);
    expect(allRuns(schedule.id)).toEqual([]);
    expect(rows("select next_at from schedules where id = ?", schedule.id)[0]?.["next_at"]).toBe(schedule.next[0]);
  });
});

describe("a run that may not be", () => {
  it("is refused and noted while the tenant is suspended, and begins again afterwards", async () => {
    const room = { vcpu: 4, memoryMiB: 2_048, diskGiB: 20, services: 4 };
    const reseller = await resellerWith("held", room);
    const tenant = await childBelow(reseller, "held", { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 2 });
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "shutdown");
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/suspend`), { reason: "unpaid" });
    expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "refused", code: "tenant_suspended" });
    expect((await reschedule(tenant, schedule.id, { paused: true })).body.code).toBe("tenant_suspended");
    await reseller.person.ok("POST", reseller.at(`/children/${tenant.id}/resume`));
    expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "begun", code: null });
    expect(operationsOf(service.id, "shutdown")).toHaveLength(1);
  });

  it("is refused and noted where the service has expired or is about to go", async () => {
    const tenant = await newTenant(site, "leaving");
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "start");
    write("update services set expiry_stage = 3 where id = ?", service.id);
    expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "refused", code: "service_expired" });
    write("update services set expiry_stage = 0, delete_at = ? where id = ?", Date.now() + 24 * HOUR, service.id);
    expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "refused", code: "service_leaving" });
    write("update services set delete_at = null where id = ?", service.id);
    expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "begun" });
  });

  it("is refused where its time zone is no more, holding up nobody else", async () => {
    const tenant = await newTenant(site, "nowhere");
    const service = await launched(tenant);
    const [lost, sound] = [await scheduled(tenant, service.id, "start"), await scheduled(tenant, service.id, "start")];
    write("update schedules set time_zone = 'Mars/Olympus' where id = ?", lost.id);
    expect(await runNow(tenant, lost.id)).toMatchObject({ state: "refused", code: "internal" });
    expect((await schedulesOf(tenant)).map(({ id, next }) => [id, next.length])).toEqual([
      [lost.id, 0],
      [sound.id, 5],
    ]);
    expect(await runNow(tenant, sound.id)).toMatchObject({ state: "begun" });
    expect((await reschedule(tenant, lost.id, { timeZone: "UTC", paused: true })).status).toBe(200);
    expect((await reschedule(tenant, lost.id, { paused: false })).body.schedule.next).toHaveLength(5);
  });

  it("is refused where the quota is short, of which the owners are told once", async () => {
    const tenant = await copier("short", { backups: 0 });
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "backup");
    for (let count = 0; count < 2; count += 1)
      expect(await runNow(tenant, schedule.id)).toMatchObject({ state: "refused", code: "quota_exceeded" });
    expect((await mailTo(tenant.email, /schedule of/)).text).toContain(service.name);
    await pause(1_000);
    const answer = await fetch(`${site.controlUrl}/mail.json?to=${encodeURIComponent(tenant.email)}`);
    const mails = (await answer.json()) as { subject: string }[];
    expect(mails.filter(({ subject }) => /schedule of/.test(subject))).toHaveLength(1);
  });
});
