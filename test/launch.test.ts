// Launching: what comes of it in the lab and the ledger, and every way to be refused without a trace.
import { afterEach, describe, expect, it } from "vitest";
import type { OperationView, Problem, QuotaPreview } from "../worker/rules/views.ts";
import { ended, launch, launchBody, launched, newTenant, used } from "./harness/portal.ts";
import { configOf } from "./harness/pve.ts";
import {
  expectHonestLedger,
  expectUntouched,
  guestOf,
  NOTHING,
  platformOperator,
  rows,
  servicesOf,
  site,
  tenantWith,
  vmidOf,
} from "./harness/site.ts";

afterEach(expectHonestLedger);

describe("a launch", () => {
  it("makes the guest as it was asked for, in the tenant's pool, under the portal's mark, and charges it", async () => {
    const tenant = await newTenant(site, "launch");
    const service = await launched(tenant, {
      name: "shop-1",
      size: { cores: 2, memoryMiB: 256, diskGiB: 3 },
      login: { user: "ana", password: "opensesame" },
    });
    expect(service).toMatchObject({
      name: "shop-1",
      state: "ready",
      power: "running",
      operationId: null,
      cores: 2,
      memoryMiB: 256,
      diskGiB: 3,
      loginUser: "ana",
    });
    expect(service.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const guest = await guestOf(service.id);
    expect(guest).toMatchObject({ name: "shop-1", status: "running", vmid: vmidOf(service.id) });
    expect(guest?.pool).toBe(`nubemox/${tenant.id.replace("ten_", "t-")}`);
    const config = await configOf(guest?.vmid ?? 0);
    expect(config).toMatchObject({ name: "shop-1", ciuser: "ana", ipconfig0: "ip=dhcp" });
    expect([Number(config?.["cores"]), Number(config?.["memory"])]).toEqual([2, 256]);
    expect(config?.["scsi0"]).toMatch(/size=3G/);
    expect(await used(tenant)).toEqual({ ...NOTHING, vcpu: 2, memoryMiB: 256, diskGiB: 3, services: 1 });
    const { operations } = await tenant.person.ok<{ operations: OperationView[] }>(
      "GET",
      tenant.at(`/services/${service.id}`),
    );
    expect(operations.map((row) => [row.kind, row.status])).toEqual([["launch", "succeeded"]]);
    expect(operations[0]?.steps.map((step) => step.status)).toEqual(Array.from({ length: 7 }, () => "done"));
    // The password is not kept once the guest has it, and was never kept in the clear.
    expect(rows("select password_sealed from services where id = ?", service.id)).toEqual([{ password_sealed: null }]);
    expect(JSON.stringify(rows("select * from operations where service_id = ?", service.id))).not.toContain(
      "opensesame",
    );
  });

  it("takes SSH keys instead of a password", async () => {
    const tenant = await newTenant(site, "keys");
    const key = `ssh-ed25519 ${Buffer.from([0, 0, 0, 11, ...Buffer.from("ssh-ed25519"), 0, 0, 0, 32, ...Buffer.alloc(32, 7)]).toString("base64")} ana@laptop`;
    const service = await launched(tenant, { login: { user: "ana", sshKeys: `${key}\r\n` } });
    const config = await configOf(vmidOf(service.id));
    expect(decodeURIComponent(String(config?.["sshkeys"])).trim()).toBe(key);
    expect(config?.["cipassword"]).toBeUndefined();
  });
});

describe("a launch with faults in its fields", () => {
  const size = { cores: 1, memoryMiB: 128, diskGiB: 2 };
  const login = { user: "ana", password: "opensesame" };
  it.each<[string, object, string[]]>([
    ["no name", { name: undefined }, ["#/name required"]],
    ["a bad name", { name: "Web Shop" }, ["#/name format"]],
    ["a name that is too long", { name: "a".repeat(41) }, ["#/name too_long"]],
    ["no template", { templateId: undefined }, ["#/templateId required"]],
    ["no size", { size: undefined }, ["#/size required"]],
    ["a size that is no number", { size: { ...size, cores: "2" } }, ["#/size/cores type"]],
    ["half a core", { size: { ...size, cores: 1.5 } }, ["#/size/cores type"]],
    ["no cores", { size: { ...size, cores: 0 } }, ["#/size/cores too_small"]],
    [
      "too much of everything",
      { size: { cores: 33, memoryMiB: 131_073, diskGiB: 2_049 } },
      ["#/size/cores too_big", "#/size/memoryMiB too_big", "#/size/diskGiB too_big"],
    ],
    ["a bad user", { login: { ...login, user: "Ana" } }, ["#/login/user format"]],
    ["root", { login: { ...login, user: "root" } }, ["#/login/user reserved"]],
    ["neither password nor key", { login: { user: "ana" } }, ["#/login/password required"]],
    ["a short password", { login: { user: "ana", password: "short" } }, ["#/login/password too_short"]],
    ["a key that is none", { login: { user: "ana", sshKeys: "ssh-rsa nonsense" } }, ["#/login/sshKeys key_format"]],
    ["something unknown", { vmid: 100, size: { ...size, gpu: 1 } }, ["#/size/gpu unknown", "#/vmid unknown"]],
    [
      "several at once",
      { name: "-", login: { user: "" } },
      ["#/name too_short", "#/login/user required", "#/login/password required"],
    ],
  ])("%s: names them and changes nothing", async (_what, changes, expected) => {
    const tenant = await spare;
    const body = { ...(await launchBody(tenant)), ...changes };
    const answer = await tenant.person.send<Problem>("POST", tenant.at("/services"), body);
    expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    const found = answer.body.errors?.map((field) => `${field.pointer} ${field.code}`).toSorted();
    expect(found).toEqual(expected.toSorted());
    await expectUntouched(tenant);
  });
});

const spare = newTenant(site, "spare");

describe("a launch that cannot be", () => {
  it("is refused for a template that is unknown, withdrawn, or larger", async () => {
    const tenant = await spare;
    const unknown = await launch(tenant, { templateId: "tpl_00000000000000000000" });
    expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
    const small = await launch(tenant, { size: { cores: 1, memoryMiB: 64, diskGiB: 1 } });
    expect([small.status, small.body.code]).toEqual([409, "size_below_template"]);
    expect(small.body.errors).toEqual([{ pointer: "#/size/memoryMiB", code: "too_small", params: { minimum: 128 } }]);
    const operator = await platformOperator();
    const { templateId } = await launchBody(tenant);
    await operator.ok("PUT", `/api/operator/templates/${templateId}`, { active: false });
    try {
      const withdrawn = await launch(tenant, { templateId });
      expect([withdrawn.status, withdrawn.body.code]).toEqual([409, "template_unavailable"]);
      const { templates } = await tenant.person.ok<{ templates: { id: string }[] }>("GET", tenant.at("/catalogue"));
      expect(templates.map((row) => row.id)).not.toContain(templateId);
    } finally {
      await operator.ok("PUT", `/api/operator/templates/${templateId}`, { active: true });
    }
    await expectUntouched(tenant);
  });

  it("is refused with what is left, each resource by itself", async () => {
    const tenant = await spare;
    for (const [size, short] of [
      [{ cores: 5, memoryMiB: 128, diskGiB: 2 }, ["vcpu"]],
      [{ cores: 4, memoryMiB: 4_097, diskGiB: 41 }, ["memoryMiB", "diskGiB"]],
    ] as const) {
      const preview = await tenant.person.ok<QuotaPreview>("POST", tenant.at("/quota/preview"), size);
      expect(preview.allowed).toBe(false);
      const answer = await launch(tenant, { size });
      expect([answer.status, answer.body.code]).toEqual([409, "quota_exceeded"]);
      expect(answer.body.resources).toEqual(preview.resources);
      const refused = answer.body.resources?.filter((row) => !row.fits);
      expect(refused?.map((row) => row.resource)).toEqual(short);
      expect(answer.body.params).toMatchObject({
        resource: short[0],
        asked: refused?.[0]?.asked,
        left: refused?.[0]?.left,
      });
    }
    await expectUntouched(tenant);
  });

  it("is refused for a name that is taken, whose first owner keeps it until it is deleted", async () => {
    const tenant = await newTenant(site, "name");
    const first = await launched(tenant, { name: "web" });
    const second = await launch(tenant, { name: "web" });
    expect([second.status, second.body.code]).toEqual([409, "name_taken"]);
    expect(second.body.errors).toEqual([{ pointer: "#/name", code: "taken" }]);
    expect((await used(tenant))["services"]).toBe(1);
    expect((await servicesOf(tenant)).map((row) => row.id)).toEqual([first.id]);
    const other = await newTenant(site, "name");
    expect((await launched(other, { name: "web" })).name).toBe("web");
  });

  it("is refused as soon as the quota is full, and not before", async () => {
    const tenant = await tenantWith("full", { vcpu: 10, memoryMiB: 10_000, diskGiB: 100, services: 2 });
    const answers = await Promise.all([launch(tenant), launch(tenant), launch(tenant), launch(tenant)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([202, 202, 409, 409]);
    for (const { status, body } of answers.filter((row) => row.status === 409)) {
      expect([status, body.params?.["resource"]]).toEqual([409, "services"]);
    }
    expect((await used(tenant))["services"]).toBe(2);
    for (const answer of answers.filter((row) => row.status === 202)) {
      expect((await ended(tenant, answer.body.operation.id)).status).toBe("succeeded");
    }
  });
});
