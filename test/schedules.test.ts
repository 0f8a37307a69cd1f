// Schedules as people make them: what is taken, what is refused, what they tell, and with what they go.
import { afterEach, describe, expect, it } from "vitest";
import type { AuditPage } from "../worker/rules/views-audit.ts";
import { MAX_SCHEDULES } from "../worker/rules/schedules.ts";
import { launched, newTenant } from "./harness/portal.ts";
import { NEW_YEAR, reschedule, schedule, scheduled, schedulesOf, unschedule } from "./harness/schedules.ts";
import { expectHonestLedger, rows, site } from "./harness/site.ts";
import { remove } from "./harness/verb-requests.ts";
import { done } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

const KEEP = { last: 2, daily: 7, weekly: 0, monthly: 0 };

describe("a schedule", () => {
  it("is made, tells its next runs, is changed, paused, resumed and deleted, and the audit tells of it", async () => {
    const tenant = await newTenant(site, "schedule");
    const service = await launched(tenant);
    const made = await scheduled(tenant, service.id, "backup", {
      rule: " 30 3 * * MON-FRI ",
      timeZone: "America/Sao_Paulo",
      retention: KEEP,
    });
    expect(made).toMatchObject({
      service: { id: service.id, name: service.name },
      action: "backup",
      rule: "30 3 * * MON-FRI",
      timeZone: "America/Sao_Paulo",
      retention: KEEP,
      paused: false,
      history: [],
      madeBy: "Person schedule",
    });
    expect(made.next).toHaveLength(5);
    expect(new Date(made.next[0] ?? 0).toISOString()).toMatch(/T06:30:00/);
    const paused = await reschedule(tenant, made.id, { paused: true });
    expect([paused.status, paused.body.schedule.paused, paused.body.schedule.next]).toEqual([200, true, []]);
    expect(rows("select next_at from schedules where id = ?", made.id)).toEqual([{ next_at: null }]);
    const resumed = await reschedule(tenant, made.id, { paused: false, rule: "0 4 * * *", retention: null });
    expect(resumed.body.schedule).toMatchObject({ paused: false, rule: "0 4 * * *", retention: null });
    expect(rows("select next_at from schedules where id = ?", made.id)[0]?.["next_at"]).toBe(
      resumed.body.schedule.next[0],
    );
    const other = await scheduled(tenant, (await launched(tenant)).id, "start");
    expect((await schedulesOf(tenant)).map(({ id }) => id)).toEqual([made.id, other.id]);
    expect((await schedulesOf(tenant, service.id)).map(({ id }) => id)).toEqual([made.id]);
    expect((await unschedule(tenant, made.id)).status).toBe(200);
    expect((await unschedule(tenant, made.id)).status).toBe(404);
    const { entries } = await tenant.person.ok<AuditPage>("GET", tenant.at("/audit"));
    const told = entries.filter(({ action }) => action.startsWith("schedule."));
    expect(told.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "schedule.delete failed",
      "schedule.delete done",
      "schedule.create done",
      "schedule.change done",
      "schedule.change done",
      "schedule.create done",
    ]);
    expect(told[3]).toMatchObject({
      target: { id: service.id, name: service.name },
      before: { paused: true, rule: "30 3 * * MON-FRI" },
      after: { paused: false, rule: "0 4 * * *", retention: null },
    });
  });

  it("is refused where the rule is none, with the field at fault", async () => {
    const tenant = await newTenant(site, "norule");
    const service = await launched(tenant);
    const faults = [
      [{ rule: "" }, "#/rule", "required"],
      [{ rule: "every day" }, "#/rule", "format"],
      [{ rule: "61 3 * * *" }, "#/rule", "format"],
      [{ rule: "*/5 * * * *" }, "#/rule", "too_often"],
      [{ rule: "0 3 30 2 *" }, "#/rule", "never"],
      [{ rule: `0 3 ${"1,".repeat(80)}1 * *` }, "#/rule", "too_big"],
      [{ timeZone: "Mars/Olympus" }, "#/timeZone", "zone"],
      [{ action: "delete" }, "#/action", "format"],
      [{ retention: { ...KEEP, last: -1 } }, "#/retention/last", "too_small"],
      [{ action: "start", retention: KEEP }, "#/retention", "unknown"],
    ] as const;
    for (const [more, pointer, code] of faults) {
      const answer = await schedule(tenant, service.id, "backup", more);
      expect([answer.status, answer.body.code, answer.body.errors?.map((row) => [row.pointer, row.code])]).toEqual([
        400,
        "validation_failed",
        [[pointer, code]],
      ]);
    }
    const kept = await scheduled(tenant, service.id, "start");
    for (const [changes, pointer] of [
      [{ rule: "*/14 * * * *" }, "#/rule"],
      [{ timeZone: "" }, "#/timeZone"],
      [{ retention: KEEP }, "#/retention"],
    ] as const) {
      const answer = await reschedule(tenant, kept.id, changes);
      expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([400, pointer]);
    }
    // A rule of zeros keeps everything, which is no rule.
    const zeros = await scheduled(tenant, service.id, "snapshot", {
      retention: { last: 0, daily: 0, weekly: 0, monthly: 0 },
    });
    expect(zeros.retention).toBeNull();
  });

  it("is one of so many at most, also where all are asked for at once, and goes with its service", async () => {
    const tenant = await newTenant(site, "many");
    const service = await launched(tenant);
    const asked = await Promise.all(
      Array.from({ length: MAX_SCHEDULES + 5 }, (_, minute) =>
        schedule(tenant, service.id, "start", { ...NEW_YEAR, rule: `${minute} 0 1 1 *` }),
      ),
    );
    expect(asked.filter(({ status }) => status === 201)).toHaveLength(MAX_SCHEDULES);
    const refused = asked.filter(({ status }) => status !== 201);
    expect(refused.map(({ status, body }) => [status, body.code, body.params])).toEqual(
      Array.from({ length: 5 }, () => [409, "too_many_schedules", { maximum: MAX_SCHEDULES }]),
    );
    await done(tenant, remove(tenant, service));
    expect(await schedulesOf(tenant)).toEqual([]);
    expect(rows("select id from schedules where service_id = ?", service.id)).toEqual([]);
    expect((await schedule(tenant, service.id, "start")).status).toBe(404);
  });
});
