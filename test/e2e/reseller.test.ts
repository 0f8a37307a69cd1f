// A reseller's day in a browser: a front, a newcomer who waits, a carved quota that holds, a request, a suspension, an end.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import { openWindow, show, signIn, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { labDisks, labGuests, ledgerFaults, newTenant, pause } from "../harness/portal.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const site = { origin, controlUrl, databaseFile: lane.databaseFile };
const NEWCOMER = "bruna@people.test";
const PASSWORD = "a-long-password";

let browser: Browser;
let house: Page;
let bakery: Page;
let bakeryContext: BrowserContext;
let resellerId = "";
let bakeryId = "";
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
  const owner = await newTenant(site, "house");
  const operator = new Person(origin, controlUrl);
  await operator.signIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
  const limits = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 6, snapshots: 10, backups: 10, backupGiB: 50 };
  const { child } = await operator.ok<{ child: { id: string } }>("POST", "/api/operator/children", {
    name: "Hosting House",
    ownerEmail: owner.email,
    kind: "reseller",
    limits,
  });
  resellerId = child.id;
  house = await signedIn(owner.email, owner.password);
});
afterAll(async () => {
  await browser.close();
});

async function window(): Promise<{ context: BrowserContext; page: Page }> {
  const opened = await openWindow(browser, origin);
  errors.push(opened.errors);
  return opened;
}

async function signedIn(email: string, password: string): Promise<Page> {
  const { page } = await window();
  await signIn(page, { email, password });
  return page;
}

describe("a reseller's day", () => {
  test("a front is opened: brand, colour, link, sign-up with approval", async () => {
    await house.goto(`/t/${resellerId}/storefront`);
    await house.getByLabel("Name of your brand").fill("House of Hosting");
    await house.locator("input[type=file]").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: LOGO });
    await house.getByRole("checkbox", { name: "A colour of our own" }).check();
    await house.getByRole("slider", { name: "Hue" }).fill("150");
    await house.getByText("With approval").click();
    await house.getByLabel("Link", { exact: true }).fill("house-of-hosting");
    findings.push(...(await show(house, "60-storefront")));
    await house.getByRole("button", { name: "Open the storefront" }).click();
    await house.getByText(`${origin}/join/house-of-hosting`).waitFor();
  });

  test("a newcomer signs up there, under its brand, and waits", async () => {
    ({ context: bakeryContext, page: bakery } = await window());
    await bakery.goto("/join/nobody-has-this-link");
    await bakery.getByRole("heading", { name: "This storefront does not exist" }).waitFor();
    findings.push(...(await show(bakery, "61-join-gone")));
    await bakery.goto("/join/house-of-hosting");
    await bakery.getByText("House of Hosting looks at new organisations").waitFor();
    expect(await bakery.evaluate(() => document.documentElement.style.getPropertyValue("--accent-hue"))).toBe("150");
    findings.push(...(await show(bakery, "62-join")));
    await bakery.getByLabel("Your name").fill("Bruna Baker");
    await bakery.getByLabel("Organisation").fill("Bakery");
    await bakery.getByLabel("E-mail").fill(NEWCOMER);
    await bakery.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await bakery.getByRole("button", { name: "Create account" }).click();
    await bakery.getByTestId("mail-sent").waitFor();
    await bakery.goto(await new Person(origin, controlUrl).linkFromMail(NEWCOMER, /http\S+verify-email\S+/));
    await bakery.getByRole("heading", { name: "You are nearly there" }).waitFor();
    findings.push(...(await show(bakery, "63-waiting")));
    bakeryId = bakery.url().split("/t/")[1]?.split("/")[0] ?? "";
  });

  test("the reseller approves it and carves a quota, shown as it is typed", async () => {
    await house.goto(`/t/${resellerId}/tenants`);
    const row = house.locator(`[data-tenant-id="${bakeryId}"]`);
    await row.waitFor();
    findings.push(...(await show(house, "64-tenants-pending")));
    await row.getByRole("button", { name: "Actions: Bakery" }).click();
    await house.getByRole("menuitem", { name: "Approve" }).click();
    await house.locator(`[data-tenant-id="${bakeryId}"][data-status=active]`).waitFor();
    await row.getByRole("button", { name: "Actions: Bakery" }).click();
    await house.getByRole("menuitem", { name: "Limits" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByRole("spinbutton", { name: "vCPU" }).fill("9");
    await dialog.locator("[data-fits=false]").waitFor();
    findings.push(...(await show(house, "65-limits-too-much")));
    await dialog.getByRole("spinbutton", { name: "vCPU" }).fill("2");
    await dialog.getByRole("spinbutton", { name: "Memory" }).fill("1024");
    await dialog.getByRole("spinbutton", { name: "Disk" }).fill("8");
    await dialog.getByRole("spinbutton", { name: "Services" }).fill("1");
    await dialog.locator("[data-fits=true]").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await row.locator("[data-resource=vcpu]").getByText("/ 2").waitFor();
  });

  test("the tenant launches up to it, is refused with the numbers, and asks for exactly what is missing", async () => {
    await bakery.goto(`/t/${bakeryId}`);
    await bakery.locator("[data-resource=services][data-limit='1']").first().waitFor();
    await launch(bakery, "oven-1");
    await bakery.goto(`/t/${bakeryId}/launch`);
    await bakery.getByRole("button", { name: /Tiny Linux/ }).click();
    await bakery.locator("[data-plan-id]").filter({ hasText: "Micro" }).click();
    await bakery.locator("[data-allowed=false]").waitFor();
    await bakery.getByText("Services: 1 asked, 0 of 1 left.").waitFor();
    findings.push(...(await show(bakery, "66-refused")));
    await bakery.getByRole("button", { name: "Ask for 1 more (Services)" }).click();
    const dialog = bakery.getByRole("dialog", { name: "Ask for more quota" });
    expect(await dialog.getByRole("spinbutton", { name: "Services" }).inputValue()).toBe("2");
    await dialog.getByLabel("What is it for?").fill("A second oven.");
    findings.push(...(await show(bakery, "67-ask")));
    await dialog.getByRole("button", { name: "Send the request" }).click();
    await dialog.waitFor({ state: "hidden" });
    await bakery.goto(`/t/${bakeryId}`);
    await bakery.locator("[data-request-status=open]").waitFor();
    findings.push(...(await show(bakery, "68-asked")));
  });

  test("the reseller sees the request and grants it; the tenant launches", async () => {
    await house.goto(`/t/${resellerId}`);
    await house.getByRole("link", { name: /Requests.*1/ }).click();
    await house.locator("[data-request-status=open]").waitFor();
    findings.push(...(await show(house, "69-requests")));
    await house.getByRole("button", { name: "Approve" }).click();
    const dialog = house.getByRole("dialog");
    expect(await dialog.getByRole("spinbutton", { name: "Services" }).inputValue()).toBe("2");
    findings.push(...(await show(house, "70-approve")));
    await dialog.getByRole("button", { name: "Approve" }).click();
    await house.locator("[data-request-status=approved]").waitFor();
    await bakery.locator("[data-resource=services][data-limit='2']").first().waitFor();
    await launch(bakery, "oven-2");
    await bakery.goto(`/t/${bakeryId}/quota`);
    await bakery.locator("[data-request-status=approved]").waitFor();
    findings.push(...(await show(bakery, "71-quota")));
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });

  test("usage, and what is below as tree and list", async () => {
    await house.goto(`/t/${resellerId}/usage`);
    await house.locator(`[data-tenant-id="${bakeryId}"]`).waitFor();
    await house.getByRole("button", { name: "vCPU" }).click();
    findings.push(...(await show(house, "72-usage")));
    const download = house.waitForEvent("download");
    await house.getByRole("button", { name: "Download CSV" }).click();
    expect((await download).suggestedFilename()).toBe("usage.csv");
    await house.goto(`/t/${resellerId}/tenants`);
    await house.getByRole("button", { name: "Add tenant" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Butcher");
    await dialog.getByLabel("Owner's e-mail").fill("not-here-yet@people.test");
    await dialog.getByRole("spinbutton", { name: "vCPU" }).fill("2");
    await dialog.getByRole("combobox", { name: /^Disk/ }).selectOption("share");
    findings.push(...(await show(house, "73-add-tenant")));
    await dialog.getByRole("button", { name: "Add tenant" }).click();
    await dialog.waitFor({ state: "hidden" });
    await house.getByRole("link", { name: "Butcher" }).waitFor();
    findings.push(...(await show(house, "74-tenants")));
    await house.getByRole("link", { name: "Butcher" }).click();
    await house.getByText("not-here-yet@people.test").waitFor();
    findings.push(...(await show(house, "75-tenant")));
  });

  test("suspended: the open console closes and says so, and so does every page", async () => {
    await bakery.goto(`/t/${bakeryId}/services`);
    await bakery.getByRole("link", { name: "oven-1" }).first().click();
    const popup = bakeryContext.waitForEvent("page");
    await bakery
      .getByRole("link", { name: "Open console" })
      .or(bakery.getByRole("button", { name: "Open console" }))
      .first()
      .click();
    const screen = await popup;
    await screen.locator("[data-console-state=connected]").waitFor();
    await house.goto(`/t/${resellerId}/tenants/${bakeryId}`);
    await house.getByRole("button", { name: "Suspend…" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("The invoice of October is open.");
    findings.push(...(await show(house, "76-suspend")));
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    // Within a second, and what the browser and this test take themselves.
    await screen.locator("[data-console-state=closed]").waitFor({ timeout: 2_000 });
    await screen.getByText("This organisation is suspended").waitFor();
    findings.push(...(await show(screen, "77-console-suspended")));
    await screen.close();
    await bakery.getByText("This organisation is suspended").first().waitFor();
    findings.push(...(await show(bakery, "78-suspended")));
    await house.getByText("The invoice of October is open.").waitFor();
    findings.push(...(await show(house, "79-tenant-suspended")));
    await house.getByRole("button", { name: "Resume" }).click();
    await house.getByRole("button", { name: "Suspend…" }).waitFor();
    await bakery.getByText("This organisation is suspended").first().waitFor({ state: "hidden" });
  });

  test("deleted: the name is typed, the teardown tells how far it is, and nothing is left behind", async () => {
    const ovens = (await labGuests(controlUrl)).filter((guest) => guest.name.startsWith("oven-"));
    expect(ovens.length).toBeGreaterThan(0);
    await house.getByRole("button", { name: "Actions: Bakery" }).click();
    await house.getByRole("menuitem", { name: "Delete…" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByLabel("Type Bakery to confirm").fill("Bakery");
    findings.push(...(await show(house, "80-delete-tenant")));
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await house.locator("[data-left]").waitFor();
    findings.push(...(await show(house, "81-teardown")));
    const deadline = Date.now() + 150_000;
    while ((await labGuests(controlUrl)).some((guest) => guest.name.startsWith("oven-"))) {
      if (Date.now() > deadline) throw new Error("the guests of the deleted tenant are still there");
      await pause(500);
    }
    await house.getByText("Bakery is deleted; nothing is left of it").waitFor({ timeout: 90_000 });
    await house.getByRole("heading", { level: 1, name: "Tenants" }).waitFor();
    await house.locator(`[data-tenant-id="${bakeryId}"]`).waitFor({ state: "detached" });
    const disks = await labDisks(controlUrl);
    expect(disks.filter((disk) => ovens.some((guest) => guest.vmid === disk.vmid))).toEqual([]);
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });

  test("the operator sees the whole tree, its capacity and its use", async () => {
    const operator = await signedIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
    await operator.goto("/operator/tenants");
    await operator.getByRole("link", { name: "Hosting House" }).waitFor();
    findings.push(...(await show(operator, "82-all-tenants")));
    await operator.goto("/operator/capacity");
    await operator.locator("[data-resource=vcpu]").first().waitFor();
    findings.push(...(await show(operator, "83-capacity")));
    await operator.goto("/operator/usage");
    await operator.getByRole("link", { name: "Hosting House" }).waitFor();
    await operator.goto("/operator/requests");
    await operator.getByText("No open requests").waitFor();
    findings.push(...(await show(operator, "84-no-requests")));
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});

async function launch(page: Page, name: string): Promise<void> {
  const tenant = page.url().split("/t/")[1]?.split("/")[0] ?? "";
  await page.goto(`/t/${tenant}/launch`);
  await page.getByRole("button", { name: /Tiny Linux/ }).click();
  await page.locator("[data-plan-id]").filter({ hasText: "Micro" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill("open-sesame-7");
  await page.getByRole("button", { name: "Launch", exact: true }).click();
  await page.locator("[data-operation-status=succeeded]").first().waitFor({ timeout: 120_000 });
}

/** A chequered picture of 32 by 32 points. */
const LOGO = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAOUlEQVR42mMQyXPDij6ciMKKSFXPMGrBqAVDwAJqGYRL/agFoxYMBQtGi4pRC0YtGK0PRi0YtQCIABrqtEwSR/zuAAAAAElFTkSuQmCC",
  "base64",
);
