// The main job in a browser: sign up, launch in three steps, use the console of the real guest, shut down, delete.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Person } from "../../lab/stack/person.ts";
import { openWindow, show, startBrowser } from "../harness/browser.ts";
import { typeLine, until } from "../harness/guest-screen.ts";
import { lane } from "../harness/lane.ts";
import { labDisks, labGuests, ledgerFaults, pause } from "../harness/portal.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const EMAIL = "newcomer@people.test";
const NAME = "my-first-vm";
const USER = "ana";
const PASSWORD = "open-sesame-7";

let browser: Browser;
let context: BrowserContext;
let page: Page;
let screen: Page;
let errors: string[];
const findings: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  ({ context, page, errors } = await openWindow(browser, origin));
});
afterAll(async () => {
  await browser.close();
});

/** The guest of this journey; other tests leave theirs in the same lab. */
async function ownGuest() {
  return (await labGuests(controlUrl)).find((guest) => guest.name === NAME);
}

describe("the main job", () => {
  test("a newcomer signs up and is told to read the mail", async () => {
    await page.goto("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    findings.push(...(await show(page, "01-sign-in")));
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByRole("button", { name: "Create account" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    findings.push(...(await show(page, "02-sign-up-mistakes")));
    await page.getByLabel("Your name").fill("Nina Newcomer");
    await page.getByLabel("Organisation").fill("Nina's lab");
    await page.getByLabel("E-mail").fill(EMAIL);
    await page.getByLabel("Password", { exact: true }).fill("a-long-password");
    findings.push(...(await show(page, "03-sign-up")));
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByTestId("mail-sent").waitFor();
    findings.push(...(await show(page, "04-read-your-mail")));
  });

  test("the mail is in the lab's mailbox, and its link opens an account with an empty quota", async () => {
    await new Person(origin, controlUrl).linkFromMail(EMAIL, /verify-email/);
    const mailbox = await context.newPage();
    await mailbox.goto(`${controlUrl}/mail`);
    await mailbox.getByText(EMAIL).first().waitFor();
    await mailbox.close();
    const link = await new Person(origin, controlUrl).linkFromMail(EMAIL, /http\S+verify-email\S+/);
    await page.goto(link);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.locator("[data-resource=vcpu][data-used='0']").first().waitFor();
    findings.push(...(await show(page, "05-overview-empty")));
  });

  test("three steps lead to a running service, watched step by step", async () => {
    await page.getByRole("link", { name: "Launch your first service" }).click();
    await page.getByRole("heading", { name: "What do you want to launch?" }).waitFor();
    findings.push(...(await show(page, "06-launch-what")));
    await page.getByRole("button", { name: /Tiny Linux/ }).click();
    await page.getByRole("heading", { name: /How big/ }).waitFor();
    findings.push(...(await show(page, "07-launch-size")));
    await page.locator("[data-plan-id]").filter({ hasText: "Micro" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Name it and go" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Not A Host Name");
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    findings.push(...(await show(page, "08-launch-mistakes")));
    // Letter by letter, as hands do: a field that loses the focus in between would show it.
    await page.getByLabel("Name", { exact: true }).fill("");
    await page.getByLabel("Name", { exact: true }).pressSequentially(NAME);
    await page.getByLabel("Login user").fill("");
    await page.getByLabel("Login user").pressSequentially(USER);
    await page.getByLabel("Password", { exact: true }).pressSequentially(PASSWORD);
    findings.push(...(await show(page, "09-launch-name")));
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[data-step=clone]").waitFor();
    findings.push(...(await show(page, "10-launch-progress")));
    await page.locator("[data-operation-status=succeeded]").first().waitFor({ timeout: 120_000 });
    findings.push(...(await show(page, "11-launch-ready")));
    const guest = await ownGuest();
    expect(guest).toMatchObject({ name: NAME, status: "running" });
  });

  test("the console logs in on the guest, and what is typed there arrives", async () => {
    const guest = await ownGuest();
    const serial = () => fetch(`${controlUrl}/guests/${guest?.vmid}/serial`).then((answer) => answer.text());
    await until(async () => (await serial()).includes(`${NAME} login:`), "a login prompt with the typed name");
    const popup = context.waitForEvent("page");
    await page
      .getByRole("link", { name: "Open console" })
      .or(page.getByRole("button", { name: "Open console" }))
      .first()
      .click();
    screen = await popup;
    await screen.locator("[data-console-state=connected]").waitFor();
    await screen.locator("canvas").click();
    await typeLine(screen, USER);
    await pause(1_500);
    await typeLine(screen, PASSWORD);
    await pause(2_500);
    // The serial line belongs to the guest: only a command that ran inside can write there.
    await typeLine(screen, "echo console-says-$((40+2))-$(hostname) > /dev/ttyS0");
    await until(
      async () => (await serial()).includes(`console-says-42-${NAME}`),
      "the command's effect on the serial line",
    );
    findings.push(...(await show(screen, "12-console")));
  });

  test("paste types text, reconnect opens a new connection", async () => {
    const guest = await ownGuest();
    const serial = () => fetch(`${controlUrl}/guests/${guest?.vmid}/serial`).then((answer) => answer.text());
    await screen.getByRole("button", { name: "Paste text" }).click();
    await screen.getByRole("textbox", { name: "Text" }).fill("echo pasted-$((1+1)) > /dev/ttyS0\n");
    await screen.getByRole("button", { name: "Type it" }).click();
    await until(async () => (await serial()).includes("pasted-2"), "the pasted command's effect");
    await screen.getByRole("button", { name: "Reconnect" }).click();
    await screen.locator("[data-console-state=connecting]").waitFor();
    await screen.locator("[data-console-state=connected]").waitFor({ timeout: 30_000 });
    await screen.close();
  });

  test("services and service page show it, the overview counts it", async () => {
    await page.getByRole("navigation").first().getByRole("link", { name: "Services" }).click();
    await page.locator("[data-service-id][data-power=running]").waitFor();
    findings.push(...(await show(page, "13-services")));
    await page.getByRole("link", { name: NAME }).first().click();
    await page.getByRole("heading", { name: NAME }).waitFor();
    findings.push(...(await show(page, "14-service")));
    await page.getByRole("navigation").first().getByRole("link", { name: "Overview" }).click();
    await page.locator("[data-resource=services][data-used='1']").first().waitFor();
    findings.push(...(await show(page, "15-overview")));
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    findings.push(...(await show(page, "16-palette")));
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("navigation").first().getByRole("link", { name: "Activity" }).click();
    await page.locator("[data-operation-id]").first().waitFor();
    findings.push(...(await show(page, "17-activity")));
  });

  test("it shuts down when asked, and goes for good when its name is typed; the quota is back at zero", async () => {
    await page.getByRole("navigation").first().getByRole("link", { name: "Services" }).click();
    await page.getByRole("link", { name: NAME }).first().click();
    await page.getByRole("button", { name: "Shut down" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Shut down" }).click();
    await page.locator("[data-service-id][data-power=stopped]").first().waitFor({ timeout: 90_000 });
    await until(async () => (await ownGuest())?.status === "stopped", "the guest to be off in the lab");
    await page.getByRole("button", { name: "Start" }).first().waitFor();
    const deletion = page.getByRole("button", { name: "Delete" }).first();
    if (!(await deletion.isVisible()))
      await page
        .getByRole("button", { name: /More actions/ })
        .first()
        .click();
    await page
      .getByRole("button", { name: "Delete" })
      .or(page.getByRole("menuitem", { name: "Delete" }))
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    findings.push(...(await show(page, "18-delete")));
    await dialog.getByLabel(/Type/).fill(NAME);
    const vmid = (await ownGuest())?.vmid;
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await until(async () => (await ownGuest()) === undefined, "the guest to be gone");
    await page.getByRole("navigation").first().getByRole("link", { name: "Overview" }).click();
    await page.locator("[data-resource=vcpu][data-used='0']").first().waitFor({ timeout: 30_000 });
    await page.locator("[data-resource=services][data-used='0']").first().waitFor();
    expect((await labDisks(controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
    expect(ledgerFaults(lane.databaseFile)).toEqual([]);
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors).toEqual([]);
    expect(findings).toEqual([]);
  });
});
