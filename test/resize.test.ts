// Another size: charged before it is tried, real afterwards, and what it really is where it went wrong.
import { afterEach, describe, expect, it } from "vitest";
import type { PendingView } from "../worker/rules/views-copies.ts";
import { fault, launched, newTenant, serviceOf, used } from "./harness/portal.ts";
import { configOf } from "./harness/pve.ts";
import { expectHonestLedger, NOTHING, rows, site, vmidOf } from "./harness/site.ts";
import { power, resize } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);

const SMALL = { cores: 1, memoryMiB: 128, diskGiB: 2 };

describe("another size", () => {
  it("is there at once for a service that is off, and charged", async () => {
    const tenant = await copier("resize");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const size = { cores: 3, memoryMiB: 512, diskGiB: 5 };
    await done(tenant, resize(tenant, service.id, size));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...size, state: "ready", operationId: null });
    const config = await configOf(vmidOf(service.id));
    expect([Number(config?.["cores"]), Number(config?.["memory"])]).toEqual([3, 512]);
    expect(config?.["scsi0"]).toMatch(/size=5G/);
    expect(await used(tenant)).toEqual({ ...NOTHING, vcpu: 3, memoryMiB: 512, diskGiB: 5, services: 1 });
    await done(tenant, resize(tenant, service.id, { ...SMALL, diskGiB: 5 }));
    expect(await used(tenant)).toMatchObject({ vcpu: 1, memoryMiB: 128, diskGiB: 5 });
  });

  it("waits for the next start of a service that is on, which is charged for the larger until then", async () => {
    const tenant = await copier("pending");
    const service = await launched(tenant, { size: { cores: 4, memoryMiB: 512, diskGiB: 2 } });
    const pending = () => tenant.person.ok<PendingView>("GET", tenant.at(`/services/${service.id}/pending`));
    expect(await pending()).toMatchObject({ restartNeeded: false, cores: { now: 4, next: 4 } });
    await done(tenant, resize(tenant, service.id, { cores: 1, memoryMiB: 256, diskGiB: 3 }));
    expect(await pending()).toEqual({
      restartNeeded: true,
      cores: { now: 4, next: 1 },
      memoryMiB: { now: 512, next: 256 },
    });
    expect(await used(tenant)).toMatchObject({ vcpu: 4, memoryMiB: 512, diskGiB: 3 });
    await done(tenant, power(tenant, service.id, "stop"));
    expect(await used(tenant)).toMatchObject({ vcpu: 1, memoryMiB: 256, diskGiB: 3 });
    await done(tenant, power(tenant, service.id, "start"));
    expect(await pending()).toMatchObject({ restartNeeded: false, cores: { now: 1, next: 1 } });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 1, memoryMiB: 256, diskGiB: 3 });
  });

  it("is refused in numbers, for disks that would shrink, and below the template, without a trace", async () => {
    const tenant = await newTenant(site, "resize");
    const service = await launched(tenant);
    const before = await used(tenant);
    const big = await resize(tenant, service.id, { cores: 32, memoryMiB: 128, diskGiB: 2 });
    expect([big.status, big.body.code]).toEqual([409, "quota_exceeded"]);
    expect(big.body.params).toMatchObject({ resource: "vcpu", asked: 31 });
    const shrunk = await resize(tenant, service.id, { ...SMALL, diskGiB: 1 });
    expect([shrunk.status, shrunk.body.code]).toEqual([409, "disk_only_grows"]);
    expect(shrunk.body.errors).toEqual([{ pointer: "#/diskGiB", code: "too_small", params: { minimum: 2 } }]);
    expect(await refusal(resize(tenant, service.id, { ...SMALL, memoryMiB: 64 }))).toEqual([
      409,
      "size_below_template",
    ]);
    expect(await refusal(resize(tenant, service.id, { ...SMALL, cores: 0 }))).toEqual([400, "validation_failed"]);
    expect(await used(tenant)).toEqual(before);
    expect(rows("select kind from operations where service_id = ? and kind = 'resize'", service.id)).toEqual([]);
  });

  it("goes back to what it was where the cluster refuses", async () => {
    const tenant = await copier("back");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const path = `/qemu/${vmidOf(service.id)}/resize$`;
    const operation = await under({ kind: "status", status: 500, method: "PUT", path }, () =>
      over(tenant, resize(tenant, service.id, { cores: 2, memoryMiB: 256, diskGiB: 4 })),
    );
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "cluster_refused"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ ...SMALL, state: "ready", operationId: null });
    const config = await configOf(vmidOf(service.id));
    expect([Number(config?.["cores"]), Number(config?.["memory"])]).toEqual([1, 128]);
    expect(await used(tenant)).toMatchObject({ vcpu: 1, memoryMiB: 128, diskGiB: 2 });
  });

  it("comes about where the answers were lost, and nothing is done twice", async () => {
    const tenant = await copier("lost");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const lost = { kind: "status", status: 596, done: true, times: 1 };
    const at = `/qemu/${vmidOf(service.id)}`;
    await under({ ...lost, method: "POST", path: `${at}/config$` }, () =>
      under({ ...lost, method: "PUT", path: `${at}/resize$` }, () =>
        done(tenant, resize(tenant, service.id, { cores: 2, memoryMiB: 256, diskGiB: 4 })),
      ),
    );
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 2, memoryMiB: 256, diskGiB: 4 });
    expect(await used(tenant)).toMatchObject({ vcpu: 2, memoryMiB: 256, diskGiB: 4 });
  });

  it("keeps a disk that has grown, and its charge, where the rest of it failed", async () => {
    const tenant = await copier("grown");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const pending = `/qemu/${vmidOf(service.id)}/pending$`;
    // The last look at the guest never comes about, so that the operation fails when the disk has grown already.
    const calm = await fault(site.controlUrl, { kind: "status", status: 400, path: pending });
    const asked = await resize(tenant, service.id, { cores: 2, memoryMiB: 128, diskGiB: 4 });
    await operationIs(asked.body.operation.id, "reverting");
    await calm();
    expect((await over(tenant, asked)).status).toBe("reverted");
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 1, memoryMiB: 128, diskGiB: 4 });
    expect((await configOf(vmidOf(service.id)))?.["scsi0"]).toMatch(/size=4G/);
    expect(await used(tenant)).toMatchObject({ vcpu: 1, memoryMiB: 128, diskGiB: 4 });
  });
});

async function operationIs(operationId: string, status: string): Promise<void> {
  await expect
    .poll(() => rows("select status from operations where id = ?", operationId)[0]?.["status"], { timeout: 20_000 })
    .toBe(status);
}
