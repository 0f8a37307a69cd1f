// The other screens in a browser: bad weather told in plain words, a new password, resellers, operators, the second language.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import { openSignedIn, openWindow, show, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { clearFaults, fault, labGuests, launched, ledgerFaults, newTenant, used } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const site = { origin, controlUrl, databaseFile: lane.databaseFile };

let browser: Browser;
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  await clearFaults(controlUrl);
});

async function signedIn(email: string, password: string): Promise<Page> {
  const window = await openSignedIn(browser, origin, { email, password });
  errors.push(window.errors);
  return window.page;
}

async function fillLaunch(page: Page, tenant: Tenant, name: string): Promise<void> {
  await page.goto(`/t/${tenant.id}/launch`);
  await page.getByRole("button", { name: /Tiny Linux/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill("open-sesame-7");
  await page.getByRole("button", { name: "Launch", exact: true }).click();
}

describe("bad weather", () => {
  test("a launch whose clone fails is given back, says so, and works at the second try", async () => {
    const tenant = await newTenant(site, "weather");
    const page = await signedIn(tenant.email, tenant.password);
    const calm = await fault(controlUrl, { kind: "task-fail", taskType: "qmclone", taskError: "storage is full" });
    await fillLaunch(page, tenant, "stormy");
    await page.locator("[data-operation-status=reverted]").first().waitFor({ timeout: 90_000 });
    await page.getByText("Everything it had taken was given back").first().waitFor();
    findings.push(...(await show(page, "20-launch-failed")));
    expect(await used(tenant)).toMatchObject({ vcpu: 0, services: 0 });
    expect((await labGuests(controlUrl)).filter((guest) => guest.name === "stormy")).toEqual([]);
    await calm();
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.locator("[data-operation-status=succeeded]").first().waitFor({ timeout: 90_000 });
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });

  test("what does not fit is shown before it is tried, and a name that is taken after", async () => {
    const tenant = await newTenant(site, "full");
    await launched(tenant, { name: "first", size: { cores: 3, memoryMiB: 256, diskGiB: 2 } });
    const page = await signedIn(tenant.email, tenant.password);
    await fillLaunch(page, tenant, "first");
    await page.locator("[aria-invalid=true]").first().waitFor();
    findings.push(...(await show(page, "21-name-taken")));
    await page.goto(`/t/${tenant.id}/launch`);
    await page.getByRole("button", { name: /Tiny Linux/ }).click();
    await page.getByRole("spinbutton", { name: "vCPU" }).fill("3");
    await page.locator("[data-allowed=false]").first().waitFor();
    findings.push(...(await show(page, "22-over-quota")));
    await page.goto(`/t/${tenant.id}/services/svc_made_up`);
    await page.getByText("This does not exist here").first().waitFor();
    findings.push(...(await show(page, "23-not-found")));
  });
});

describe("accounts", () => {
  test("a forgotten password is replaced by mail", async () => {
    const tenant = await newTenant(site, "forgetful");
    const { page, errors: thrown } = await openWindow(browser, origin);
    errors.push(thrown);
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail").fill(tenant.email);
    findings.push(...(await show(page, "24-forgot")));
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText("If there is an account").waitFor();
    const link = await new Person(origin, controlUrl).linkFromMail(tenant.email, /http\S+reset-password#token=\S+/);
    await page.goto(link);
    await page.getByLabel("New password", { exact: true }).fill("another-long-password");
    findings.push(...(await show(page, "25-reset")));
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("Your password is changed").waitFor();
    await page.getByLabel("E-mail").fill(tenant.email);
    await page.getByLabel("Password", { exact: true }).fill("another-long-password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("the portal speaks Portuguese when asked", async () => {
    const tenant = await newTenant(site, "lusofona");
    const page = await signedIn(tenant.email, tenant.password);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("portug");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Visão geral" }).waitFor();
    findings.push(...(await show(page, "26-portugues")));
    await page.goto(`/t/${tenant.id}/launch`);
    await page.getByRole("button", { name: /Tiny Linux/ }).waitFor();
    findings.push(...(await show(page, "27-portugues-launch")));
  });
});

describe("above the tenants", () => {
  test("an operator sees clusters, templates, plans and tenants, and makes a reseller; the reseller carves for a tenant", async () => {
    const owner = await newTenant(site, "reseller");
    const customer = await newTenant(site, "customer");
    const page = await signedIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
    await page.goto("/operator/clusters");
    await page.locator("[data-cluster-id][data-status=ok]").first().waitFor();
    findings.push(...(await show(page, "30-clusters")));
    await page.getByRole("button", { name: "Connect cluster" }).click();
    await page.getByRole("dialog").waitFor();
    findings.push(...(await show(page, "31-connect")));
    await page.goto("/operator/templates");
    await page.locator("[data-vmid]").first().waitFor();
    findings.push(...(await show(page, "32-templates")));
    await page.goto("/operator/plans");
    await page.locator("[data-plan-id]").first().waitFor();
    findings.push(...(await show(page, "33-plans")));
    await page.goto("/operator/tenants");
    await page.locator("[data-tenant-id]").first().waitFor();
    findings.push(...(await show(page, "34-all-tenants")));
    await page.getByRole("button", { name: "Add reseller" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Hosting House");
    await dialog.getByLabel("Owner's e-mail").fill(owner.email);
    await dialog.getByRole("spinbutton", { name: "vCPU" }).fill("8");
    await dialog.getByRole("spinbutton", { name: "Services" }).fill("4");
    findings.push(...(await show(page, "35-add-reseller")));
    await dialog.getByRole("button", { name: "Add reseller" }).click();
    await dialog.waitFor({ state: "hidden" });

    const me = await owner.person.ok<{ tenants: { id: string; kind: string }[] }>("GET", "/api/me");
    const reseller = me.tenants.find((row) => row.kind === "reseller")?.id ?? "";
    const house = await signedIn(owner.email, owner.password);
    await house.goto(`/t/${reseller}/tenants`);
    await house.getByRole("button", { name: "Add your first tenant" }).click();
    const form = house.getByRole("dialog");
    await form.getByLabel("Name", { exact: true }).fill("Bakery");
    await form.getByLabel("Owner's e-mail").fill(customer.email);
    await form.getByRole("spinbutton", { name: "vCPU" }).fill("9");
    await form.getByRole("button", { name: "Add tenant" }).click();
    await form.locator("[data-error=quota_exceeded], [data-problem=quota_exceeded]").first().waitFor();
    findings.push(...(await show(house, "36-carve-refused")));
    await form.getByRole("spinbutton", { name: "vCPU" }).fill("3");
    await form.getByRole("button", { name: "Add tenant" }).click();
    await form.waitFor({ state: "hidden" });
    await house.locator("[data-tenant-id]").first().waitFor();
    findings.push(...(await show(house, "37-reseller")));
    const after = await owner.person.ok<{ resources: { resource: string; used: number }[] }>(
      "GET",
      `/api/tenants/${reseller}/quota`,
    );
    expect(after.resources.find((row) => row.resource === "vcpu")?.used).toBe(3);
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});
