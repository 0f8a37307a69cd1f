// A service's life on a real guest: another size seen from inside, a file that comes back with a snapshot and with a backup.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceView } from "../../worker/rules/views.ts";
import { openSignedIn, startBrowser } from "../harness/browser.ts";
import { askInside } from "../harness/guest-screen.ts";
import { lane } from "../harness/lane.ts";
import { labGuests, launched, ledgerFaults } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { guestOf, servicesOf } from "../harness/site.ts";
import { copier } from "../harness/verbs.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const LOGIN = { user: "ana", password: "opensesame" };

let browser: Browser;
let context: BrowserContext;
let tenant: Tenant;
let service: ServiceView;
let page: Page;
let errors: string[];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await copier("life");
  service = await launched(tenant, { name: "keeper", login: LOGIN, size: { cores: 1, memoryMiB: 128, diskGiB: 2 } });
  ({ context, page, errors } = await openSignedIn(browser, origin, tenant));
});
afterAll(async () => {
  await browser.close();
});

const at = (path: string) => `/t/${tenant.id}${path}`;

async function inside(of: ServiceView, ...commands: string[]): Promise<string> {
  const vmid = (await guestOf(of.id))?.vmid ?? 0;
  const guest = { controlUrl, vmid, path: `/console/${tenant.id}/${of.id}`, login: LOGIN };
  return askInside(context, guest, ...commands);
}

async function running(): Promise<void> {
  const start = page.getByRole("button", { name: "Start", exact: true });
  const isOn = page.locator("[data-state=ready][data-power=running]");
  await start.or(isOn).first().waitFor({ timeout: 90_000 });
  if (await start.isVisible()) await start.click();
  await isOn.waitFor({ timeout: 90_000 });
  await page.getByRole("button", { name: "Shut down" }).first().waitFor({ timeout: 90_000 });
}

describe("a file", () => {
  test("that was changed after a snapshot is what it was when one goes back", async () => {
    expect(await inside(service, "echo first > note", "sync", "cat note")).toBe("first");
    await page.goto(at(`/services/${service.id}/snapshots`));
    await page.getByRole("button", { name: "Take your first snapshot" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("with-first");
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    await page.locator("[data-snapshot-id][data-state=ready]").waitFor({ timeout: 90_000 });
    expect(await inside(service, "echo second > note", "sync", "cat note")).toBe("second");
    await page.getByRole("button", { name: "Go back to with-first" }).click();
    await dialog.getByLabel("Type keeper to confirm").fill("keeper");
    await dialog.getByRole("button", { name: "Go back" }).click();
    await page.getByText("keeper is as it was at the snapshot").first().waitFor({ timeout: 90_000 });
    await running();
    expect(await inside(service, "cat note")).toBe("first");
  });
});

describe("another size", () => {
  test("is seen from inside after the restart, and not before", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("spinbutton", { name: "vCPU" }).fill("2");
    await page.getByRole("button", { name: "Change the size" }).click();
    await page.getByTestId("restart-needed").getByText("vCPU: 1 → 2").waitFor({ timeout: 60_000 });
    expect(await inside(service, "nproc")).toBe("1");
    const restart = page.getByRole("button", { name: "Restart now" });
    await restart.waitFor();
    await restart.click();
    await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
    await page
      .getByText("keeper has restarted")
      .or(page.getByText(/reboot/i))
      .first()
      .waitFor({ timeout: 90_000 });
    await page.getByTestId("restart-needed").waitFor({ state: "detached", timeout: 90_000 });
    await running();
    expect(await inside(service, "nproc")).toBe("2");
  });
});

describe("a backup", () => {
  test("outlives its service, and the file is there in the new one", async () => {
    await page.goto(at(`/services/${service.id}/backups`));
    await page.getByRole("button", { name: "Make your first backup" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Make a backup" }).click();
    await page.locator("[data-backup-id][data-state=ready]").waitFor({ timeout: 120_000 });
    await page.getByRole("button", { name: "More actions: keeper", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByLabel("Type keeper to confirm").fill("keeper");
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await page.waitForURL((url) => url.pathname.endsWith("/services"), { timeout: 90_000 });
    expect(await guestOf(service.id)).toBeUndefined();
    await page.goto(at("/backups"));
    await page.getByRole("button", { name: /^Restore/ }).click();
    await dialog.getByLabel("Name of the new service").fill("keeper-again");
    await dialog.getByRole("button", { name: "Restore", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "keeper-again" }).waitFor();
    await running();
    const [back] = await servicesOf(tenant);
    expect(back).toMatchObject({ name: "keeper-again", cores: 2 });
    if (back) expect(await inside(back, "cat note")).toBe("first");
    expect((await labGuests(controlUrl)).filter((guest) => guest.name === "keeper")).toEqual([]);
    expect(ledgerFaults(lane.databaseFile)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
