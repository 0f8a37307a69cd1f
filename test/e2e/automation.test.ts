// What happens by itself to a real guest: a script at its first boot, seen from inside, and the shutdown that a schedule asks for.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceView } from "../../worker/rules/views.ts";
import type { ScriptBody } from "../../web/api-automation.ts";
import { openSignedIn, startBrowser } from "../harness/browser.ts";
import { askInside, until } from "../harness/guest-screen.ts";
import { lane } from "../harness/lane.ts";
import { ledgerFaults, newTenant, pause } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { tick } from "../harness/schedules.ts";
import { guestOf, platformOperator, servicesOf } from "../harness/site.ts";

const { origin, controlUrl, databaseFile } = lane;
const LOGIN = { user: "ana", password: "opensesame" };
const NAME = "by-itself";
const PATIENCE = { timeout: 120_000 };

const GREETER: ScriptBody = {
  name: "Greeting",
  description: "Leaves a word in the machine.",
  events: ["first_boot"],
  parameters: [{ name: "word", label: "Word", kind: "text", required: true, maximum: 40 }],
  body: '#!/bin/sh\nprintf "%s of %s" "$NBX_WORD" "$(hostname)" > /etc/greeting\nchmod 644 /etc/greeting\necho "greeted by $(id -un)"\n',
  timeoutSeconds: 60,
  active: true,
};

let browser: Browser;
let context: BrowserContext;
let page: Page;
let tenant: Tenant;
let service: ServiceView;
let errors: string[];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await newTenant({ origin, controlUrl, databaseFile }, "automatic");
  await (await platformOperator()).ok("POST", "/api/operator/scripts", GREETER);
  ({ context, page, errors } = await openSignedIn(browser, origin, tenant));
});
afterAll(async () => {
  await browser.close();
});

const at = (path: string) => `/t/${tenant.id}${path}`;

describe("a script at the first boot", () => {
  test("is chosen in the wizard with what it asks for, and its end is shown", async () => {
    await page.goto(at("/launch"));
    await page.getByRole("button", { name: /Tiny Linux/ }).click();
    await page.locator("[data-plan-id]").filter({ hasText: "Nano" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill(NAME);
    await page.getByLabel("Login user").fill(LOGIN.user);
    await page.getByLabel("Password", { exact: true }).fill(LOGIN.password);
    await page.getByTestId("first-boot").locator("summary").click();
    await page.getByLabel("Greeting").check();
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await page.getByLabel("Word", { exact: true }).fill("Bom dia");
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[data-operation-status=succeeded]").first().waitFor(PATIENCE);
    [service] = (await servicesOf(tenant)) as [ServiceView];
    await page.goto(at(`/services/${service.id}/scripts`));
    const run = page.locator("[data-run-id][data-run-state=succeeded]");
    await run.waitFor(PATIENCE);
    await run.locator("summary").click();
    await run.getByText("greeted by root").waitFor();
  });

  test("has done inside what it is for", async () => {
    const vmid = (await guestOf(service.id))?.vmid ?? 0;
    const guest = { controlUrl, vmid, path: `/console/${tenant.id}/${service.id}`, login: LOGIN };
    expect(await askInside(context, guest, "cat /etc/greeting")).toBe(`Bom dia of ${NAME}`);
  });
});

describe("a schedule", () => {
  test("shuts the machine down at its time, and its history says so", async () => {
    await page.goto(at(`/services/${service.id}/schedules`));
    await page.getByRole("button", { name: "Add your first schedule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What").selectOption("shutdown");
    await dialog.getByLabel("Time zone").fill("UTC");
    // Last of all, so that what is left of the minute is left for the button.
    const due = Math.ceil((Date.now() + 30_000) / 60_000) * 60_000;
    await dialog.getByLabel("Time", { exact: true }).fill(new Date(due).toISOString().slice(11, 16));
    await dialog.getByRole("button", { name: "Add a schedule" }).click();
    const row = page.locator("[data-schedule-id]");
    await row.getByText("Shut down").first().waitFor();
    expect((await guestOf(service.id))?.status).toBe("running");
    // Nobody else ticks here; before its time that comes to nothing.
    const isOff = async () => {
      await tick();
      await pause(2_000);
      return (await guestOf(service.id))?.status === "stopped";
    };
    await until(isOff, "the guest to be off", due - Date.now() + 120_000);
    expect(Date.now()).toBeGreaterThanOrEqual(due);
    await page.locator("[data-power=stopped]").first().waitFor(PATIENCE);
    await row.locator("[data-run-state=begun]").getByText("Done").waitFor(PATIENCE);
  }, 360_000);
});

describe("what this left behind", () => {
  test("is a whole ledger, and pages that have not thrown", () => {
    expect(ledgerFaults(databaseFile)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
