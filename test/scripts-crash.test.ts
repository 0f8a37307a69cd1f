// A script that runs while the Worker dies again and again, with every line that portal and lab print in the meantime.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { Accepted, MeView } from "../worker/rules/views.ts";
import { ended, launchBody, pause } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { publish, runsOf } from "./harness/scripts.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

let own: TestStack;
const lines: string[] = [];

beforeAll(async () => {
  own = await startTestStack({ onLine: (_source, line) => lines.push(line) });
}, 240_000);

afterAll(async () => {
  await own.remove();
});

it("is resumed where the Worker dies: the script has run once, and no log tells what was filled in", async () => {
  const { stack, operator } = own;
  const who = new Person(stack.origin, stack.lab.controlUrl);
  const password = "a-long-password";
  await who.signUp({ name: "Tom", organisation: "Tom", email: "tom@people.test", password });
  const { id } = (await who.ok<MeView>("GET", "/api/me")).tenants[0] ?? { id: "" };
  const tenant: Tenant = { person: who, id, email: "", password, at: (path: string) => `/api/tenants/${id}${path}` };
  const secret = "hunter2-in-no-log";
  const script = await publish(operator, {
    parameters: [{ name: "pass", label: "Password", kind: "secret", required: true }],
    body: 'echo "$NBX_PASS" >>/srv/count\nsleep 6\ncat /srv/count',
  });
  const scripts = [{ scriptId: script.id, values: { pass: secret } }];
  const body = { ...(await launchBody(tenant)), scripts };
  const { operation, service } = await who.ok<Accepted>("POST", tenant.at("/services"), body);
  const running = async () => (await runsOf(tenant, service.id).catch(() => [])).some((run) => run.state === "running");
  for (let tries = 0; tries < 500 && !(await running()); tries += 1) await pause(100);
  for (const waitMs of [50, 1_500]) {
    await pause(waitMs);
    await stack.killWorker();
    await stack.startWorker();
  }
  expect(await ended(tenant, operation.id, 120_000)).toMatchObject({ status: "succeeded", error: null });
  expect(await runsOf(tenant, service.id)).toMatchObject([{ state: "succeeded", output: `${secret}\n` }]);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => line.includes(secret))).toEqual([]);
}, 240_000);
