// A container from the wizard to its shell: launched, used in the browser's terminal; and the serial line of a machine beside its screen.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWindow, show, signIn, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { labGuests, launched, ledgerFaults, newTenant, serviceOf } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const site = { origin, controlUrl, databaseFile: lane.databaseFile };
const PATIENCE = { timeout: 60_000 };

let browser: Browser;
let context: BrowserContext;
let page: Page;
let shell: Page;
let tenant: Tenant;
let errors: string[];
/** What the pages' own rules have kept from happening. */
const blocked: string[] = [];
/** The same, of what axe and the camera try in a page: each names the digest of what it was, and may be told a little late. */
const tried = new Set<string>();
const findings: string[] = [];
let isLooking = false;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await newTenant(site, "box");
  ({ context, page, errors } = await openWindow(browser, origin));
  context.on("console", (message) => {
    if (!/Content Security Policy/.test(message.text())) return;
    // One style that xterm.js still tries is refused, and nothing is missed for it (docs/adr/0011-terminals-are-pumped.md).
    if (message.location().url.includes("/assets/terminal-page")) return;
    if (isLooking) tried.add(message.text());
    else blocked.push(message.text());
  });
  await signIn(page, tenant);
});
afterAll(async () => {
  await browser.close();
});

/** What axe tries in a page is not the page's own doing. */
async function look(at: Page, name: string): Promise<string[]> {
  isLooking = true;
  const found = await show(at, name);
  isLooking = false;
  return found;
}

/** What the terminal shows, as a person reads it. */
function shown(): Promise<string> {
  return shell.locator(".xterm-rows > div").evaluateAll((rows) => rows.map((row) => row.textContent).join("\n"));
}

async function run(line: string): Promise<void> {
  await shell.locator(".xterm").click();
  await shell.keyboard.type(`${line}\n`);
}

describe("a container", () => {
  test("is launched in three steps, without a user to be thought of", async () => {
    await page.goto(`/t/${tenant.id}/launch`);
    findings.push(...(await look(page, "90-launch-container")));
    await page.getByRole("button", { name: /Tiny Container/ }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill("box");
    expect(await page.getByLabel("Login user").count()).toBe(0);
    await page.getByLabel("Password", { exact: true }).fill("open-sesame-7");
    findings.push(...(await look(page, "91-launch-container-name")));
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[data-operation-status=succeeded]").first().waitFor(PATIENCE);
    expect((await labGuests(controlUrl)).find((guest) => guest.name === "box")?.status).toBe("running");
  });

  test("has its shell in the browser, which is typed into, resized and pasted into", async () => {
    const popup = context.waitForEvent("page");
    await page.getByRole("button", { name: "Open console" }).first().click();
    shell = await popup;
    await shell.locator("[data-console-state=connected]").waitFor(PATIENCE);
    await run("");
    await expect.poll(shown, PATIENCE).toContain("root@box:~#");
    await run("echo shell-says-$((40+2))-$(hostname)");
    await expect.poll(shown, PATIENCE).toContain("shell-says-42-box");
    await shell.evaluate(() => navigator.clipboard.writeText("echo pasted-$((1+1))\n"));
    await shell.getByRole("button", { name: "Paste text" }).click();
    await expect.poll(shown, PATIENCE).toContain("pasted-2");
    findings.push(...(await look(shell, "92-terminal")));
    await shell.getByRole("button", { name: "Reconnect" }).click();
    await shell.locator("[data-console-state=connected]").waitFor(PATIENCE);
    await run("echo again-$((2+1))");
    await expect.poll(shown, PATIENCE).toContain("again-3");
  });

  test("keeps a flood within bounds, and answers afterwards", async () => {
    await run("seq 1 60000; echo flood-$((5+5))");
    await run("");
    await expect.poll(shown, { timeout: 90_000 }).toMatch(/flood-10|root@box:~# $/);
    await run("echo after-$((6+6))");
    await expect.poll(shown, PATIENCE).toContain("after-12");
  });

  test("says that it is closed when the container is stopped", async () => {
    const services = await tenant.person.ok<{ services: { id: string }[] }>("GET", tenant.at("/services"));
    const id = services.services[0]?.id ?? "";
    await tenant.person.ok("POST", tenant.at(`/services/${id}/power`), { action: "stop" });
    await shell.locator("[data-console-state=closed]").waitFor(PATIENCE);
    findings.push(...(await look(shell, "93-terminal-closed")));
    await expect.poll(async () => (await serviceOf(tenant, id)).operationId, PATIENCE).toBeNull();
  });
});

describe("a virtual machine", () => {
  test("has a serial line beside its screen", async () => {
    const machine = await launched(tenant, { name: "machine" });
    await shell.goto(`/console/${tenant.id}/${machine.id}`);
    await shell.locator("[data-console-state=connected]").waitFor(PATIENCE);
    await shell.getByRole("link", { name: "Serial" }).click();
    await shell.locator(".xterm").waitFor(PATIENCE);
    await shell.locator("[data-console-state=connected]").waitFor(PATIENCE);
    await run("");
    await expect.poll(shown, PATIENCE).toContain("machine login:");
    findings.push(...(await look(shell, "94-serial")));
  });
});

describe("what the pages left behind", () => {
  test("nothing was thrown, blocked, or hard to use, and the ledger is whole", () => {
    const own = blocked.filter((text) => !tried.has(text));
    expect({ errors, own, findings }).toEqual({ errors: [], own: [], findings: [] });
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });
});
