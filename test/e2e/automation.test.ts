// What happens by itself to a real guest: a script at its first boot, chosen in the wizard and seen from inside.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceView } from "../../worker/rules/views.ts";
import type { ScriptBody } from "../../web/api-automation.ts";
import { openWindow, startBrowser } from "../harness/browser.ts";
import { askInside } from "../harness/guest-screen.ts";
import { lane } from "../harness/lane.ts";
import { ledgerFaults, newTenant } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
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
  ({ context, page, errors } = await openWindow(browser, origin));
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(tenant.email);
  await page.getByLabel("Password", { exact: true }).fill(tenant.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /Overview/ }).waitFor();
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

describe("what this left behind", () => {
  test("is a whole ledger, and pages that have not thrown", () => {
    expect(ledgerFaults(databaseFile)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
