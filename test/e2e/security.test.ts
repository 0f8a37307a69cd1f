// A person's account in a browser: passkeys on a virtual authenticator, codes of an authenticator app, recovery codes, sessions.
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWindow, show, signIn, startBrowser, typePassword } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { newTenant } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { CodeApp } from "../harness/totp.ts";

const origin = lane.origin;
const site = { origin, controlUrl: lane.controlUrl, databaseFile: lane.databaseFile };

let browser: Browser;
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

async function newWindow(): Promise<Page> {
  const window = await openWindow(browser, origin);
  errors.push(window.errors);
  return window.page;
}

async function signedIn(account: { email: string; password: string }): Promise<Page> {
  const page = await newWindow();
  await signIn(page, account);
  return page;
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** How the browser's session was opened, as the Worker keeps it; null where there is none. */
async function factorOf(page: Page): Promise<string | null> {
  const answer = await page.request.get("/api/security");
  if (answer.status() !== 200) return null;
  const { sessions } = (await answer.json()) as { sessions: { current: boolean; factor: string }[] };
  return sessions.find((session) => session.current)?.factor ?? null;
}

/** A platform authenticator that knows its owner's finger. */
async function withAuthenticator(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

describe("passkeys", () => {
  let tenant: Tenant;
  let page: Page;
  let device: Awaited<ReturnType<typeof withAuthenticator>>;
  beforeAll(async () => {
    tenant = await newTenant(site, "passkey");
    page = await signedIn(tenant);
    device = await withAuthenticator(page);
  });

  test("one is made on the device, and signs in with no password", async () => {
    await page.goto("/account/security");
    await page.getByRole("button", { name: "Add passkey" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("My laptop");
    findings.push(...(await show(page, "40-add-passkey")));
    await dialog.getByRole("button", { name: "Continue" }).click();
    await page.locator("[data-passkey-id]").getByText("My laptop").waitFor();
    const { credentials } = await device.cdp.send("WebAuthn.getCredentials", {
      authenticatorId: device.authenticatorId,
    });
    expect(credentials).toHaveLength(1);
    expect(credentials[0]).toMatchObject({ rpId: "localhost", isResidentCredential: true });
    expect(await factorOf(page)).not.toBe("passkey");

    await signOut(page);
    findings.push(...(await show(page, "41-sign-in-ways")));
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await factorOf(page)).toBe("passkey");
  });

  test("the same device is not taken twice, and the form says so", async () => {
    await page.goto("/account/security");
    await page.getByRole("button", { name: "Add passkey" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByText("This device has a passkey for your account already").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(await page.locator("[data-passkey-id]").count()).toBe(1);
  });

  test("a finger that the device does not know opens nothing", async () => {
    const { cdp, authenticatorId } = device;
    await signOut(page);
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("The passkey was not used").waitFor();
    expect(await factorOf(page)).toBeNull();
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });

  test("it is renamed and removed, and then signs in no more", async () => {
    await page.goto("/account/security");
    await page.getByRole("button", { name: "Rename My laptop" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Old laptop");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Remove Old laptop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.locator("[data-passkey-id]").waitFor({ state: "detached" });
    await signOut(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.locator("[data-problem=passkey_refused]").waitFor();
    expect(await factorOf(page)).toBeNull();
  });
});

describe("the authenticator app", () => {
  let tenant: Tenant;
  let page: Page;
  let app: CodeApp;
  let codes: string[];
  beforeAll(async () => {
    tenant = await newTenant(site, "codes");
    page = await signedIn(tenant);
  });

  test("is set up by the key on the page, confirmed by a code, and recovery codes are shown once", async () => {
    await page.goto("/account/security");
    await page.locator("[data-totp=off]").waitFor();
    findings.push(...(await show(page, "42-security")));
    await page.getByRole("button", { name: "Set up the app" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill("not-the-password");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.locator("[data-problem=password_wrong]").waitFor();
    await dialog.getByLabel("Your password").fill(tenant.password);
    await dialog.getByRole("button", { name: "Continue" }).click();
    const key = (await dialog.getByTestId("totp-key").getAttribute("data-key")) ?? "";
    await dialog.getByRole("img", { name: /QR code/ }).waitFor();
    findings.push(...(await show(page, "43-set-up-codes")));
    app = new CodeApp(`otpauth://totp/Nubemox?secret=${key}`);
    await dialog.getByLabel("Code", { exact: true }).fill(app.wrong());
    await dialog.getByRole("button", { name: "Confirm" }).click();
    await dialog.locator("[data-problem=code_wrong]").waitFor();
    await dialog.getByLabel("Code", { exact: true }).fill(app.next());
    await dialog.getByRole("button", { name: "Confirm" }).click();
    const list = dialog.getByTestId("recovery-codes").getByRole("listitem");
    await list.first().waitFor();
    codes = await list.allInnerTexts();
    expect(new Set(codes).size).toBe(10);
    findings.push(...(await show(page, "44-recovery-codes")));
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("nubemox-recovery-codes.txt");
    await dialog.getByRole("button", { name: "I have kept them" }).click();
    await page.locator("[data-totp=on]").waitFor();
    expect(await factorOf(page)).toBe("totp");
  });

  test("is asked after the password: a wrong code is refused, the right one signs in", async () => {
    await signOut(page);
    await typePassword(page, tenant);
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    expect(await factorOf(page)).toBeNull();
    findings.push(...(await show(page, "45-second-step")));
    await page.getByLabel("Code", { exact: true }).fill(app.wrong());
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.locator("[data-problem=code_wrong]").waitFor();
    await page.getByLabel("Code", { exact: true }).fill(app.next());
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await factorOf(page)).toBe("totp");
  });

  test("a recovery code signs in once, and is refused the second time", async () => {
    const [code = ""] = codes;
    await signOut(page);
    await recover(page, code);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await factorOf(page)).toBe("recovery");
    await page.goto("/account/security");
    await page.getByText("9 recovery codes are left").waitFor();

    await signOut(page);
    await recover(page, code);
    await page.locator("[data-problem=code_wrong]").waitFor();
    findings.push(...(await show(page, "46-recovery-refused")));
    expect(await factorOf(page)).toBeNull();
    await page.getByLabel("Recovery code").fill(codes[1] ?? "");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });

  test("new recovery codes take the place of the old ones, and turning the app off ends them all", async () => {
    await page.goto("/account/security");
    await page.getByRole("button", { name: "New recovery codes" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill(tenant.password);
    await dialog.getByRole("button", { name: "Continue" }).click();
    const list = dialog.getByTestId("recovery-codes").getByRole("listitem");
    await list.first().waitFor();
    expect(await list.allInnerTexts()).not.toContain(codes[2]);
    await dialog.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("button", { name: "Turn off" }).click();
    await dialog.getByLabel("Your password").fill(tenant.password);
    await dialog.getByRole("button", { name: "Turn off" }).click();
    await page.locator("[data-totp=off]").waitFor();
    await signOut(page);
    await typePassword(page, tenant);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });

  /** Password first, then a recovery code. */
  async function recover(target: Page, code: string): Promise<void> {
    await typePassword(target, tenant);
    await target.getByRole("button", { name: "Use a recovery code" }).click();
    await target.getByLabel("Recovery code").fill(code);
    await target.getByRole("button", { name: "Sign in", exact: true }).click();
  }
});

describe("sessions and password", () => {
  test("other sessions are listed and ended; a new password ends them, too", async () => {
    const tenant = await newTenant(site, "sessions");
    const here = await signedIn(tenant);
    const there = await signedIn(tenant);
    await here.goto("/account/security");
    await here.locator("[data-session-id][data-current=true]").getByText("This session").waitFor();
    await here.locator("[data-session-id]").first().scrollIntoViewIfNeeded();
    findings.push(...(await show(here, "47-sessions")));
    await here.getByRole("button", { name: "End all others" }).click();
    await here.locator("[data-session-id][data-current=false]").first().waitFor({ state: "detached" });
    expect(await factorOf(there)).toBeNull();
    expect(await factorOf(here)).toBe("password");

    await typePassword(there, tenant);
    await there.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await here.getByLabel("Present password").fill(tenant.password);
    await here.getByLabel("New password", { exact: true }).fill("a-new-long-password");
    await here.getByRole("button", { name: "Change the password" }).click();
    await here.getByText("Your password is changed").waitFor();
    expect(await factorOf(there)).toBeNull();
    expect(await factorOf(here)).not.toBeNull();
    await typePassword(there, tenant);
    await there.locator("[data-problem=invalid_credentials]").waitFor();
  });

  test("an organisation that demands a second factor stays shut until one is set up", async () => {
    const tenant = await newTenant(site, "demands");
    const page = await signedIn(tenant);
    await page.goto(`/t/${tenant.id}/settings`);
    await page.getByLabel("Demand a second factor").click();
    await page.locator("[data-problem=second_factor_required]").waitFor();
    findings.push(...(await show(page, "48-settings")));
    await withAuthenticator(page);
    await page.getByRole("link", { name: "Set up a second factor" }).click();
    await page.getByRole("button", { name: "Add passkey" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Continue" }).click();
    await page.locator("[data-passkey-id]").waitFor();
    await signOut(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.goto(`/t/${tenant.id}/settings`);
    await page.getByLabel("Demand a second factor").click();
    await page.getByText("Saved").first().waitFor();

    await signOut(page);
    await typePassword(page, tenant);
    await page.locator("[data-problem=second_factor_required]").waitFor();
    findings.push(...(await show(page, "49-second-factor-demanded")));
    await page.getByRole("button", { name: "Sign in again" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});
