// Snapshots: counted, kept as a tree, gone back to at the size of their day, removed, and gone with their service.
import { afterEach, describe, expect, it } from "vitest";
import { fault, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import { booted, configOf, pve, pveTask, root } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, rows, site, vmidOf } from "./harness/site.ts";
import { power, remove, resize, rollBack, snap, snapshotsOf, unsnap } from "./harness/verb-requests.ts";
import { copier, done, labSnapshots, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

describe("a snapshot", () => {
  it("is taken, listed as a tree, and removed, and takes one from the quota as long as it is there", async () => {
    const tenant = await copier("snap");
    const service = await launched(tenant);
    await done(tenant, snap(tenant, service.id, "first", { description: "Before the\nupdate" }));
    await done(tenant, snap(tenant, service.id, "second"));
    const [first, second] = await snapshotsOf(tenant, service.id);
    expect(first).toMatchObject({
      name: "first",
      description: "Before the\nupdate",
      parentName: null,
      withMemory: false,
      state: "ready",
    });
    expect(second).toMatchObject({ name: "second", parentName: "first", state: "ready" });
    expect((await used(tenant))["snapshots"]).toBe(2);
    expect((await labSnapshots(vmidOf(service.id))).map(({ name, parent }) => [name, parent])).toEqual([
      ["first", undefined],
      ["second", "first"],
    ]);
    await done(tenant, unsnap(tenant, service.id, first?.id ?? ""));
    expect(await snapshotsOf(tenant, service.id)).toMatchObject([{ name: "second", parentName: null }]);
    expect((await labSnapshots(vmidOf(service.id))).map((row) => row.name)).toEqual(["second"]);
    expect((await used(tenant))["snapshots"]).toBe(1);
    await done(tenant, remove(tenant, service));
    expect((await used(tenant))["snapshots"]).toBe(0);
    expect(rows("select id from snapshots where service_id = ?", service.id)).toEqual([]);
  });

  it("keeps the memory of a service that is on, which is as it was after a rollback", async () => {
    const tenant = await copier("memory");
    const service = await launched(tenant);
    await booted(vmidOf(service.id));
    await done(tenant, snap(tenant, service.id, "awake", { withMemory: true }));
    await done(tenant, power(tenant, service.id, "stop"));
    expect(await refusal(snap(tenant, service.id, "asleep", { withMemory: true }))).toEqual([409, "not_running"]);
    const [awake] = await snapshotsOf(tenant, service.id);
    expect(awake?.withMemory).toBe(true);
    await done(tenant, rollBack(tenant, service.id, awake?.id ?? ""));
    expect((await guestOf(service.id))?.status).toBe("running");
    expect((await serviceOf(tenant, service.id)).power).toBe("running");
  });

  it("brings back size and power of its day, charged before it is tried", async () => {
    const tenant = await copier("size", { vcpu: 4 });
    const service = await launched(tenant, { size: { cores: 3, memoryMiB: 256, diskGiB: 2 } });
    await done(tenant, snap(tenant, service.id, "big"));
    await done(tenant, power(tenant, service.id, "stop"));
    await done(tenant, resize(tenant, service.id, { cores: 1, memoryMiB: 128, diskGiB: 2 }));
    await done(tenant, power(tenant, service.id, "start"));
    const [big] = await snapshotsOf(tenant, service.id);
    const other = await launched(tenant, { size: { cores: 2, memoryMiB: 128, diskGiB: 2 } });
    const refused = await over(tenant, rollBack(tenant, service.id, big?.id ?? ""));
    expect([refused.status, refused.error?.code]).toEqual(["reverted", "quota_exceeded"]);
    expect(refused.error?.params).toMatchObject({ resource: "vcpu", asked: 2, left: 1 });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 1, memoryMiB: 128, state: "ready" });
    expect((await used(tenant))["vcpu"]).toBe(3);
    await done(tenant, remove(tenant, other));
    await done(tenant, rollBack(tenant, service.id, big?.id ?? ""));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 3, memoryMiB: 256, power: "running" });
    expect(Number((await configOf(vmidOf(service.id)))?.["cores"])).toBe(3);
    expect(await used(tenant)).toMatchObject({ vcpu: 3, memoryMiB: 256 });
  });

  it("is refused when the quota is used up, for a name that is taken or none, and where there is no such thing", async () => {
    const tenant = await copier("full", { snapshots: 1 });
    const stranger = await newTenant(site, "foreign");
    const service = await launched(tenant);
    await done(tenant, snap(tenant, service.id, "only"));
    const full = await snap(tenant, service.id, "more");
    expect([full.status, full.body.code, full.body.params]).toMatchObject([
      409,
      "quota_exceeded",
      { resource: "snapshots", asked: 1, left: 0, limit: 1 },
    ]);
    for (const [name, code] of [
      ["", "required"],
      ["1st", "format"],
      ["current", "reserved"],
    ] as const) {
      const bad = await snap(tenant, service.id, name);
      expect([bad.status, bad.body.errors]).toEqual([400, [{ pointer: "#/name", code }]]);
    }
    const never = "snp_00000000000000000000";
    expect(await refusal(rollBack(tenant, service.id, never))).toEqual([404, "snapshot_unknown"]);
    expect(await refusal(unsnap(tenant, service.id, never))).toEqual([404, "snapshot_unknown"]);
    const mine = (await snapshotsOf(tenant, service.id))[0]?.id ?? "";
    const foreign = await launched(stranger);
    expect(await refusal(unsnap(stranger, foreign.id, mine))).toEqual([404, "snapshot_unknown"]);
    expect(await refusal(unsnap(stranger, service.id, mine))).toEqual([404, "not_found"]);
    await done(stranger, snap(stranger, foreign.id, "twice"));
    const taken = await snap(stranger, foreign.id, "twice");
    expect([taken.status, taken.body.code, taken.body.params]).toEqual([409, "name_taken", { name: "twice" }]);
    expect((await used(tenant))["snapshots"]).toBe(1);
  });

  it("says who is doing what on the service at the time", async () => {
    const tenant = await copier("busy");
    const service = await launched(tenant);
    const [first, second] = await Promise.all([snap(tenant, service.id, "one"), snap(tenant, service.id, "two")]);
    const [won, lost] = first.status === 202 ? [first, second] : [second, first];
    expect([lost.status, lost.body.code]).toEqual([409, "service_busy"]);
    expect(lost.body.params).toEqual({ actor: "Person busy", kind: "snapshot" });
    await done(tenant, won);
    expect((await used(tenant))["snapshots"]).toBe(1);
  });

  it("comes about once where the answers were lost", async () => {
    const tenant = await copier("lost");
    const service = await launched(tenant);
    const lost = { kind: "status", status: 596, done: true, times: 1 };
    const at = `/qemu/${vmidOf(service.id)}/snapshot`;
    await under({ ...lost, method: "POST", path: `${at}$` }, () => done(tenant, snap(tenant, service.id, "kept")));
    const [kept] = await snapshotsOf(tenant, service.id);
    await under({ ...lost, method: "POST", path: `${at}/kept/rollback$` }, () =>
      done(tenant, rollBack(tenant, service.id, kept?.id ?? "")),
    );
    const rolled = await pve<unknown[]>(await root(), "GET", "/nodes/pve1/tasks", {
      vmid: vmidOf(service.id),
      typefilter: "qmrollback",
      source: "all",
    });
    expect(rolled.data).toHaveLength(1);
    await under({ ...lost, method: "DELETE", path: `${at}/kept$` }, () =>
      done(tenant, unsnap(tenant, service.id, kept?.id ?? "")),
    );
    expect([await snapshotsOf(tenant, service.id), await labSnapshots(vmidOf(service.id))]).toEqual([[], []]);
    expect((await used(tenant))["snapshots"]).toBe(0);
  });

  it("leaves nothing behind where its task fails, even after its work", async () => {
    const tenant = await copier("fails");
    const service = await launched(tenant);
    for (const effect of [false, true]) {
      const rule = { kind: "task-fail", taskType: "qmsnapshot", taskError: "no space left", effect, times: 1 };
      const operation = await under(rule, () => over(tenant, snap(tenant, service.id, "never")));
      // A task that has failed after its work has done what it was for.
      expect([effect, operation.status]).toEqual([effect, effect ? "succeeded" : "reverted"]);
      expect((await used(tenant))["snapshots"]).toBe(effect ? 1 : 0);
    }
    expect(await labSnapshots(vmidOf(service.id))).toMatchObject([{ name: "never" }]);
    const [kept] = await snapshotsOf(tenant, service.id);
    for (const [type, ask] of [
      ["qmrollback", rollBack],
      ["qmdelsnapshot", unsnap],
    ] as const) {
      const operation = await under({ kind: "task-fail", taskType: type, taskError: "unexpected", times: 1 }, () =>
        over(tenant, ask(tenant, service.id, kept?.id ?? "")),
      );
      expect([type, operation.error?.code]).toEqual([type, "task_failed"]);
      expect(await snapshotsOf(tenant, service.id)).toMatchObject([{ state: "ready" }]);
      expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", operationId: null });
    }
  });

  it("touches none that the portal did not make", async () => {
    const tenant = await copier("others");
    const service = await launched(tenant);
    const path = `/nodes/pve1/qemu/${vmidOf(service.id)}/snapshot`;
    await pveTask(await root(), "POST", path, { snapname: "theirs", description: "by hand" });
    const operation = await over(tenant, snap(tenant, service.id, "theirs"));
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "name_taken"]);
    expect(await labSnapshots(vmidOf(service.id))).toMatchObject([{ name: "theirs", description: "by hand" }]);
    expect([await snapshotsOf(tenant, service.id), (await used(tenant))["snapshots"]]).toEqual([[], 0]);
  });

  it("is not begun twice by one key, and given back where the guest stays locked", async () => {
    const tenant = await copier("key");
    const service = await launched(tenant);
    const send = () =>
      tenant.person.send<{ operation: { id: string } }>(
        "POST",
        tenant.at(`/services/${service.id}/snapshots`),
        { name: "one" },
        { key: `same-${service.id}` },
      );
    const [first, second] = await Promise.all([send(), send()]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body.operation.id).toBe(second.body.operation.id);
    await expect.poll(async () => (await snapshotsOf(tenant, service.id))[0]?.state, { timeout: 20_000 }).toBe("ready");
    const calm = await fault(site.controlUrl, { kind: "guest-locked", vmid: vmidOf(service.id), lock: "backup" });
    const locked = await over(tenant, snap(tenant, service.id, "locked"));
    await calm();
    expect([locked.status, (await used(tenant))["snapshots"]]).toEqual(["reverted", 1]);
  });
});
