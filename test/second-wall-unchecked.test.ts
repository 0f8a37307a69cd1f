// The second wall behind a portal that has forgotten to look whose things they are: a build without its ownership checks.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../lab/stack/stack.ts";
import type { Accepted, OperationView, Problem, ServiceView } from "../worker/rules/views.ts";
import type { SnapshotView } from "../worker/rules/views-copies.ts";
import { ended, labGuests, launched, ledgerFaults, newTenant, setLimit } from "./harness/portal.ts";
import type { Site, Tenant } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

/** Where the portal looks whose a service is; without these, anybody's id opens it. */
const CHECKS: [file: string, check: string][] = [
  ["domain/services/services.ts", "eq(services.tenantId, tenantId), eq(services.id, serviceId)"],
  ["domain/consoles.ts", "eq(services.id, serviceId), eq(services.tenantId, tenantId)"],
];

let folder: string;
let test: TestStack;
let site: Site;
let ana: Tenant;
let bob: Tenant;
let service: ServiceView;
let own: ServiceView;

beforeAll(async () => {
  mkdirSync(join(ROOT, ".state"), { recursive: true });
  folder = mkdtempSync(join(ROOT, ".state/unchecked-"));
  test = await startTestStack({ workerConfig: uncheckedBuild() });
  site = { origin: test.stack.origin, controlUrl: test.stack.lab.controlUrl, databaseFile: test.stack.databaseFile() };
  [ana, bob] = await Promise.all([newTenant(site, "ana"), newTenant(site, "bob")]);
  [service, own] = await Promise.all([launched(ana), launched(bob)]);
  for (const tenant of [ana, bob]) {
    for (const resource of ["snapshots", "backups", "backupGiB"]) setLimit(site, tenant.id, resource, 20);
  }
}, 180_000);

afterAll(async () => {
  await test.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the Worker in which the checks are cut out; answers the configuration that starts it. */
function uncheckedBuild(): string {
  cpSync(join(ROOT, "worker"), join(folder, "worker"), { recursive: true });
  for (const [name, check] of CHECKS) {
    const file = join(folder, "worker", name);
    const text = readFileSync(file, "utf8");
    expect(text.split(check).length).toBe(2);
    writeFileSync(file, text.replace(check, "eq(services.id, serviceId)"));
  }
  const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const file = join(folder, "wrangler.toml");
  writeFileSync(file, config.replace('"./dist/web"', JSON.stringify(join(ROOT, "dist/web"))));
  return file;
}

/** What bob asks for with a service's id, below his own tenant. */
const DEEDS: [name: string, method: string, path: string, body?: unknown][] = [
  ["stop", "POST", "/power", { action: "stop" }],
  ["shutdown", "POST", "/power", { action: "shutdown" }],
  ["reboot", "POST", "/power", { action: "reboot" }],
  ["reset", "POST", "/power", { action: "reset" }],
  ["suspend", "POST", "/power", { action: "suspend" }],
  ["rename", "PUT", "/name", { name: "not-hers" }],
  ["password", "POST", "/password", { password: "opensesame" }],
  ["snapshot", "POST", "/snapshots", { name: "mine" }],
  ["backup", "POST", "/backups", { notes: "", protected: false }],
  ["resize", "PUT", "/size", { cores: 2, memoryMiB: 256, diskGiB: 2 }],
  ["clone", "POST", "/clone", { name: "a-copy" }],
  ["delete", "DELETE", "?confirm=NAME"],
];

async function bobTries(of: ServiceView, [, method, path, body]: (typeof DEEDS)[number]): Promise<string> {
  const address = bob.at(`/services/${of.id}${path.replace("NAME", of.name)}`);
  const answer = await bob.person.send<Accepted & Problem>(method, address, body);
  if (answer.status !== 202) return `${answer.status} ${answer.body.code}`;
  const operation = await ended(bob, answer.body.operation.id);
  return `${operation.status} ${operation.error?.code ?? ""}`.trim();
}

it("lets bob's requests through as far as the database and Proxmox VE, which let none of them touch what is ana's", async () => {
  // It is the checks that are gone, and nothing else.
  expect((await bob.person.send("GET", bob.at(`/services/${service.id}`))).status).toBe(200);
  const before = await labGuests(site.controlUrl);
  const told: [string, string][] = [];
  for (const deed of DEEDS) told.push([deed[0], await bobTries(service, deed)]);
  expect(told).toEqual([
    ["stop", "failed cluster_refused"],
    ["shutdown", "failed cluster_refused"],
    ["reboot", "failed cluster_refused"],
    ["reset", "failed cluster_refused"],
    ["suspend", "failed cluster_refused"],
    ["rename", "reverted guest_not_ours"],
    ["password", "failed guest_not_ours"],
    ["snapshot", "reverted cluster_refused"],
    // Proxmox VE takes the order for a backup, and refuses it inside the task.
    ["backup", "reverted task_failed"],
    ["resize", "reverted guest_not_ours"],
    // Refused by the database before Proxmox VE is asked: bob's envelope is not charged for a service of ana's.
    ["clone", "500 internal"],
    ["delete", "failed guest_not_ours"],
  ]);
  const console = await bob.person.send<Problem>("POST", bob.at(`/services/${service.id}/console`), {});
  expect(console.status).toBeGreaterThanOrEqual(500);
  expect(await labGuests(site.controlUrl)).toEqual(before);
  process.stdout.write(`without ownership checks: ${told.length + 1} deeds on another's service, all refused\n`);
}, 180_000);

it("does not go back to another's snapshot, nor remove it", async () => {
  const made = await ana.person.ok<Accepted>("POST", ana.at(`/services/${service.id}/snapshots`), { name: "hers" });
  expect((await ended(ana, made.operation.id)).status).toBe("succeeded");
  const path = ana.at(`/services/${service.id}/snapshots`);
  const [snapshot] = (await ana.person.ok<{ snapshots: SnapshotView[] }>("GET", path)).snapshots;
  const outcomes: string[] = [];
  for (const [method, rest] of [
    ["POST", "/rollback"],
    ["DELETE", ""],
  ] as const) {
    const address = bob.at(`/services/${service.id}/snapshots/${snapshot?.id}${rest}`);
    const answer = await bob.person.send<Accepted & Problem>(method, address);
    expect(answer.status).toBe(202);
    const operation: OperationView = await ended(bob, answer.body.operation.id);
    outcomes.push(operation.status);
    expect(operation.error?.code).toBe("cluster_refused");
  }
  expect(outcomes.every((status) => status !== "succeeded")).toBe(true);
  const after = (await ana.person.ok<{ snapshots: SnapshotView[] }>("GET", path)).snapshots;
  expect(after).toMatchObject([{ name: "hers", state: "ready" }]);
}, 120_000);

it("neither rebuilds it, nor puts a disc in it, nor runs anything in it", async () => {
  const greeting = {
    name: "Greeting",
    description: "",
    events: ["on_demand"],
    parameters: [],
    body: "#!/bin/sh\necho hello\n",
    timeoutSeconds: 30,
    active: true,
  };
  const { script } = await test.operator.ok<{ script: { id: string } }>("POST", "/api/operator/scripts", greeting);
  const { images } = await bob.person.ok<{ images: { id: string }[] }>("GET", bob.at(`/services/${own.id}/images`));
  const outcomes = async (of: ServiceView) => {
    const at = `/services/${of.id}/scripts`;
    const choice = { scriptId: script.id, event: "on_demand", values: {} };
    const chosen = await bob.person.send<{ script: { id: string } }>("POST", bob.at(at), choice);
    const rebuild = { confirm: of.name, login: { password: "opensesame" } };
    return {
      script: await bobTries(of, ["script", "POST", `/scripts/${chosen.body.script?.id}/run`]),
      media: await bobTries(of, ["media", "PUT", "/media", { imageId: images[0]?.id, boot: true }]),
      rebuild: await bobTries(of, ["rebuild", "POST", "/rebuild", rebuild]),
    };
  };
  // Hers has a snapshot since the test before, which would refuse a rebuild for a better reason.
  const hers = await launched(ana);
  const before = await labGuests(site.controlUrl);
  expect(await outcomes(hers)).toEqual({
    script: "failed guest_not_ours",
    media: "failed guest_not_ours",
    rebuild: "reverted guest_not_ours",
  });
  expect(await labGuests(site.controlUrl)).toEqual(before);
  const his = await launched(bob);
  expect(await outcomes(his)).toEqual({ script: "succeeded", media: "succeeded", rebuild: "succeeded" });
  expect(await bobTries(his, ["delete", "DELETE", "?confirm=NAME"])).toBe("succeeded");
}, 180_000);

it("does all of it with what is one's own", async () => {
  // What is suspended takes no password, the name is typed for the deletion, and no power button is waited for.
  const left = ["shutdown", "reboot", "reset", "suspend", "password", "rename"];
  for (const deed of DEEDS.filter(([name]) => !left.includes(name))) {
    expect([deed[0], await bobTries(own, deed)]).toEqual([deed[0], "succeeded"]);
  }
  expect(ledgerFaults(site.databaseFile)).toEqual([]);
}, 180_000);
