// Images in the drives of virtual machines: offered by operators, put in, booted from, taken out, and nothing else touched.
import { afterEach, describe, expect, it } from "vitest";
import type { Problem } from "../worker/rules/views.ts";
import type { ImageView } from "../worker/rules/views-automation.ts";
import { putMedia } from "./harness/ending-requests.ts";
import { clearFaults, launched, newTenant, serviceOf } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, root } from "./harness/pve.ts";
import { expectHonestLedger, platformOperator, rows, site, vmidOf } from "./harness/site.ts";
import { power } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

const ISO = "local:iso/tiny.iso";

async function imageFor(tenant: Tenant, serviceId: string): Promise<string> {
  const path = tenant.at(`/services/${serviceId}/images`);
  const { images } = await tenant.person.ok<{ images: ImageView[] }>("GET", path);
  return images[0]?.id ?? "";
}

async function optionsOf(serviceId: string) {
  const config = await configOf(vmidOf(serviceId));
  return { ide2: config?.["ide2"], ide3: config?.["ide3"], boot: config?.["boot"] };
}

describe("operators", () => {
  it("find images on a cluster, offer them once, and withdraw them", async () => {
    const platform = await platformOperator();
    const clusterId = String(rows("select id from clusters")[0]?.["id"]);
    type Found = { found: { volume: string; name: string; publishedAs: string | null }[] };
    const { found } = await platform.ok<Found>("GET", `/api/operator/images?cluster=${clusterId}`);
    const id = String(rows("select id from images")[0]?.["id"]);
    expect(found).toMatchObject([{ volume: ISO, name: "tiny", publishedAs: id }]);
    const offer = (volume: string) =>
      platform.send<Problem>("POST", "/api/operator/images", { clusterId, volume, name: "Once more" });
    expect((await offer(ISO)).body.code).toBe("offered_already");
    expect((await offer("local:iso/none.iso")).status).toBe(404);
    expect((await offer("/etc/passwd")).status).toBe(400);
    const tenant = await copier("images");
    const service = await launched(tenant);
    await platform.ok("PUT", `/api/operator/images/${id}`, { active: false });
    expect(await imageFor(tenant, service.id)).toBe("");
    expect(await refusal(putMedia(tenant, service.id, { imageId: id }))).toEqual([409, "image_unavailable"]);
    await platform.ok("PUT", `/api/operator/images/${id}`, { active: true });
    expect(await imageFor(tenant, service.id)).toBe(id);
  });
});

describe("a drive", () => {
  it("of a machine that is off gets an image, is booted from, and is gone when that is taken out", async () => {
    const tenant = await copier("drive");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const [imageId, before] = [await imageFor(tenant, service.id), await optionsOf(service.id)];
    await done(tenant, putMedia(tenant, service.id, { imageId, boot: true }));
    expect(await optionsOf(service.id)).toEqual({
      ide2: before.ide2,
      ide3: expect.stringMatching(`^${ISO},media=cdrom`),
      boot: `order=ide3;${String(before.boot).slice(6)}`,
    });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ imageId, restartNeeded: false });
    await done(tenant, putMedia(tenant, service.id, { imageId, boot: true }));
    await done(tenant, putMedia(tenant, service.id, { imageId: null }));
    expect([await optionsOf(service.id), (await serviceOf(tenant, service.id)).imageId]).toEqual([before, null]);
    // Nothing is in it: nothing is done.
    await done(tenant, putMedia(tenant, service.id, { imageId: null }));
  });

  it("of a machine that is on comes with the next start, and is emptied at once", async () => {
    const tenant = await copier("drive-on");
    const service = await launched(tenant);
    const [imageId, before] = [await imageFor(tenant, service.id), await optionsOf(service.id)];
    await done(tenant, putMedia(tenant, service.id, { imageId }));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ imageId, restartNeeded: true });
    await done(tenant, power(tenant, service.id, "stop"));
    await done(tenant, power(tenant, service.id, "start"));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ imageId, restartNeeded: false });
    await done(tenant, putMedia(tenant, service.id, { imageId: null }));
    expect(await optionsOf(service.id)).toEqual({ ...before, ide3: "none,media=cdrom" });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ imageId: null, restartNeeded: false });
  });

  it("that somebody else has filled is left alone", async () => {
    const tenant = await copier("drive-foreign");
    const service = await launched(tenant);
    await done(tenant, power(tenant, service.id, "stop"));
    const path = `/nodes/pve1/qemu/${vmidOf(service.id)}/config`;
    await pve(await root(), "PUT", path, { ide0: `${ISO},media=cdrom` });
    const imageId = await imageFor(tenant, service.id);
    await done(tenant, putMedia(tenant, service.id, { imageId }));
    await done(tenant, putMedia(tenant, service.id, { imageId: null }));
    const config = await configOf(vmidOf(service.id));
    expect([String(config?.["ide0"]).split(",")[0], config?.["ide3"]]).toEqual([ISO, undefined]);
  });

  it("is refused where there is none, or it is another's", async () => {
    const [tenant, other] = await Promise.all([copier("drive-no"), newTenant(site, "drive-other")]);
    const service = await launched(tenant);
    const imageId = await imageFor(tenant, service.id);
    expect(await refusal(putMedia(other, service.id, { imageId }))).toEqual([404, "not_found"]);
    expect(await refusal(putMedia(tenant, service.id, { imageId: "img_none" }))).toEqual([409, "image_unavailable"]);
    const busy = await power(tenant, service.id, "stop");
    expect(await refusal(putMedia(tenant, service.id, { imageId }))).toEqual([409, "service_busy"]);
    await over(tenant, busy);
    // An answer that is lost, and a task that fails.
    const lost = { kind: "status", status: 596, done: true, times: 1, method: "POST", path: "/config$" };
    await under(lost, () => done(tenant, putMedia(tenant, service.id, { imageId })));
    const failing = { kind: "task-fail", taskType: "qmconfig", taskError: "no", times: 1 };
    const failed = await under(failing, () => over(tenant, putMedia(tenant, service.id, { imageId: null })));
    expect([failed.status, (await serviceOf(tenant, service.id)).imageId]).toEqual(["failed", imageId]);
  });
});
