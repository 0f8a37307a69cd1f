// The life of a service in a browser: power with time and force, words, login, drive, dates, a fresh start, keys, calling off.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import type { OperationView, ServiceView } from "../../worker/rules/views.ts";
import { openSignedIn, show, startBrowser } from "../harness/browser.ts";
import { until } from "../harness/guest-screen.ts";
import { lane } from "../harness/lane.ts";
import { clearFaults, fault, launched, ledgerFaults, serviceOf } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";
import { vmidOf } from "../harness/site.ts";
import { copier } from "../harness/verbs.ts";

const { origin, controlUrl, databaseFile } = lane;
const SMALL = { cores: 1, memoryMiB: 128, diskGiB: 2 };
const DAY_MS = 24 * 3_600_000;

let browser: Browser;
let tenant: Tenant;
let service: ServiceView;
let page: Page;
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await copier("life");
  service = await launched(tenant, { name: "orchard", size: SMALL });
  page = await signedIn(tenant.email, tenant.password);
});
afterEach(async () => {
  await clearFaults(controlUrl);
});
afterAll(async () => {
  await browser.close();
});

async function signedIn(email: string, password: string): Promise<Page> {
  const window = await openSignedIn(browser, origin, { email, password });
  errors.push(window.errors);
  return window.page;
}

const at = (path: string) => `/t/${tenant.id}${path}`;
const dialog = () => page.getByRole("dialog");
const free = (power: string) =>
  page.locator(`[data-service-id="${service.id}"][data-state=ready][data-power=${power}]`);
const menu = async (item: string) => {
  await page.getByRole("button", { name: `More actions: ${service.name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const shot = async (name: string) => {
  findings.push(...(await show(page, name)));
};

describe("power", () => {
  test("suspends and resumes; a reset is asked about", async () => {
    await page.goto(at(`/services/${service.id}`));
    await free("running").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: `More actions: ${service.name}` }).click();
    await shot("120-power-menu");
    await page.getByRole("menuitem", { name: "Suspend" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor({ timeout: 60_000 });
    await shot("121-suspended");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Shut down" }).waitFor({ timeout: 60_000 });
    await menu("Reset");
    await shot("122-reset");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "hidden" });
  });

  test("a shutdown that is ignored offers the force stop right there, by toast and in its progress", async () => {
    await fault(controlUrl, { kind: "guest-deaf", vmid: vmidOf(service.id) });
    await page.getByRole("button", { name: "Shut down" }).click();
    await dialog().getByLabel("Time it has to react").selectOption("30");
    await shot("123-shut-down");
    await dialog().getByRole("button", { name: "Shut down" }).click();
    const toast = page.locator("[data-toast=bad]");
    await toast.getByRole("button", { name: "Force stop" }).waitFor({ timeout: 120_000 });
    await shot("124-ignored-toast");
    await page.goto(at("/operations"));
    await page.locator("[data-operation-status=failed] a").first().click();
    await page.locator("[data-error=shutdown_ignored]").waitFor();
    await shot("125-ignored");
    await page.locator("[data-error=shutdown_ignored]").getByRole("button", { name: "Force stop" }).click();
    await dialog().getByRole("button", { name: "Cut the power" }).click();
    await until(async () => (await serviceOf(tenant, service.id)).power === "stopped", "it to be off");
  });

  test("is reached by the command palette", async () => {
    await page.goto(at("/services"));
    await page.getByRole("link", { name: service.name }).first().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(`start: ${service.name}`);
    await page.keyboard.press("Enter");
    await page.locator(`[data-service-id="${service.id}"][data-power=running]`).waitFor({ timeout: 90_000 });
  });
});

describe("the settings", () => {
  test("name, notes and tags are changed, and found again in the list", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Not A Name");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("garden");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("heading", { level: 1, name: "garden" }).waitFor({ timeout: 60_000 });
    service = { ...service, name: "garden" };
    // What is said of it need not wait for the machine to have its name.
    await page.getByRole("textbox", { name: "Notes" }).fill("The shop's front.\nAsk Ana before you change it.");
    await page.getByRole("textbox", { name: "Tags" }).pressSequentially("shop,front ");
    await shot("126-settings");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    expect(await serviceOf(tenant, service.id)).toMatchObject({ name: "garden", tags: ["shop", "front"] });
    await page.goto(at(`/services/${service.id}`));
    await page.getByText("Ask Ana before").waitFor();
    await shot("127-words");
    await page.goto(at("/services"));
    await page.locator("[data-service-id]").getByText("front", { exact: true }).waitFor();
  });

  test("a size that waits for a restart is marked in the list and taken back", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("spinbutton", { name: "vCPU" }).fill("2");
    await page.getByRole("button", { name: "Change the size" }).click();
    await page.getByTestId("restart-needed").getByText("vCPU: 1 → 2").waitFor({ timeout: 60_000 });
    await shot("128-restart-needed");
    await page.goto(at("/services"));
    await page.getByText("Restart needed").waitFor();
    await shot("129-list-marks");
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("button", { name: "Take it back" }).click();
    await page.getByTestId("restart-needed").waitFor({ state: "detached", timeout: 60_000 });
    await until(async () => (await serviceOf(tenant, service.id)).cores === 1, "the old size");
  });

  test("a new password is set by the agent", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByLabel("New password").fill("short");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("This is too short").waitFor();
    await page.getByLabel("New password").fill("another-opensesame");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page
      .getByText("garden has a new password")
      .or(page.locator("[data-toast=bad]"))
      .first()
      .waitFor({ timeout: 90_000 });
  });

  test("an image that an operator offers is put into the drive, started from, and ejected", async () => {
    const operator = await signedIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
    await operator.goto("/operator/images");
    await operator.locator("[data-volume]").first().waitFor();
    findings.push(...(await show(operator, "130-images")));
    await operator.getByRole("button", { name: "Withdraw: Tiny rescue disc" }).click();
    await operator.getByText("Withdrawn").waitFor();
    findings.push(...(await show(operator, "132-image-withdrawn")));
    await operator.getByRole("button", { name: "Offer again: Tiny rescue disc" }).click();
    await operator.locator("[data-image-id][data-active=true]").waitFor();
    // A page that was loaded before somebody else offered the image.
    await operator.route("**/api/operator/images?*", async (route) => {
      const answer = await (await route.fetch()).json();
      await route.fulfill({
        json: { ...answer, found: answer.found.map((row: object) => ({ ...row, publishedAs: null })) },
      });
    });
    await operator.reload();
    await operator.getByRole("button", { name: "Offer: tiny" }).click();
    await operator.getByRole("dialog").getByRole("button", { name: "Offer" }).click();
    await operator.locator("[data-problem=offered_already]").waitFor();
    findings.push(...(await show(operator, "131-offer-image")));
    await operator.context().close();

    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByLabel("Disc", { exact: true }).selectOption({ label: "Tiny rescue disc" });
    await page.getByLabel("Disc", { exact: true }).scrollIntoViewIfNeeded();
    await shot("133-drive");
    await page.getByRole("button", { name: "Put it in" }).click();
    await page.getByTestId("in-drive").getByText("Tiny rescue disc").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Eject" }).click({ timeout: 60_000 });
    await page.getByText("The drive is empty").waitFor({ timeout: 60_000 });
  });
});

describe("the end", () => {
  test("a date says what follows, stands over the page, and is moved", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("button", { name: "In 7 days" }).click();
    await page.getByTestId("expiry-effect").waitFor();
    await page.getByTestId("expiry-effect").scrollIntoViewIfNeeded();
    await shot("134-expiry");
    await page.getByRole("button", { name: "Set the end date" }).click();
    await page.locator("[data-banner=expiring]").waitFor();
    expect((await serviceOf(tenant, service.id)).expiresAt).toBeGreaterThan(Date.now() + 6 * DAY_MS);
    await page.goto(at(`/services/${service.id}`));
    await page.locator("[data-banner=expiring]").waitFor();
    await shot("135-expiring");
    await page.getByRole("link", { name: "Move the date" }).click();
    await page.getByRole("button", { name: "No end date" }).click();
    await page.locator("[data-banner]").waitFor({ state: "detached" });
    expect((await serviceOf(tenant, service.id)).expiresAt).toBeNull();
  });

  test("what is deleted with grace says until when, and can be kept", async () => {
    await menu("Delete");
    await dialog().getByText("In 7 days").click();
    await dialog().getByLabel("Type garden to confirm").fill("garden");
    await shot("136-delete-later");
    await dialog().getByRole("button", { name: "Shut down, delete later" }).click();
    await page.locator("[data-banner=leaving]").waitFor({ timeout: 60_000 });
    await free("stopped").waitFor({ timeout: 90_000 });
    await shot("137-leaving");
    await page.goto(at("/services"));
    await page.getByText(/Deleted in/).waitFor();
    await shot("138-leaving-in-list");
    await page.goto(at(`/services/${service.id}`));
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.locator("[data-banner]").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Start" }).waitFor();
  });
});

describe("keys and a fresh start", () => {
  test("keys are kept, told apart, and removed", async () => {
    await page.goto("/account/ssh-keys");
    await page.getByText("No SSH keys yet").waitFor();
    await shot("140-no-keys");
    await page.getByRole("button", { name: "Add your first key" }).click();
    await dialog().getByLabel("Public key").fill("ssh-rsa nonsense");
    await dialog().getByRole("button", { name: "Add key" }).click();
    await dialog().locator("[aria-invalid=true]").first().waitFor();
    await dialog().getByLabel("Public key").fill(keyLine("ana@laptop", "a"));
    expect(await dialog().getByLabel("Name").inputValue()).toBe("ana@laptop");
    await shot("141-add-key");
    await dialog().getByRole("button", { name: "Add key" }).click();
    await page
      .locator("[data-ssh-key]")
      .getByText(/SHA256:/)
      .waitFor();
    await shot("142-keys");
    await page.getByRole("button", { name: "Remove: ana@laptop" }).click();
    await shot("143-remove-key");
    await dialog().getByRole("button", { name: "Cancel" }).click();
  });

  test("the wizard offers them, and keeps one that is typed", async () => {
    await page.goto(at("/launch"));
    await page.getByRole("button", { name: /Tiny Linux/ }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill("by-key");
    await page.getByLabel("ana@laptop").check();
    await page.getByLabel("Other SSH public keys").fill(keyLine("ana@desk", "d"));
    await page.getByLabel("Keep for the next time").check();
    await shot("144-launch-keys");
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.waitForURL(/operations/);
    await page.locator("[data-operation-status=succeeded]").first().waitFor({ timeout: 120_000 });
    await page.goto("/account/ssh-keys");
    await page.getByText("ana@desk").waitFor();
  });

  test("a service is rebuilt once its name is typed", async () => {
    await page.goto(at(`/services/${service.id}/settings`));
    await page.getByRole("button", { name: "Rebuild…" }).click();
    await dialog().getByLabel("ana@laptop").check();
    expect(await dialog().getByRole("button", { name: "Erase and rebuild" }).isDisabled()).toBe(true);
    await dialog().getByLabel("Type garden to confirm").fill("garden");
    await shot("145-rebuild");
    await dialog().getByRole("button", { name: "Erase and rebuild" }).click();
    await page.getByText("garden was rebuilt").first().waitFor({ timeout: 120_000 });
    await page.goto(at(`/services/${service.id}`));
    await page.locator(`[data-service-id="${service.id}"][data-state=ready]`).waitFor();
    await shot("146-rebuilt");
  });
});

describe("backups", () => {
  test("replace what is there after a safety backup, once its name is typed", async () => {
    await page.goto(at(`/services/${service.id}/backups`));
    await page.getByRole("button", { name: "Make your first backup" }).click();
    await dialog().getByRole("button", { name: "Make a backup" }).click();
    await page.locator("[data-backup-id][data-state=ready]").waitFor({ timeout: 90_000 });
    await page.getByRole("button", { name: /^Restore/ }).click();
    await shot("147-restore");
    await dialog().getByText("Over garden").click();
    expect(await dialog().getByLabel("Back up what is there now first").isChecked()).toBe(true);
    await dialog().locator("[data-resource=backupGiB]").waitFor();
    await dialog().getByLabel("Type garden to confirm").fill("garden");
    await shot("148-restore-over");
    await dialog().getByRole("button", { name: "Replace it" }).click();
    await page.getByText("garden is as it was in the backup").first().waitFor({ timeout: 180_000 });
    await page.goto(at(`/services/${service.id}/backups`));
    await page.locator("[data-backup-id]").nth(1).waitFor();
  }, 300_000);

  test("one that is under way is called off; whoever waits is told how many are before", async () => {
    // The first is not begun for as long as it tries, so that the other stays in line behind it.
    await fault(controlUrl, { kind: "status", status: 596, method: "POST", path: "/vzdump$" });
    const { services } = await tenant.person.ok<{ services: ServiceView[] }>("GET", tenant.at("/services"));
    for (const one of services)
      await tenant.person.ok("POST", tenant.at(`/services/${one.id}/backups`), { notes: "", protected: false });
    await page.goto(at("/operations"));
    const waiting = page.locator("[data-operation-id]").filter({ hasText: "before it" });
    await waiting.first().waitFor({ timeout: 60_000 });
    const address = await waiting.first().locator("a").getAttribute("href");
    await shot("149-in-line");
    await page.goto(String(address));
    await page.getByRole("button", { name: "Call it off" }).click();
    await shot("150-call-off");
    await dialog().getByRole("button", { name: "Call it off" }).click();
    await page.locator("[data-error=cancelled]").waitFor({ timeout: 60_000 });
    await shot("151-called-off");
  });
});

describe("all of it", () => {
  test("the books are right, no page has thrown, and axe finds nothing serious on any of them", async () => {
    const underWay = async () => {
      const { operations } = await tenant.person.ok<{ operations: OperationView[] }>("GET", tenant.at("/operations"));
      return operations.some((operation) => operation.endedAt === null);
    };
    await until(async () => !(await underWay()), "all of it to end");
    expect(ledgerFaults(databaseFile)).toEqual([]);
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});

/** A public key that has the form of one; nobody has its other half. */
function keyLine(comment: string, filling: string): string {
  const blob = btoa(`\0\0\0\x0bssh-ed25519\0\0\0\x20${filling.repeat(32)}`);
  return `ssh-ed25519 ${blob} ${comment}`;
}
