// What a tenant does with a service, in a browser: its parts, snapshots, backups, another size, a copy, refusals in numbers.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceView } from "../../worker/rules/views.ts";
import { openSignedIn, show, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { launched, ledgerFaults, serviceOf, used } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { copier } from "../harness/verbs.ts";

const origin = lane.origin;
const databaseFile = lane.databaseFile;

let browser: Browser;
let tenant: Tenant;
let service: ServiceView;
let page: Page;
let errors: string[];
const findings: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await copier("parts", { snapshots: 2, vcpu: 4 });
  service = await launched(tenant, { name: "workhorse", size: { cores: 1, memoryMiB: 128, diskGiB: 2 } });
  ({ page, errors } = await openSignedIn(browser, origin, tenant));
});
afterAll(async () => {
  await browser.close();
});

const at = (path: string) => `/t/${tenant.id}${path}`;

describe("snapshots", () => {
  test("are taken, stand as a tree, count in the quota, and are gone back to and deleted", async () => {
    await page.goto(at(`/services/${service.id}`));
    await page.locator("[data-power=running]").waitFor({ timeout: 60_000 });
    findings.push(...(await show(page, "100-service")));
    await page.getByRole("navigation", { name: "Parts of this service" }).getByText("Snapshots").click();
    await page.getByText("No snapshots yet").waitFor();
    findings.push(...(await show(page, "101-no-snapshots")));
    await page.getByRole("button", { name: "Take your first snapshot" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("9 lives");
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    await dialog.getByLabel("Name").fill("clean");
    await dialog.getByLabel("Description").fill("Just installed.\nNothing of ours on it yet.");
    findings.push(...(await show(page, "102-take-snapshot")));
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    await page.locator("[data-snapshot-id][data-state=ready]").waitFor({ timeout: 60_000 });

    await page.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog.getByLabel("Name").fill("clean");
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog.getByText("has a snapshot with this name").waitFor();
    await dialog.getByLabel("Name").fill("before-upgrade");
    await dialog.getByLabel("With what is in memory").check();
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    const second = page.locator("[data-snapshot-id][data-state=ready]").filter({ hasText: "before-upgrade" });
    await second.waitFor({ timeout: 90_000 });
    await second.getByText("with memory").waitFor();
    await page.locator("[data-resource=snapshots][data-used='2']").waitFor();
    await page.getByText("No snapshot is left in the quota").waitFor();
    findings.push(...(await show(page, "103-snapshots")));

    await page.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog.locator("[data-allowed=false]").waitFor();
    findings.push(...(await show(page, "104-snapshot-over-quota")));
    await dialog.getByRole("button", { name: "Cancel" }).click();

    await page.getByRole("button", { name: "Go back to clean" }).click();
    expect(await dialog.getByRole("button", { name: "Go back" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type workhorse to confirm").fill("workhorse");
    findings.push(...(await show(page, "105-roll-back")));
    await dialog.getByRole("button", { name: "Go back" }).click();
    await page.getByText("workhorse is as it was at the snapshot").first().waitFor({ timeout: 90_000 });
    await page.getByRole("button", { name: "Delete before-upgrade" }).click({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await second.waitFor({ state: "detached", timeout: 60_000 });
    await page.locator("[data-resource=snapshots][data-used='1']").waitFor();
  });
});

describe("the size", () => {
  test("is changed with the quota in view; a disk is said to grow only, and a restart is offered", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByText("A disk can grow, but never shrink").waitFor();
    await page.getByRole("spinbutton", { name: "vCPU" }).fill("9");
    await page.locator("[data-allowed=false]").waitFor();
    findings.push(...(await show(page, "106-size-over-quota")));
    await page.getByRole("spinbutton", { name: "vCPU" }).fill("2");
    await page.getByRole("spinbutton", { name: "Disk" }).fill("1");
    await page.getByRole("button", { name: "Change the size" }).click();
    await page.getByText("This is too small (at least 2)").waitFor();
    await page.getByRole("spinbutton", { name: "Disk" }).fill("3");
    await page.locator("[data-allowed=true] [data-resource=diskGiB][data-asked='1']").waitFor();
    findings.push(...(await show(page, "107-size")));
    await page.getByRole("button", { name: "Change the size" }).click();
    await page.locator("[data-toast=good]").last().waitFor({ timeout: 60_000 });
    expect(await serviceOf(tenant, service.id)).toMatchObject({ cores: 2, diskGiB: 3 });
    await page.getByTestId("restart-needed").getByText("vCPU: 1 → 2").waitFor();
    findings.push(...(await show(page, "107-restart-needed")));
    await page.getByRole("button", { name: "Restart now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
    await page.getByTestId("restart-needed").waitFor({ state: "detached", timeout: 90_000 });
  });
});

describe("backups", () => {
  test("are made, noted and protected, restored to a new service, and outlive the first", async () => {
    await page.goto(at(`/services/${service.id}/backups`));
    findings.push(...(await show(page, "108-no-backups")));
    await page.getByRole("button", { name: "Make your first backup" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Notes").fill("Before the move to the new shop");
    await dialog.getByLabel("Protect it").check();
    findings.push(...(await show(page, "109-make-backup")));
    await dialog.getByRole("button", { name: "Make a backup" }).click();
    const row = page.locator("[data-backup-id][data-state=ready]");
    await row.waitFor({ timeout: 90_000 });
    await page.locator("[data-resource=backups][data-used='1']").waitFor();
    await page.getByText("Protected").first().waitFor();
    findings.push(...(await show(page, "110-backups")));
    await row.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Notes and protection" }).click();
    await dialog.getByLabel("Protect it").uncheck();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await row.getByText("Protected").waitFor({ state: "detached" });

    await row.getByRole("button", { name: /^Restore/ }).click();
    expect(await dialog.getByLabel("Name of the new service").inputValue()).toBe("workhorse-restored");
    await dialog.getByLabel("Name of the new service").fill("workhorse");
    await dialog.getByRole("button", { name: "Restore", exact: true }).click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    findings.push(...(await show(page, "111-restore")));
    await dialog.getByLabel("Name of the new service").fill("second-shop");
    await dialog.getByRole("button", { name: "Restore", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "second-shop" }).waitFor();
    findings.push(...(await show(page, "112-restoring")));
    await page.locator("[data-state=ready][data-power=running]").waitFor({ timeout: 120_000 });
  });

  test("of a service that is gone are listed with those of the tenant", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    findings.push(...(await show(page, "113-settings")));
    await page.getByRole("button", { name: "Delete" }).last().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Type workhorse to confirm").fill("workhorse");
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await page.waitForURL((url) => url.pathname.endsWith("/services"), { timeout: 90_000 });
    await page.getByRole("navigation").first().getByRole("link", { name: "Backups" }).click();
    await page.getByText("service deleted").waitFor();
    findings.push(...(await show(page, "114-all-backups")));
    await page.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    findings.push(...(await show(page, "115-delete-backup")));
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("No backups yet").waitFor({ timeout: 60_000 });
    await page.goto(at("/services"));
    await page.locator("[data-service-id]").getByText("second-shop").waitFor();
    expect(await page.locator("[data-service-id]").count()).toBe(1);
    expect(await used(tenant)).toMatchObject({ services: 1, backups: 0, backupGiB: 0, snapshots: 0 });
    expect(ledgerFaults(databaseFile)).toEqual([]);
  });
});

describe("many services", () => {
  test("are found, ticked and shut down at once, each with its own answer", async () => {
    const names = ["shelf-one", "shelf-two"];
    for (const name of names) await launched(tenant, { name, size: { cores: 1, memoryMiB: 128, diskGiB: 2 } });
    await page.goto(at("/services"));
    await page.getByRole("searchbox").fill("shelf");
    await page.locator("[data-service-id]").filter({ hasText: "second-shop" }).waitFor({ state: "detached" });
    await page.getByLabel("Select shelf-one").check();
    await page.getByLabel("Select shelf-two").check();
    findings.push(...(await show(page, "116-services-picked")));
    await page.getByRole("button", { name: "Shut down (2)" }).click();
    findings.push(...(await show(page, "116-shut-down-many")));
    await page.getByRole("dialog").getByRole("button", { name: "Shut down" }).click();
    await page.locator("[data-testid=many-results][data-accepted='2']").waitFor();
    await page.locator("[data-service-id][data-power=stopped]").nth(1).waitFor({ timeout: 90_000 });
    await page.getByText("Running", { exact: true }).first().click();
    await page.getByText("Nothing like that is here").waitFor();
    findings.push(...(await show(page, "117-services-none-found")));
    await page.goto(at("/operations"));
    await page.getByRole("searchbox").fill("shelf-two");
    expect(await page.locator("[data-operation-id]").count()).toBe(2);
    findings.push(...(await show(page, "118-activity")));
  });
});

describe("all of it", () => {
  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors).toEqual([]);
    expect(findings).toEqual([]);
  });
});
