// What is set of a service: words about it, its name, a size that waits, the password of an account in it.
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Transcript } from "../lab/guests/transcript.ts";
import type { CatalogueView, ConsoleView, ServiceView } from "../worker/rules/views.ts";
import { clearFaults, fault, launch, launched, serviceOf, used } from "./harness/portal.ts";
import type { LaunchBody, Tenant } from "./harness/portal.ts";
import { booted, configOf, pve, root, tasksOf } from "./harness/pve.ts";
import { expectHonestLedger, guestOf, rows, site, vmidOf } from "./harness/site.ts";
import { opened, streamOf } from "./harness/socket.ts";
import { describeIt, power, rename, resize, setPassword, sizeBack } from "./harness/verb-requests.ts";
import { copier, done, over, refusal, under } from "./harness/verbs.ts";

afterEach(expectHonestLedger);
afterAll(() => clearFaults(site.controlUrl));

const SMALL = { cores: 1, memoryMiB: 128, diskGiB: 2 };

async function container(tenant: Tenant, name: string): Promise<ServiceView> {
  const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
  const templateId = templates.find((row) => row.kind === "container")?.id ?? "";
  return launched(tenant, { name, templateId, login: { password: "opensesame" } as LaunchBody["login"] });
}

/** Everything that the database holds. */
function everythingKept(): string {
  const tables = rows("select name from sqlite_schema where type = 'table' and name not like '\\_cf\\_%' escape '\\'");
  return tables.map(({ name }) => JSON.stringify(rows(`select * from "${String(name)}"`))).join("\n");
}

describe("words about a service", () => {
  it("are kept, shown, and told to nobody's cluster", async () => {
    const tenant = await copier("words");
    const service = await launched(tenant);
    const before = await configOf(vmidOf(service.id));
    const words = { description: "Front page\nand its API", tags: ["web", "prod-1", "web"] };
    const { status, body } = await describeIt(tenant, service.id, words);
    expect([status, body.service]).toMatchObject([200, { description: words.description, tags: ["web", "prod-1"] }]);
    expect((await describeIt(tenant, service.id, { tags: [] })).body.service).toMatchObject({
      description: words.description,
      tags: [],
    });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ description: words.description, tags: [] });
    expect(await configOf(vmidOf(service.id))).toEqual(before);
  });

  it("are refused field by field", async () => {
    const tenant = await copier("words");
    const service = await launched(tenant);
    const tried: [Record<string, unknown>, string, string][] = [
      [{ description: "a".repeat(401) }, "#/description", "too_long"],
      [{ description: "\u0007" }, "#/description", "format"],
      [{ tags: ["Web"] }, "#/tags/0", "format"],
      [{ tags: ["ok", "-no"] }, "#/tags/1", "format"],
      [{ tags: Array.from({ length: 11 }, (_, index) => `t${index}`) }, "#/tags", "too_big"],
      [{ power: "on" }, "#/power", "unknown"],
    ];
    for (const [words, pointer, code] of tried) {
      const { status, body } = await describeIt(tenant, service.id, words);
      expect([status, body.errors]).toMatchObject([400, [{ pointer, code }]]);
    }
    expect(await serviceOf(tenant, service.id)).toMatchObject({ description: "", tags: [] });
  });
});

describe("another name", () => {
  it("is the guest's as well, be it a machine or a container, on or off", async () => {
    const tenant = await copier("names");
    const [machine, box] = await Promise.all([launched(tenant, { name: "one" }), container(tenant, "box")]);
    await Promise.all([done(tenant, rename(tenant, machine.id, "two")), done(tenant, rename(tenant, box.id, "crate"))]);
    expect([(await guestOf(machine.id))?.name, (await guestOf(box.id))?.name]).toEqual(["two", "crate"]);
    expect([(await serviceOf(tenant, machine.id)).name, (await serviceOf(tenant, box.id)).name]).toEqual([
      "two",
      "crate",
    ]);
    await done(tenant, power(tenant, machine.id, "stop"));
    const operation = await done(tenant, rename(tenant, machine.id, "three"));
    expect([operation.kind, operation.serviceName]).toEqual(["rename", "three"]);
    expect((await guestOf(machine.id))?.name).toBe("three");
    // The names of before are free again.
    expect((await launched(tenant, { name: "one" })).name).toBe("one");
  });

  it("is refused where it is taken, or none", async () => {
    const tenant = await copier("taken");
    const [one, two] = await Promise.all([launched(tenant, { name: "one" }), launched(tenant, { name: "two" })]);
    const answer = await rename(tenant, one.id, "two");
    expect([answer.status, answer.body.code, answer.body.errors]).toEqual([
      409,
      "name_taken",
      [{ pointer: "#/name", code: "taken" }],
    ]);
    expect(await refusal(rename(tenant, one.id, "No Name"))).toEqual([400, "validation_failed"]);
    expect(await serviceOf(tenant, one.id)).toMatchObject({ name: "one", operationId: null });
    // Its own is no change, and comes about.
    await done(tenant, rename(tenant, two.id, "two"));
  });

  it("gives way to the old one where the cluster refuses, and where the work was done but not answered it stays", async () => {
    const tenant = await copier("undone");
    const service = await launched(tenant, { name: "old" });
    const call = { method: "POST", path: `/qemu/${vmidOf(service.id)}/config$` };
    const operation = await under({ kind: "status", status: 500, ...call }, () =>
      over(tenant, rename(tenant, service.id, "new")),
    );
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "cluster_refused"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ name: "old", state: "ready", operationId: null });
    expect((await guestOf(service.id))?.name).toBe("old");
    await under({ kind: "status", status: 596, done: true, times: 1, ...call }, () =>
      done(tenant, rename(tenant, service.id, "new")),
    );
    expect((await guestOf(service.id))?.name).toBe("new");
  });

  it("goes back where it was set, and the rest has failed", async () => {
    const tenant = await copier("failed");
    const service = await launched(tenant, { name: "old" });
    const vmid = vmidOf(service.id);
    // Nobody gets to see that it was set: the looks before that are let through.
    const look = { kind: "status", status: 400, method: "GET", path: `/qemu/${vmid}/config$`, after: 4 };
    const calm = await fault(site.controlUrl, look);
    const asked = await rename(tenant, service.id, "new");
    await operationIs(asked.body.operation.id, "reverting");
    await calm();
    expect((await over(tenant, asked)).status).toBe("reverted");
    expect((await serviceOf(tenant, service.id)).name).toBe("old");
    expect((await guestOf(service.id))?.name).toBe("old");
    // The launch's, the change and the way back.
    expect(await tasksOf(vmid, "qmconfig")).toBe(3);
  });

  it("stays where somebody has taken the old one while it was tried", async () => {
    const tenant = await copier("raced");
    const service = await launched(tenant, { name: "old" });
    const call = { method: "POST", path: `/qemu/${vmidOf(service.id)}/config$` };
    const operation = await under({ kind: "status", status: 500, ...call }, async () => {
      const asked = await rename(tenant, service.id, "new");
      expect((await launch(tenant, { name: "old" })).status).toBe(202);
      return over(tenant, asked);
    });
    expect(operation.status).toBe("reverted");
    expect(await serviceOf(tenant, service.id)).toMatchObject({ name: "new", state: "ready", operationId: null });
  });
});

describe("a size that waits for the next start", () => {
  it("is marked, taken back, and unmarked; and there is nothing to take back twice", async () => {
    const tenant = await copier("pending");
    const service = await launched(tenant, { size: { cores: 2, memoryMiB: 256, diskGiB: 2 } });
    expect(service.restartNeeded).toBe(false);
    expect(await refusal(sizeBack(tenant, service.id))).toEqual([409, "not_pending"]);
    await done(tenant, resize(tenant, service.id, { cores: 4, memoryMiB: 128, diskGiB: 3 }));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ restartNeeded: true, cores: 4, memoryMiB: 256 });
    expect(await used(tenant)).toMatchObject({ vcpu: 4, memoryMiB: 256, diskGiB: 3 });
    const operation = await done(tenant, sizeBack(tenant, service.id));
    expect(operation.kind).toBe("resize");
    // A disk that has grown stays so.
    expect(await serviceOf(tenant, service.id)).toMatchObject({
      restartNeeded: false,
      cores: 2,
      memoryMiB: 256,
      diskGiB: 3,
    });
    expect(await used(tenant)).toMatchObject({ vcpu: 2, memoryMiB: 256, diskGiB: 3 });
    const config = await configOf(vmidOf(service.id));
    expect([Number(config?.["cores"]), Number(config?.["memory"])]).toEqual([2, 256]);
    expect(await refusal(sizeBack(tenant, service.id))).toEqual([409, "not_pending"]);
  });

  it("waits still where taking it back fails, and is unmarked by a restart, of the portal's or not", async () => {
    const tenant = await copier("pending");
    const service = await launched(tenant, { size: { cores: 4, memoryMiB: 256, diskGiB: 2 } });
    await done(tenant, resize(tenant, service.id, { ...SMALL, memoryMiB: 256 }));
    const call = { method: "POST", path: `/qemu/${vmidOf(service.id)}/config$` };
    const operation = await under({ kind: "status", status: 500, ...call }, () =>
      over(tenant, sizeBack(tenant, service.id)),
    );
    expect([operation.status, operation.error?.code]).toEqual(["reverted", "cluster_refused"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ restartNeeded: true, cores: 4 });
    await booted(vmidOf(service.id));
    await done(tenant, power(tenant, service.id, "reboot"));
    expect(await serviceOf(tenant, service.id)).toMatchObject({ restartNeeded: false, cores: 1 });
    await done(tenant, resize(tenant, service.id, { cores: 2, memoryMiB: 256, diskGiB: 2 }));
    expect((await serviceOf(tenant, service.id)).restartNeeded).toBe(true);
    await pve(await root(), "POST", `/nodes/pve1/qemu/${vmidOf(service.id)}/status/stop`);
    await expect.poll(async () => (await serviceOf(tenant, service.id)).power, { timeout: 28_000 }).toBe("stopped");
    expect((await serviceOf(tenant, service.id)).restartNeeded).toBe(false);
    expect(await refusal(sizeBack(tenant, service.id))).toEqual([409, "not_pending"]);
  });
});

describe("another password", () => {
  const SECRET = "Correct-Horse-42!";

  it("opens the machine, and is kept nowhere", async () => {
    const tenant = await copier("password");
    const service = await launched(tenant);
    await booted(vmidOf(service.id));
    const operation = await done(tenant, setPassword(tenant, service.id, { password: SECRET }));
    expect(operation.kind).toBe("password");
    const path = tenant.at(`/services/${service.id}/console`);
    const view = await tenant.person.ok<ConsoleView>("POST", path, { kind: "terminal" });
    const socket = await opened(tenant.person, view.path);
    const printed = new Transcript(streamOf(socket));
    const type = (text: string) => socket.send(Buffer.from(`0:${Buffer.byteLength(text)}:${text}`));
    type("\n");
    await printed.until("login:", 20_000);
    type("ana\n");
    await printed.until("assword:", 10_000);
    type(`${SECRET}\n`);
    await printed.until("ana@", 10_000);
    socket.close();
    expect(rows("select password_sealed from services where id = ?", service.id)).toEqual([{ password_sealed: null }]);
    expect(everythingKept()).not.toContain(SECRET);
  });

  it("is refused without a trace where the agent is silent, or does not know the user", async () => {
    const tenant = await copier("agent");
    const service = await launched(tenant);
    await booted(vmidOf(service.id));
    const unknown = await over(tenant, setPassword(tenant, service.id, { user: "nobody-here", password: SECRET }));
    expect([unknown.status, unknown.error?.code]).toEqual(["failed", "agent_refused"]);
    const agent = `/qemu/${vmidOf(service.id)}/agent/set-user-password$`;
    const silent = await under({ kind: "agent-off", path: agent }, () =>
      over(tenant, setPassword(tenant, service.id, { password: SECRET })),
    );
    expect([silent.status, silent.error?.code]).toEqual(["failed", "agent_silent"]);
    expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", power: "running", operationId: null });
    expect(rows("select password_sealed from services where id = ?", service.id)).toEqual([{ password_sealed: null }]);
    expect(everythingKept()).not.toContain(SECRET);
  });

  it("is set again where the answer was lost", async () => {
    const tenant = await copier("lost");
    const service = await launched(tenant);
    await booted(vmidOf(service.id));
    const path = `/qemu/${vmidOf(service.id)}/agent/set-user-password$`;
    const operation = await under({ kind: "status", status: 596, done: true, times: 1, method: "POST", path }, () =>
      over(tenant, setPassword(tenant, service.id, { user: "ana", password: SECRET })),
    );
    expect(operation.status).toBe("succeeded");
  });

  it("is for machines that are on, and for accounts and passwords that can be", async () => {
    const tenant = await copier("refused");
    const [service, box] = await Promise.all([launched(tenant), container(tenant, "box")]);
    expect(await refusal(setPassword(tenant, box.id, { password: SECRET }))).toEqual([409, "kind_unsupported"]);
    for (const account of [{ password: "short" }, { user: "a b", password: SECRET }, { user: "ana" }, {}])
      expect(await refusal(setPassword(tenant, service.id, account))).toEqual([400, "validation_failed"]);
    await done(tenant, power(tenant, service.id, "stop"));
    expect(await refusal(setPassword(tenant, service.id, { password: SECRET }))).toEqual([409, "not_running"]);
  });
});

async function operationIs(operationId: string, status: string): Promise<void> {
  await expect
    .poll(() => rows("select status from operations where id = ?", operationId)[0]?.["status"], { timeout: 20_000 })
    .toBe(status);
}
