// Teams, invitations, keys, the audit and the reconciler in a browser.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import { openWindow, show, signIn, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { newTenant } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";

const origin = lane.origin;
const controlUrl = lane.controlUrl;
const site = { origin, controlUrl, databaseFile: lane.databaseFile };

let browser: Browser;
let tenant: Tenant;
let page: Page;
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await newTenant(site, "team");
  page = await signedIn(tenant.email, tenant.password);
});
afterAll(async () => {
  await browser.close();
});

async function newWindow(): Promise<Page> {
  const window = await openWindow(browser, origin);
  errors.push(window.errors);
  return window.page;
}

async function signedIn(email: string, password: string): Promise<Page> {
  const window = await newWindow();
  await signIn(window, { email, password });
  return window;
}

const invitationLink = (email: string) =>
  new Person(origin, controlUrl).linkFromMail(email, /http\S+\/invitation#token=\S+/);

describe("the team", () => {
  const guest = `guest-${Date.now()}@people.test`;

  test("an owner invites a person by mail, who signs up and joins without an organisation of their own", async () => {
    await page.goto(`/t/${tenant.id}/team`);
    await page.getByRole("button", { name: "Invite" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("E-mail").fill(guest);
    await dialog.getByLabel("Viewer").check();
    findings.push(...(await show(page, "50-invite")));
    await dialog.getByRole("button", { name: "Send the invitation" }).click();
    await page.locator("[data-invitation-id]").getByText(guest).waitFor();
    findings.push(...(await show(page, "51-team")));

    const theirs = await newWindow();
    await theirs.goto(await invitationLink(guest));
    await theirs.getByText("invites you to Tenant team").waitFor();
    expect(theirs.url()).not.toContain("token");
    findings.push(...(await show(theirs, "52-invitation")));
    await theirs.getByRole("link", { name: "Create an account" }).click();
    await theirs.getByLabel("Your name").fill("Gabi Guest");
    expect(await theirs.getByLabel("E-mail").inputValue()).toBe(guest);
    await theirs.getByLabel("Password", { exact: true }).fill("a-long-password");
    await theirs.getByRole("button", { name: "Create account" }).click();
    await theirs.getByTestId("mail-sent").waitFor();
    await theirs.goto(await new Person(origin, controlUrl).linkFromMail(guest, /http\S+verify-email\S+/));
    await theirs.getByRole("heading", { name: "Welcome, Gabi Guest" }).waitFor();
    findings.push(...(await show(theirs, "53-welcome")));
    await theirs.getByRole("button", { name: "Accept" }).click();
    await theirs.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(theirs.url()).toContain(tenant.id);
    const me = (await (await theirs.request.get("/api/me")).json()) as { tenants: { id: string; role: string }[] };
    expect(me.tenants).toMatchObject([{ id: tenant.id, role: "viewer" }]);

    await theirs.goto(`/t/${tenant.id}/team`);
    await theirs.locator("[data-member-id]").getByText("Gabi Guest").waitFor();
    expect(await theirs.getByRole("button", { name: "Invite" }).count()).toBe(0);
    expect(await theirs.getByRole("combobox").count()).toBe(0);
    findings.push(...(await show(theirs, "54-team-of-a-viewer")));
  });

  test("a role is changed, a member is taken out, and the last owner stays", async () => {
    await page.reload();
    const row = page.locator("[data-member-id]").filter({ hasText: "Gabi Guest" });
    await page.getByLabel("Role of Gabi Guest").selectOption("operator");
    await page.locator("[data-member-id][data-role=operator]").waitFor();
    await page.getByLabel("Role of Person team").selectOption("viewer");
    await page.getByText("The last owner has to stay").waitFor();
    expect(await page.getByLabel("Role of Person team").inputValue()).toBe("owner");
    await row.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Remove from the team" }).click();
    findings.push(...(await show(page, "55-remove-member")));
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await row.waitFor({ state: "detached" });
  });

  test("an invitation for somebody else tells so, and a spent one too", async () => {
    const other = `other-${Date.now()}@people.test`;
    await tenant.person.ok("POST", tenant.at("/invitations"), { email: other, role: "viewer" });
    await page.goto(await invitationLink(other));
    await page.getByText(`It was sent to ${other}`).waitFor();
    findings.push(...(await show(page, "56-invitation-of-another")));
    await page.goto("/invitation#token=made-up");
    await page.reload();
    await page.locator("[data-problem=invitation_invalid]").waitFor();
  });
});

describe("keys", () => {
  test("one is made, shown once, works as far as its rights go, and ends when revoked", async () => {
    await page.goto(`/t/${tenant.id}/keys`);
    findings.push(...(await show(page, "57-no-keys")));
    await page.getByRole("button", { name: "Make your first key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Make key" }).click();
    await dialog.locator("[aria-invalid=true]").first().waitFor();
    await dialog.getByLabel("Name", { exact: true }).fill("watcher");
    await dialog.getByLabel("see services and use").check();
    await dialog.getByLabel("Good for").selectOption("30");
    findings.push(...(await show(page, "58-make-key")));
    await dialog.getByRole("button", { name: "Make key" }).click();
    const token = (await dialog.getByTestId("key-token").innerText()).trim();
    findings.push(...(await show(page, "59-key-made")));
    const call = (method: string, path: string) =>
      fetch(origin + tenant.at(path), { method, headers: { authorization: `Bearer ${token}` } });
    expect((await call("GET", "/services")).status).toBe(200);
    expect((await call("GET", "/team")).status).toBe(403);
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await page.reload();
    await page.locator("[data-key-id]").getByText("watcher").waitFor();
    expect(await page.locator("body").innerText()).not.toContain(token);
    findings.push(...(await show(page, "60-keys")));
    await page.getByRole("button", { name: "Revoke watcher" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
    await page.locator("[data-key-id]").waitFor({ state: "detached" });
    expect((await call("GET", "/services")).status).toBe(401);
  });
});

describe("the audit", () => {
  test("tells what was done with before and after, filters, is verified and taken along", async () => {
    await page.goto(`/t/${tenant.id}/audit`);
    const change = page.locator("[data-action='member.role'][data-outcome=done]").first();
    await change.locator("summary").click();
    await change.getByText("Viewer").first().waitFor();
    await change.getByText("Operator").first().waitFor();
    findings.push(...(await show(page, "61-audit")));
    await page.getByRole("combobox", { name: "What" }).selectOption("key");
    await page.locator("[data-action='member.role']").first().waitFor({ state: "detached" });
    expect(await page.locator("[data-action='key.make']").count()).toBe(1);
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.locator("[data-action='member.role']").first().waitFor();
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("failed");
    await page.locator("[data-action='member.role'][data-outcome=failed]").first().waitFor();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator("[data-verdict=ok]").waitFor();
    findings.push(...(await show(page, "62-verified")));
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Table (CSV)" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("audit.csv");
  });

  test("of one's own account it tells the sign-ins", async () => {
    await page.goto("/account/audit");
    await page.locator("[data-action='auth.sign-in'][data-outcome=done]").first().waitFor();
    findings.push(...(await show(page, "63-own-audit")));
  });
});

describe("the platform", () => {
  test("operators see who they are, the audit of all, and the reconciler", async () => {
    const operator = await signedIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
    await operator.goto("/operator/team");
    await operator.locator("[data-member-id][data-role=owner]").first().waitFor();
    findings.push(...(await show(operator, "64-operators")));
    await operator.goto("/operator/audit");
    await operator.locator("[data-action]").first().waitFor();
    findings.push(...(await show(operator, "65-platform-audit")));
    await operator.goto("/operator/findings");
    await operator.getByRole("button", { name: "Run now" }).click();
    await operator.getByText("All clusters were gone through").waitFor();
    await operator.locator("[data-cluster-run]").first().waitFor();
    findings.push(...(await show(operator, "66-reconciler")));
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});
