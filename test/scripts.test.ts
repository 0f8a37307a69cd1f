// Scripts: published by operators, chosen and filled in by tenants, run in the guest at their moments, and told of.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { Accepted, Problem } from "../worker/rules/views.ts";
import type { ScriptParameter } from "../worker/rules/scripts.ts";
import type { ApiKeyMade } from "../worker/rules/views-people.ts";
import { ended, launch, launchBody, launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { choose, power, publish, runChosen, runsOf, scriptBody, stepsOf } from "./harness/scripts.ts";
import { platformOperator, rows, site } from "./harness/site.ts";

const NAME: ScriptParameter = { name: "who", label: "Whom to greet", kind: "text", required: true, maximum: 20 };
const SECRET: ScriptParameter = { name: "pass", label: "Password", kind: "secret", required: false };
const OPERATOR_SCRIPTS = "/api/operator/scripts";

let operator: Person;

beforeAll(async () => {
  operator = await platformOperator();
});

describe("the catalogue of scripts", () => {
  it("is kept by operators, and shown to tenants without the source", async () => {
    const tenant = await newTenant(site);
    const script = await publish(operator, { parameters: [NAME], body: "echo\r\nhello" });
    expect(script).toMatchObject({ body: "echo\nhello", active: true });
    const offered = async () => {
      const list = await tenant.person.ok<{ scripts: { id: string }[] }>("GET", tenant.at("/scripts"));
      return list.scripts.find((row) => row.id === script.id);
    };
    const { id, name, description, events, parameters } = script;
    expect(await offered()).toEqual({ id, name, description, events, parameters });
    const { id: _, ...draft } = script;
    await operator.ok("PUT", `${OPERATOR_SCRIPTS}/${id}`, { ...draft, name: `${name} 2`, active: false });
    expect(await offered()).toBeUndefined();
    const all = await operator.ok<{ scripts: { id: string; name: string }[] }>("GET", OPERATOR_SCRIPTS);
    expect(all.scripts.find((row) => row.id === id)).toMatchObject({ name: `${name} 2`, active: false });
    const taken = await operator.send<Problem>("POST", OPERATOR_SCRIPTS, scriptBody({ name: `${name} 2` }));
    expect([taken.status, taken.body.code]).toEqual([409, "name_taken"]);
  });

  it.each([
    [{ events: [] }, "#/events", "too_small"],
    [{ body: "" }, "#/body", "too_small"],
    [{ body: "echo '\0'" }, "#/body", "format"],
    // 10,000 letters of three bytes are 150,000 characters on their way.
    [{ body: "€".repeat(10_000) }, "#/body", "too_long"],
    [{ timeoutSeconds: 0 }, "#/timeoutSeconds", "too_small"],
    [{ parameters: [{ ...NAME, name: "Who" }] }, "#/parameters/0/name", "format"],
    [{ parameters: [NAME, NAME] }, "#/parameters/1/name", "taken"],
    [{ parameters: [{ ...NAME, kind: "choice" as const }] }, "#/parameters/0/choices", "required"],
    [{ parameters: [{ ...SECRET, initial: "x" }] }, "#/parameters/0/initial", "unknown"],
    [{ parameters: [{ ...NAME, initial: "x".repeat(21) }] }, "#/parameters/0/initial", "too_long"],
  ])("refuses what is wrong with it (%#)", async (changes, pointer, code) => {
    const answer = await operator.send<Problem>("POST", OPERATOR_SCRIPTS, scriptBody(changes));
    expect([answer.status, answer.body.errors]).toEqual([400, [expect.objectContaining({ pointer, code })]]);
  });
});

describe("a tenant's scripts", () => {
  let tenant: Tenant;
  let service: { id: string };

  beforeAll(async () => {
    tenant = await newTenant(site);
    service = await launched(tenant);
  });

  const ask = (body: object, at = service.id) =>
    tenant.person.send<Problem>("POST", tenant.at(`/services/${at}/scripts`), body);

  it("are filled in right, or not chosen", async () => {
    const port: ScriptParameter = { name: "port", label: "Port", kind: "number", required: false, maximum: 65_535 };
    const script = await publish(operator, { parameters: [NAME, port], events: ["on_demand"] });
    const values = { port: "70000", more: "x" };
    const wrong = await ask({ scriptId: script.id, event: "on_demand", values });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors?.toSorted((a, b) => a.pointer.localeCompare(b.pointer))).toEqual([
      { pointer: "#/values/more", code: "unknown" },
      { pointer: "#/values/port", code: "too_big" },
      { pointer: "#/values/who", code: "required" },
    ]);
    const fine = { scriptId: script.id, event: "on_demand", values: { who: "Zoë" } };
    for (const [body, code] of [
      [{ ...fine, event: "after_boot" }, "script_unavailable"],
      [{ ...fine, event: "first_boot" }, "validation_failed"],
      [{ ...fine, scriptId: "scr_00000000000000000000" }, "not_found"],
    ] as const)
      expect((await ask(body)).body.code).toBe(code);
    const choice = await choose(tenant, service.id, script.id, "on_demand", fine.values);
    expect((await ask(fine)).body.code).toBe("script_chosen");
    await tenant.person.ok("DELETE", tenant.at(`/services/${service.id}/scripts/${choice.id}`));
    const again = await tenant.person.send("DELETE", tenant.at(`/services/${service.id}/scripts/${choice.id}`));
    expect(again.status).toBe(404);
  });

  it("run when asked: the exit code and the end of the output are told, a failure fails", async () => {
    const greet = await publish(operator, { parameters: [NAME], body: 'echo "Hello $NBX_WHO"' });
    const choice = await choose(tenant, service.id, greet.id, "on_demand", { who: "Zoë's" });
    const operation = await runChosen(tenant, service.id, choice.id);
    expect([operation.status, stepsOf(operation)]).toEqual(["succeeded", ["scripts done"]]);
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({
      script: greet.name,
      event: "on_demand",
      state: "succeeded",
      exitCode: 0,
      code: null,
      output: "Hello Zoë's\n",
    });
    const bad = await publish(operator, { body: "echo trying\napt-get install docker\nexit 3" });
    const failed = await runChosen(tenant, service.id, (await choose(tenant, service.id, bad.id)).id);
    expect(failed).toMatchObject({ status: "failed", error: { code: "script_failed", params: { script: bad.name } } });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({
      state: "failed",
      exitCode: 3,
      output: "trying\nsh: apt-get: not found\n",
    });
  });

  it("are ended at their time limit", async () => {
    const slow = await publish(operator, { body: "echo begun\nsleep 30\necho never", timeoutSeconds: 1 });
    const operation = await runChosen(tenant, service.id, (await choose(tenant, service.id, slow.id)).id);
    expect(operation).toMatchObject({ status: "failed", error: { code: "script_late" } });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({
      state: "failed",
      exitCode: null,
      code: "script_late",
      output: "begun\n",
    });
  });

  it("are not run any more once they are withdrawn, or no longer fit what was filled in", async () => {
    const script = await publish(operator, { parameters: [SECRET] });
    const choice = await choose(tenant, service.id, script.id);
    const { id, ...draft } = script;
    await operator.ok("PUT", `${OPERATOR_SCRIPTS}/${id}`, { ...draft, parameters: [{ ...SECRET, required: true }] });
    expect((await runChosen(tenant, service.id, choice.id)).error?.code).toBe("script_unfit");
    await operator.ok("PUT", `${OPERATOR_SCRIPTS}/${id}`, { ...draft, active: false });
    const refused = await tenant.person.send<Problem>(
      "POST",
      tenant.at(`/services/${service.id}/scripts/${choice.id}/run`),
    );
    expect([refused.status, refused.body.code]).toEqual([409, "script_unavailable"]);
  });

  it("are of virtual machines alone", async () => {
    const script = await publish(operator);
    const { templates } = await tenant.person.ok<{ templates: { id: string; kind: string }[] }>(
      "GET",
      tenant.at("/catalogue"),
    );
    const templateId = templates.find((row) => row.kind === "container")?.id ?? "";
    const body = await launchBody(tenant, { templateId });
    const scripts = [{ scriptId: script.id, values: {} }];
    const refused = await tenant.person.send<Problem>("POST", tenant.at("/services"), { ...body, scripts });
    expect([refused.status, refused.body.code]).toEqual([409, "kind_unsupported"]);
    const container = await launched(tenant, { templateId });
    expect((await ask({ scriptId: script.id, event: "on_demand", values: {} }, container.id)).body.code).toBe(
      "kind_unsupported",
    );
  });

  it("need their own right, of a key that launches as well", async () => {
    const script = await publish(operator);
    const draft = { name: "Launcher", scopes: ["service.launch", "service.read"], expiresAt: null };
    const { token } = await tenant.person.ok<ApiKeyMade>("POST", tenant.at("/keys"), draft);
    const body = { ...(await launchBody(tenant)), scripts: [{ scriptId: script.id, values: {} }] };
    const answer = await fetch(`${site.origin}${tenant.at("/services")}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": "launch-with-scripts",
      },
      body: JSON.stringify(body),
    });
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([403, "scope_missing"]);
  });
});

describe("at the moments of a service's life", () => {
  it("scripts run at the first boot, after each boot and before a shutdown, in order", async () => {
    const tenant = await newTenant(site);
    const note = (word: string) => publish(operator, { body: `echo ${word} >>/srv/log\ncat /srv/log` });
    const [first, second, boot, down] = await Promise.all(["first", "second", "boot", "down"].map(note));
    const scripts = [second, first].map((script) => ({ scriptId: script?.id ?? "", values: {} }));
    const body = { ...(await launchBody(tenant)), scripts };
    const accepted = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), body);
    const { id } = accepted.service;
    const launch = await ended(tenant, accepted.operation.id);
    expect([launch.status, stepsOf(launch).at(-1)]).toEqual(["succeeded", "scripts done"]);
    const said = async () => (await runsOf(tenant, id)).map((run) => [run.event, run.state, run.output]);
    expect(await said()).toEqual([
      ["first_boot", "succeeded", "second\n"],
      ["first_boot", "succeeded", "second\nfirst\n"],
    ]);
    // Nothing is chosen for these moments yet.
    expect(stepsOf(await power(tenant, id, "reboot"))).toEqual(["reboot done"]);
    await choose(tenant, id, boot?.id ?? "", "after_boot");
    await choose(tenant, id, down?.id ?? "", "before_shutdown");
    expect(stepsOf(await power(tenant, id, "reboot"))).toEqual(["scripts done", "reboot done", "scripts_after done"]);
    expect(stepsOf(await power(tenant, id, "shutdown"))).toEqual(["scripts done", "shutdown done"]);
    expect(stepsOf(await power(tenant, id, "start"))).toEqual(["start done", "scripts done"]);
    // It is on already: nothing boots.
    expect((await power(tenant, id, "start")).status).toBe("succeeded");
    expect((await said()).slice(2)).toEqual([
      ["before_shutdown", "succeeded", "second\nfirst\ndown\n"],
      ["after_boot", "succeeded", "second\nfirst\ndown\nboot\n"],
      ["before_shutdown", "succeeded", "second\nfirst\ndown\nboot\ndown\n"],
      ["after_boot", "succeeded", "second\nfirst\ndown\nboot\ndown\nboot\n"],
    ]);
    // A copy has none: what its source has to do at its boots is not the copy's to do.
    const copy = await tenant.person.ok<Accepted>("POST", tenant.at(`/services/${id}/clone`), { name: "copy" });
    expect((await ended(tenant, copy.operation.id)).status).toBe("succeeded");
    expect(await tenant.person.ok("GET", tenant.at(`/services/${copy.service.id}/scripts`))).toEqual({
      scripts: [],
      runs: [],
    });
  });

  it("a launch stays one whose script fails, and tells so; a shutdown comes whatever a script does", async () => {
    const tenant = await newTenant(site);
    const bad = await publish(operator, { body: "echo no room\nexit 1" });
    const body = { ...(await launchBody(tenant)), scripts: [{ scriptId: bad.id, values: {} }] };
    const accepted = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), body);
    const { id } = accepted.service;
    const error = { code: "script_failed", params: { script: bad.name } };
    expect(await ended(tenant, accepted.operation.id)).toMatchObject({ status: "succeeded", error });
    const hanging = await publish(operator, { body: "sleep 3000", timeoutSeconds: 1_800 });
    await choose(tenant, id, hanging.id, "before_shutdown");
    const shutdown = await power(tenant, id, "shutdown");
    expect(shutdown).toMatchObject({ status: "succeeded", error: { code: "script_late" } });
    expect((await runsOf(tenant, id)).map((run) => [run.state, run.code])).toEqual([
      ["failed", "script_failed"],
      ["failed", "script_late"],
    ]);
  });
});

it("what was filled in is nowhere to be read, and goes with the service", async () => {
  const tenant = await newTenant(site);
  const secret = "s3cret-hunter2-of-scripts";
  const script = await publish(operator, { parameters: [SECRET], body: 'echo "$NBX_PASS" >/srv/pass' });
  const scripts = [{ scriptId: script.id, values: { pass: secret } }];
  const answer = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), {
    ...(await launchBody(tenant)),
    scripts,
  });
  const { id, name } = answer.service;
  expect(await ended(tenant, answer.operation.id)).toMatchObject({ status: "succeeded", error: null });
  await choose(tenant, id, script.id, "on_demand", { pass: secret });
  const shown = await tenant.person.ok("GET", tenant.at(`/services/${id}/scripts`));
  expect(JSON.stringify(shown)).not.toContain(secret);
  const sealed = rows("select values_sealed from service_scripts where service_id = ?", id);
  expect(sealed).toHaveLength(2);
  for (const suffix of ["", "-wal"]) {
    const bytes = readFileSync(`${site.databaseFile}${suffix}`);
    expect(bytes.includes(secret), `the database${suffix} tells it`).toBe(false);
  }
  const removal = await tenant.person.ok<Accepted>("DELETE", tenant.at(`/services/${id}?confirm=${name}`));
  expect((await ended(tenant, removal.operation.id)).status).toBe("succeeded");
  expect(rows("select id from service_scripts where service_id = ?", id)).toEqual([]);
  expect(rows("select id from script_runs where service_id = ?", id)).toEqual([]);
});

it("a launch is refused whole where a script is filled in wrongly or picked twice", async () => {
  const tenant = await newTenant(site);
  const script = await publish(operator, { parameters: [NAME] });
  const body = await launchBody(tenant);
  const pick = { scriptId: script.id, values: { who: "Ana" } };
  const send = (scripts: object[]) => tenant.person.send<Problem>("POST", tenant.at("/services"), { ...body, scripts });
  const wrong = await send([pick, { ...pick, values: {} }]);
  expect([wrong.status, wrong.body.code]).toEqual([409, "script_chosen"]);
  expect((await send([{ ...pick, values: {} }])).body.errors).toEqual([
    { pointer: "#/scripts/0/values/who", code: "required" },
  ]);
  const { services } = await tenant.person.ok<{ services: unknown[] }>("GET", tenant.at("/services"));
  expect(services).toEqual([]);
  expect((await launch(tenant)).status).toBe(202);
});
