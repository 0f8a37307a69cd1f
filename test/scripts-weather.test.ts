// Scripts in bad weather: answers that are lost, agents that are silent, guests that restart. Each runs once, or not at all.
import { beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { Accepted } from "../worker/rules/views.ts";
import { ended, fault, launchBody, launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { choose, publish, runChosen, runsOf } from "./harness/scripts.ts";
import { platformOperator, rows, site } from "./harness/site.ts";

/** Says how often it was run. */
const COUNTING = "echo begun >>/srv/count\nsleep 2\ncat /srv/count";

describe("one agent", () => {
  let operator: Person;
  let tenant: Tenant;
  let service: { id: string };
  let vmid = 0;

  beforeAll(async () => {
    operator = await platformOperator();
    tenant = await newTenant(site);
    service = await launched(tenant);
    vmid = Number(rows("select vmid from services where id = ?", service.id)[0]?.["vmid"]);
  });

  /** What goes wrong for this guest alone. */
  const trouble = (name: string, more: Record<string, unknown>) =>
    fault(site.controlUrl, { path: `/qemu/${vmid}/agent/${name}$`, ...more });

  it.each([
    ["of beginning it is lost", [["exec", { kind: "status", status: 596, done: true, after: 1, times: 1 }]]],
    ["comes as a cut connection, again and again", [["exec", { kind: "drop-after", after: 1, times: 3 }]]],
    ["of looking is lost, whatever it was", [["exec-status", { kind: "status", status: 596, done: true, times: 4 }]]],
    [
      "makes no sense",
      [["exec-status", { kind: "wrong-answer", data: { exited: 1, "out-data": "sh: od?" }, times: 2 }]],
    ],
    ["is that it was not begun", [["exec", { kind: "drop-before", after: 1, times: 2 }]]],
  ] as [string, [string, Record<string, unknown>][]][])("runs once where the answer %s", async (_what, faults) => {
    const script = await publish(operator, { body: `rm /srv/count\n${COUNTING}` });
    const choice = await choose(tenant, service.id, script.id);
    const ends = await Promise.all(faults.map(([name, more]) => trouble(name, more)));
    const operation = await runChosen(tenant, service.id, choice.id);
    await Promise.all(ends.map((end) => end()));
    expect(operation).toMatchObject({ status: "succeeded", error: null });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({ state: "succeeded", output: "begun\n" });
  });

  it("that is silent is waited for, and then told of", async () => {
    const choice = await choose(tenant, service.id, (await publish(operator)).id);
    const end = await trouble("exec", { kind: "agent-off" });
    const operation = await runChosen(tenant, service.id, choice.id);
    await end();
    expect(operation).toMatchObject({ status: "failed", error: { code: "agent_silent" } });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({ state: "unreachable", code: "agent_silent" });
    expect((await runChosen(tenant, service.id, choice.id)).status).toBe("succeeded");
  });

  it("that may not be asked says so at once", async () => {
    const choice = await choose(tenant, service.id, (await publish(operator)).id);
    const reason = `Permission check failed (/vms/${vmid}, VM.GuestAgent.Unrestricted)`;
    const end = await trouble("exec", { kind: "status", status: 403, reason });
    const operation = await runChosen(tenant, service.id, choice.id);
    await end();
    expect(operation).toMatchObject({ status: "failed", error: { code: "agent_refused" } });
  });

  it("goes with its guest: what was cut off is told, and not begun anew", async () => {
    const script = await publish(operator, { body: "echo begun\nreboot\nsleep 60" });
    const operation = await runChosen(tenant, service.id, (await choose(tenant, service.id, script.id)).id);
    expect(operation).toMatchObject({ status: "failed", error: { code: "script_lost" } });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({ state: "failed", output: "begun\n" });
  });
});

it("a launch is one whose agent never answers", async () => {
  const [operator, tenant] = await Promise.all([platformOperator(), newTenant(site)]);
  const script = await publish(operator);
  const end = await fault(site.controlUrl, { kind: "agent-off", method: "POST" });
  try {
    const scripts = [script, await publish(operator)].map((row) => ({ scriptId: row.id, values: {} }));
    const body = { ...(await launchBody(tenant)), scripts };
    const { operation, service } = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), body);
    const error = { code: "agent_silent", params: { script: script.name } };
    expect(await ended(tenant, operation.id)).toMatchObject({ status: "succeeded", error });
    expect((await runsOf(tenant, service.id)).map((run) => run.code)).toEqual(["agent_silent", "agent_silent"]);
  } finally {
    await end();
  }
});
