// Scripts in real guests: what a script of the catalogue did is seen from inside, by others than the agent that ran it.
import { expect, it } from "vitest";
import { DEMO_SCRIPTS } from "../../lab/stack/demo-scripts.ts";
import type { Accepted } from "../../worker/rules/views.ts";
import type { ScriptView } from "../../worker/rules/views-automation.ts";
import { lane } from "../harness/lane.ts";
import { ended, launchBody, newTenant } from "../harness/portal.ts";
import { choose, publish, runChosen, runsOf } from "../harness/scripts.ts";
import type { ScriptBody } from "../harness/scripts.ts";
import { platformOperator, rows, site } from "../harness/site.ts";

/** A painted guest has not the commands that these scripts use. */
const isReal = lane.runtime === "qemu";

it.skipIf(!isReal)(
  "a web page of the first boot is served, and the console's line tells what it was told",
  async () => {
    const [operator, tenant] = await Promise.all([platformOperator(), newTenant(site)]);
    const demo = (name: string) => DEMO_SCRIPTS.find((script) => script.name === name) as unknown as ScriptBody;
    const offered = (await tenant.person.ok<{ scripts: ScriptView[] }>("GET", tenant.at("/scripts"))).scripts;
    const known = (name: string) => offered.find((script) => script.name === name);
    const published = async (name: string) => known(name) ?? (await publish(operator, demo(name)));
    const page = await published("Web page");
    const shutdown = await published("Note the shutdown");
    const title = "Zoë's <page> & more";
    const scripts = [{ scriptId: page.id, values: { title, port: "8099", colour: "green" } }];
    const body = { ...(await launchBody(tenant)), scripts };
    const { operation, service } = await tenant.person.ok<Accepted>("POST", tenant.at("/services"), body);
    expect(await ended(tenant, operation.id, 170_000)).toMatchObject({ status: "succeeded", error: null });
    expect(await runsOf(tenant, service.id)).toMatchObject([
      { state: "succeeded", exitCode: 0, output: `Served on port 8099 of ${body.name}\n` },
    ]);
    // Asked over the guest's own network, and written where the lab keeps the serial line.
    const look = await publish(operator, {
      body: "wget -q -O - http://127.0.0.1:8099/ | tee /dev/ttyS0; ls /var/lib/nubemox/*/script",
    });
    await runChosen(tenant, service.id, (await choose(tenant, service.id, look.id)).id);
    const [seen] = (await runsOf(tenant, service.id)).slice(-1);
    expect(seen?.output).toContain("<h1>Zoë's &lt;page> &amp; more</h1>");
    const vmid = Number(rows("select vmid from services where id = ?", service.id)[0]?.["vmid"]);
    expect(await (await fetch(`${site.controlUrl}/guests/${vmid}/serial`)).text()).toContain(
      "&lt;page> &amp; more</h1>",
    );
    await choose(tenant, service.id, shutdown.id, "before_shutdown", { reason: "a test" });
    const slow = await publish(operator, { body: "echo begun; sleep 100", timeoutSeconds: 1 });
    const late = await runChosen(tenant, service.id, (await choose(tenant, service.id, slow.id)).id);
    expect(late.error?.code).toBe("script_late");
    const path = tenant.at(`/services/${service.id}/power`);
    const off = await tenant.person.ok<Accepted>("POST", path, { action: "shutdown" });
    expect(await ended(tenant, off.operation.id, 120_000)).toMatchObject({ status: "succeeded", error: null });
    expect((await runsOf(tenant, service.id)).at(-1)).toMatchObject({
      event: "before_shutdown",
      state: "succeeded",
      output: expect.stringMatching(/^.* shutting down: a test\n$/),
    });
  },
);
