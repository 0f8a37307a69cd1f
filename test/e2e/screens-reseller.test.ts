// Screens of resellers that a day seldom shows: many organisations, a deep tree walked by keys, a no, a closed front, Portuguese.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import { openSignedIn, openWindow, show, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { ledgerFaults, newTenant } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";

const origin = lane.origin;
const site = { origin, controlUrl: lane.controlUrl, databaseFile: lane.databaseFile };
const LIMITS = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 6 };

let browser: Browser;
let owner: Tenant;
let customer: Tenant;
let house: Page;
const ids = { house: "", north: "", bakery: "" };
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
  owner = await newTenant(site, "deep");
  customer = await newTenant(site, "deep-customer");
  const operator = new Person(origin, site.controlUrl);
  await operator.signIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
  ids.house = await child(operator, "/api/operator", "Deep House", owner.email, "reseller", LIMITS);
  ids.north = await child(owner.person, `/api/tenants/${ids.house}`, "North", owner.email, "reseller", {
    vcpu: 4,
    services: 3,
  });
  ids.bakery = await child(owner.person, `/api/tenants/${ids.north}`, "Padaria São João", customer.email, "tenant", {
    vcpu: 1,
    services: 1,
  });
  for (const name of ["Anchor", "Beacon", "Cedar", "Dune", "Elm", "Fjord"])
    await child(owner.person, `/api/tenants/${ids.house}`, name, owner.email, "tenant", {});
  const { page, errors: thrown } = await openSignedIn(browser, origin, owner);
  errors.push(thrown);
  house = page;
});
afterAll(async () => {
  await browser.close();
});

async function child(
  person: Person,
  above: string,
  name: string,
  ownerEmail: string,
  kind: "tenant" | "reseller",
  limits: Record<string, number>,
): Promise<string> {
  const answer = await person.ok<{ child: { id: string } }>("POST", `${above}/children`, {
    name,
    ownerEmail,
    kind,
    limits,
  });
  return answer.child.id;
}

describe("many and deep", () => {
  test("the switch between organisations is searched and walked by keys, and marks what is suspended", async () => {
    const suspended = (
      await owner.person.ok<{ nodes: { id: string; name: string }[] }>("GET", `/api/tenants/${ids.house}/tree`)
    ).nodes.find((node) => node.name === "Dune");
    await owner.person.ok("POST", `/api/tenants/${ids.house}/children/${suspended?.id}/suspend`, { shutDown: false });
    await house.goto(`/t/${ids.house}`);
    await house
      .getByRole("button", { name: /switch organisation/ })
      .first()
      .click();
    await house.getByRole("menuitemradio", { name: /Dune.*Suspended/ }).waitFor();
    findings.push(...(await show(house, "90-switcher")));
    await house.getByRole("searchbox", { name: "Find an organisation…" }).fill("dun");
    expect(await house.getByRole("menuitemradio").count()).toBe(1);
    await house.keyboard.press("ArrowDown");
    await house.keyboard.press("Enter");
    await house.waitForURL((url) => url.pathname === `/t/${suspended?.id}`);
    await house.getByText("This organisation is suspended").first().waitFor();
  });

  test("the tree is folded, walked and searched without a mouse", async () => {
    await house.goto(`/t/${ids.house}/tenants`);
    const bakery = house.locator(`[data-tenant-id="${ids.bakery}"]`);
    await bakery.waitFor();
    findings.push(...(await show(house, "91-tree")));
    await house.getByRole("link", { name: "North", exact: true }).focus();
    await house.keyboard.press("ArrowLeft");
    await bakery.waitFor({ state: "detached" });
    await house.keyboard.press("ArrowRight");
    await bakery.waitFor();
    await house.keyboard.press("ArrowDown");
    expect(await house.evaluate(() => document.activeElement?.textContent)).toBe("Padaria São João");
    await house.getByRole("searchbox", { name: "Find by name…" }).fill("sao joao");
    expect(await house.locator("[data-tenant-id]").count()).toBe(2);
    await house.getByText("List", { exact: true }).click();
    expect(await house.locator("[data-tenant-id]").count()).toBe(1);
    await house.getByText("below North").waitFor();
    // What stands further down has its limits from its own reseller.
    await bakery.getByRole("button", { name: /Actions/ }).click();
    await house.getByRole("menuitem", { name: "Suspend…" }).waitFor();
    expect(await house.getByRole("menuitem", { name: "Limits" }).count()).toBe(0);
    await house.keyboard.press("Escape");
    await house.getByText("Tree", { exact: true }).click();
  });

  test("a limit below what is handed out is shown as such before it is tried", async () => {
    await house.goto(`/t/${ids.house}/tenants/${ids.north}`);
    await house.getByRole("button", { name: "Limits" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByRole("spinbutton", { name: "vCPU" }).fill("0");
    await dialog.getByText("vCPU: 1 in use there; give at least that.").waitFor();
    findings.push(...(await show(house, "92-limit-too-low")));
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.locator("[data-problem=limit_below_used]").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  test("a request is declined with a word, which its asker reads", async () => {
    await customer.person.ok("POST", `/api/tenants/${ids.bakery}/quota/requests`, {
      wanted: { vcpu: 99, services: 9 },
      message: "We bake for the whole town now.",
    });
    await house.goto(`/t/${ids.north}/requests`);
    await house.locator("[data-request-status=open]").waitFor();
    await house.getByRole("button", { name: "Approve" }).click();
    const approval = house.getByRole("dialog");
    await approval.locator("[data-fits=false]").waitFor();
    await approval.getByRole("button", { name: "Approve" }).click();
    await approval.locator("[data-problem=quota_exceeded]").waitFor();
    findings.push(...(await show(house, "93-approve-refused")));
    await approval.getByRole("button", { name: "Cancel" }).click();
    await house.getByRole("button", { name: "Decline" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByRole("button", { name: "Decline" }).click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    await dialog.getByLabel("Message").fill("We have no more ourselves before December.");
    await dialog.getByRole("button", { name: "Decline" }).click();
    await house.locator("[data-request-status=declined]").waitFor();
    const { page, errors: thrown } = await openSignedIn(browser, origin, customer);
    errors.push(thrown);
    await page.goto(`/t/${ids.bakery}/quota`);
    await page.getByText("We have no more ourselves before December.").waitFor();
    findings.push(...(await show(page, "94-declined")));
    expect(ledgerFaults(site.databaseFile)).toEqual([]);
  });

  test("a front that is closed says so; one's own plans are offered below it", async () => {
    await house.goto(`/t/${ids.north}/storefront`);
    await house.getByLabel("Link", { exact: true }).fill("north-closed");
    await house.getByRole("button", { name: "Open the storefront" }).click();
    await house.getByText(`${origin}/join/north-closed`).waitFor();
    await house.getByRole("button", { name: "Add your first plan" }).click();
    const dialog = house.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Loaf");
    await dialog.getByRole("button", { name: "Save" }).click();
    await house.locator("[data-plan-id]").filter({ hasText: "Loaf" }).waitFor();
    const { page, errors: thrown } = await openWindow(browser, origin);
    errors.push(thrown);
    await page.goto("/join/north-closed");
    await page.getByRole("heading", { name: "Sign-up is by invitation" }).waitFor();
    findings.push(...(await show(page, "95-join-closed")));
  });

  test("all of it in Portuguese", async () => {
    await house.keyboard.press("Control+k");
    await house.getByRole("combobox").fill("portug");
    await house.keyboard.press("Enter");
    await house.getByRole("heading", { level: 1, name: "Vitrine" }).waitFor();
    await house.goto(`/t/${ids.house}/tenants`);
    await house.getByRole("heading", { level: 1, name: "Clientes" }).waitFor();
    findings.push(...(await show(house, "96-clientes")));
    await house.getByRole("button", { name: "Adicionar cliente" }).click();
    await house.getByRole("dialog").waitFor();
    findings.push(...(await show(house, "97-adicionar")));
    await house.goto(`/t/${ids.house}/storefront`);
    await house.getByRole("button", { name: "Abrir a vitrine" }).waitFor();
    findings.push(...(await show(house, "98-vitrine")));
  });

  test("no page has thrown, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
  });
});
