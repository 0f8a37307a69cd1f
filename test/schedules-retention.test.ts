// Retention of schedules: after a run that has succeeded, what the schedule made and does not keep is removed, and nothing else.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AuditPage } from "../worker/rules/views-audit.ts";
import { ended, launched, pause, used } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { allRuns, letBeDue, reschedule, runsOf, scheduled } from "./harness/schedules.ts";
import { expectHonestLedger, rows, vmidOf, write } from "./harness/site.ts";
import { backUp, backupsOf, snap, snapshotsOf } from "./harness/verb-requests.ts";
import { copier, done, labBackups, labSnapshots, under } from "./harness/verbs.ts";

// Messages that were lost, and removals, wait for a later pass.
vi.setConfig({ testTimeout: 180_000 });
afterEach(expectHonestLedger);

const LAST_TWO = { last: 2, daily: 0, weekly: 0, monthly: 0 };
const LAST = { ...LAST_TWO, last: 1 };
/** Longer than a pass, its removal and the next pass take. */
const QUIET_MS = 4_000;

/** Lets a schedule run now, and waits for the end of what that has begun. */
async function run(tenant: Tenant, scheduleId: string) {
  const dueAt = letBeDue(scheduleId);
  const history = await runsOf(tenant, scheduleId, allRuns(scheduleId).length + 1);
  const operationId = history.find((row) => row.dueAt === dueAt)?.operationId ?? "";
  return ended(tenant, operationId);
}

/** Waits until retention has nothing left to look for. */
async function settled(scheduleId: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const [row] = rows("select retain_at from schedules where id = ?", scheduleId);
    const removing = rows("select id from operations where ended_at is null and kind like '%_delete'");
    if (row?.["retain_at"] === null && removing.length === 0) return;
    if (tries === 300) throw new Error(`retention is not through: ${JSON.stringify(row)}`);
    await pause(100);
  }
}

describe("retention", () => {
  it("removes the oldest backups of its schedule, neither protected ones nor those of others", async () => {
    const tenant = await copier("retain");
    const service = await launched(tenant);
    await done(tenant, backUp(tenant, service.id, { notes: "by hand" }));
    const schedule = await scheduled(tenant, service.id, "backup", { retention: LAST_TWO });
    const other = await scheduled(tenant, service.id, "backup");
    await run(tenant, other.id);
    await run(tenant, schedule.id);
    const first = (await backupsOf(tenant)).find((row) => row.scheduleId === schedule.id);
    await tenant.person.ok("PUT", tenant.at(`/backups/${first?.id}`), { protected: true });
    for (let count = 0; count < 4; count += 1) {
      expect((await run(tenant, schedule.id)).status).toBe("succeeded");
      await settled(schedule.id);
    }
    const left = await backupsOf(tenant);
    const mine = left.filter((row) => row.scheduleId === schedule.id);
    expect(mine.map((row) => row.protected)).toEqual([false, false, true]);
    expect(left.filter((row) => row.scheduleId !== schedule.id).map((row) => row.scheduleId)).toEqual([other.id, null]);
    expect(await labBackups(vmidOf(service.id))).toHaveLength(5);
    expect((await used(tenant))["backups"]).toBe(5);
    const { entries } = await tenant.person.ok<AuditPage>("GET", tenant.at("/audit"));
    expect(entries.filter(({ action }) => action === "schedule.retain")).toMatchObject([
      { actor: { kind: "system" }, target: { id: service.id }, after: { schedule: schedule.id } },
      { after: { schedule: schedule.id } },
    ]);
    // A rule that keeps less says nothing before the next run.
    await reschedule(tenant, schedule.id, { retention: LAST });
    await pause(QUIET_MS);
    expect(await backupsOf(tenant)).toHaveLength(5);
  });

  it("removes snapshots one after the other, waiting for their service", async () => {
    const tenant = await copier("retain-snap");
    const service = await launched(tenant);
    await done(tenant, snap(tenant, service.id, "by-hand"));
    const schedule = await scheduled(tenant, service.id, "snapshot");
    for (let count = 0; count < 3; count += 1) await run(tenant, schedule.id);
    await reschedule(tenant, schedule.id, { retention: LAST });
    expect((await snapshotsOf(tenant, service.id)).filter((row) => row.scheduleId === schedule.id)).toHaveLength(3);
    await run(tenant, schedule.id);
    await settled(schedule.id);
    const left = await snapshotsOf(tenant, service.id);
    expect(left.map((row) => row.scheduleId)).toEqual([null, schedule.id]);
    expect(left[1]?.createdAt).toBe(Math.max(...left.map((row) => row.createdAt)));
    expect((await labSnapshots(vmidOf(service.id))).map(({ name }) => name).toSorted()).toEqual(
      left.map(({ name }) => name).toSorted(),
    );
    expect((await used(tenant))["snapshots"]).toBe(2);
  });

  it("does nothing where the run has failed, and lets be what cannot be removed until the next one", async () => {
    const tenant = await copier("retain-fail");
    const service = await launched(tenant);
    const schedule = await scheduled(tenant, service.id, "backup", { retention: LAST });
    await run(tenant, schedule.id);
    await settled(schedule.id);
    const failing = (taskType: string) => ({ kind: "task-fail", taskType, taskError: "job errors" });
    const failed = await under({ ...failing("vzdump"), times: 1 }, () => run(tenant, schedule.id));
    expect(failed.status).toBe("reverted");
    await settled(schedule.id);
    expect(await backupsOf(tenant)).toHaveLength(1);
    await under(failing("imgdel"), async () => {
      expect((await run(tenant, schedule.id)).status).toBe("succeeded");
      await settled(schedule.id);
    });
    const tried = "select id from operations where service_id = ? and kind = 'backup_delete' and status = 'failed'";
    expect([(await backupsOf(tenant)).length, rows(tried, service.id).length]).toEqual([2, 1]);
    // One that is in use now is waited for.
    const [, old] = await backupsOf(tenant);
    write("update backups set operation_id = 'op_other' where id = ?", old?.id ?? "");
    await run(tenant, schedule.id);
    await pause(QUIET_MS);
    expect((await backupsOf(tenant)).some(({ id }) => id === old?.id)).toBe(true);
    write("update backups set operation_id = null where id = ?", old?.id ?? "");
    await settled(schedule.id);
    expect(await backupsOf(tenant)).toHaveLength(1);
    expect(await labBackups(vmidOf(service.id))).toHaveLength(1);
  });
});
