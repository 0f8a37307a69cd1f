// What happens by itself, in a browser: an operator's scripts, schedules of a service and their copies, scripts from the first boot on.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import type { ServiceView } from "../../worker/rules/views.ts";
import { openSignedIn, show, startBrowser } from "../harness/browser.ts";
import { lane } from "../harness/lane.ts";
import { ended, launch, ledgerFaults, serviceOf } from "../harness/portal.ts";
import type { LaunchBody, Tenant } from "../harness/portal.ts";
import { letBeDue, runsOf, schedulesOf, tick } from "../harness/schedules.ts";
import { OPERATOR_PASSWORD } from "../harness/shared.ts";
import { copier } from "../harness/verbs.ts";

const origin = lane.origin;
const databaseFile = lane.databaseFile;
const runtime = lane.runtime;

let browser: Browser;
let tenant: Tenant;
let service: ServiceView;
let box: ServiceView;
let page: Page;
const findings: string[] = [];
const errors: string[][] = [];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await copier("by-itself", { snapshots: 20 });
  const { templates } = await tenant.person.ok<{ templates: { id: string; kind: string }[] }>(
    "GET",
    tenant.at("/catalogue"),
  );
  const container = templates.find(({ kind }) => kind === "container")?.id ?? "";
  [service, box] = await Promise.all([
    patiently({ name: "clockwork" }),
    patiently({ name: "boxed", templateId: container, login: { password: "opensesame" } as LaunchBody["login"] }),
  ]);
  page = await signedIn(tenant.email, tenant.password);
});
afterAll(async () => {
  await browser.close();
});

async function signedIn(email: string, password: string): Promise<Page> {
  const window = await openSignedIn(browser, origin, { email, password });
  errors.push(window.errors);
  return window.page;
}

/** Launches; real machines under emulation take their time. */
async function patiently(changes: Parameters<typeof launch>[1]): Promise<ServiceView> {
  const { body } = await launch(tenant, changes);
  expect(await ended(tenant, body.operation.id, 150_000)).toMatchObject({ status: "succeeded" });
  return serviceOf(tenant, body.service.id);
}

const at = (path: string) => `/t/${tenant.id}${path}`;
const seen = async (on: Page, name: string) => findings.push(...(await show(on, name)));

describe("an operator", () => {
  test("writes scripts with a form of their own, sees it as tenants do, and withdraws and publishes them", async () => {
    const operator = await signedIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
    await operator.goto("/operator/scripts");
    await operator.getByText("No scripts yet").waitFor();
    await seen(operator, "130-no-scripts");
    await operator.getByRole("link", { name: "Write the first script" }).click();
    await operator.getByRole("button", { name: "Add a parameter" }).click();
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.locator("[name=name][aria-invalid=true]").waitFor();
    await seen(operator, "131-script-wrong");

    await operator.getByLabel("Name", { exact: true }).first().fill("Greeting");
    await operator.getByLabel("Description").fill("Writes a greeting to the login screen.");
    await operator.getByLabel("After each start").check();
    await operator.locator("[name=parameter-0-label]").fill("Whom to greet");
    await operator.locator("[name=parameter-0-name]").fill("whom");
    await operator.locator("[name=parameter-0-initial]").fill("world");
    await operator.locator("[name=parameter-0-required]").check();
    await operator.getByRole("button", { name: "Add a parameter" }).click();
    const second = operator.locator("[data-parameter='1']");
    await second.getByLabel("Label").fill("How often");
    await second.getByLabel("Name").fill("times");
    await second.getByLabel("Kind").selectOption("number");
    await second.getByLabel("At least").fill("1");
    await second.getByLabel("At most").fill("5");
    await operator.getByLabel("Shell script").fill('#!/bin/sh\necho "Hello, $NBX_WHOM"\n');
    const preview = operator.getByTestId("form-preview");
    expect(await preview.getByLabel("Whom to greet").inputValue()).toBe("world");
    await preview.getByLabel("How often").fill("9");
    await preview.getByText("This is too large (at most 5)").waitFor();
    await seen(operator, "132-script");
    await operator.getByRole("button", { name: "Move parameter 2 up" }).click();
    expect(await operator.locator("[name=parameter-0-name]").inputValue()).toBe("times");
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.locator("[data-script-id][data-active=true]").waitFor();
    await operator.getByRole("button", { name: "Withdraw: Greeting" }).click();
    await operator.locator("[data-script-id][data-active=false]").waitFor();
    await seen(operator, "133-scripts");
    await operator.getByRole("button", { name: "Publish: Greeting" }).click();
    await operator.locator("[data-script-id][data-active=true]").waitFor();
    await operator.getByRole("link", { name: "Greeting" }).click();
    expect(await operator.getByLabel("Shell script").inputValue()).toContain("NBX_WHOM");
    expect(await operator.locator("[name=parameter-1-initial]").inputValue()).toBe("world");
  });
});

describe("schedules", () => {
  const first = async () => {
    const id = (await schedulesOf(tenant, service.id))[0]?.id ?? "";
    return { id, row: page.locator(`[data-schedule-id="${id}"]`), dialog: page.getByRole("dialog") };
  };

  test("are made with the next runs in view, and wrong rules are told", async () => {
    await page.goto(at("/schedules"));
    await page.getByText("No schedules yet").waitFor();
    await seen(page, "134-no-schedules");
    await page.getByRole("link", { name: "To the services" }).click();
    await page.goto(at(`/services/${service.id}`));
    await page.getByRole("navigation", { name: "Parts of this service" }).getByText("Schedules").click();
    await page.getByRole("button", { name: "Add your first schedule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What", { exact: true }).selectOption("snapshot");
    await dialog.getByLabel("How often").selectOption("weekly");
    await dialog.getByLabel("Monday").uncheck();
    await dialog.getByRole("button", { name: "Add a schedule" }).click();
    await dialog.getByText("Choose at least one").waitFor();
    await dialog.getByLabel("How often").selectOption("own");
    await dialog.getByLabel("Rule").fill("*/5 * * * *");
    await dialog.getByTestId("next-runs").getByText("This comes too often").waitFor();
    await dialog.getByLabel("Time zone").fill("Mars/Olympus");
    await dialog.getByRole("button", { name: "Add a schedule" }).click();
    await dialog.getByText("This time zone is not known").first().waitFor();
    await seen(page, "135-schedule-wrong");
    await dialog.getByLabel("Time zone").fill("America/Sao_Paulo");
    await dialog.getByLabel("How often").selectOption("weekly");
    await dialog.getByLabel("Monday").check();
    await dialog.getByLabel("Friday").check();
    await dialog.getByLabel("Time", { exact: true }).fill("08:30");
    expect(
      await dialog
        .getByTestId("next-runs")
        .getByText(/(Mon|Fri).* 08:30/)
        .count(),
    ).toBe(5);
    await dialog.getByLabel("The last", { exact: true }).fill("2");
    await dialog.getByText("At most 2 stay at a time").waitFor();
    await seen(page, "136-schedule");
    await dialog.getByRole("button", { name: "Add a schedule" }).click();
    await page.getByText("Mondays and Fridays at 08:30").waitFor();
  });

  test("run, and show what came of it and what their rule of retention would do", async () => {
    const { id, row, dialog } = await first();
    for (let count = 1; count <= 2; count += 1) {
      letBeDue(id);
      await tick();
      const [run] = await runsOf(tenant, id, count);
      expect((await ended(tenant, run?.operationId ?? "", 90_000)).status).toBe("succeeded");
    }
    await page.reload();
    await row.locator("[data-run-state=begun]").nth(1).waitFor();
    await row.getByText("4 more").click();
    await seen(page, "137-schedules");

    await row.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    await dialog.locator("[data-testid=retention-preview][data-goes='0']").waitFor();
    await dialog.getByLabel("The last", { exact: true }).fill("1");
    await dialog.locator("[data-testid=retention-preview][data-goes='1']").getByText("would go").first().waitFor();
    await dialog.getByTestId("retention-preview").scrollIntoViewIfNeeded();
    await seen(page, "138-retention");
  });

  test("are changed, paused and resumed, stand in a list of the tenant, and are deleted", async () => {
    const { id, row, dialog } = await first();
    await page.goto(at(`/services/${service.id}/schedules`));
    await row.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    await dialog.getByLabel("How often").selectOption("monthly");
    await dialog.getByLabel("Day of the month").selectOption("L");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("On the last day of every month at 08:30").waitFor();
    await row.getByRole("button", { name: /^Pause/ }).click();
    await page.locator(`[data-schedule-id="${id}"][data-paused=true]`).waitFor();
    await row.getByText("None while it is paused").waitFor();

    await page.goto(at(`/services/${box.id}/schedules`));
    await page.getByRole("button", { name: "Add your first schedule" }).click();
    await dialog.getByLabel("What", { exact: true }).selectOption("shutdown");
    await dialog.getByLabel("How often").selectOption("own");
    await dialog.getByLabel("Rule").fill("30 19-22 * * 1-5");
    await dialog.getByRole("button", { name: "Add a schedule" }).click();
    await page.getByText("30 19-22 * * 1-5").waitFor();
    await page.getByRole("navigation").first().getByRole("link", { name: "Schedules" }).click();
    await page.locator("[data-schedule-id]").nth(1).waitFor();
    expect(await page.locator("[data-schedule-id]").first().getByRole("link").first().textContent()).toBe("boxed");
    await seen(page, "139-all-schedules");

    await page.getByRole("link", { name: "clockwork" }).click();
    await row.getByRole("button", { name: /^Resume/ }).click();
    await page.locator(`[data-schedule-id="${id}"][data-paused=false]`).waitFor();
    await row.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await seen(page, "140-delete-schedule");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("No schedules yet").waitFor();
    await page.getByRole("navigation", { name: "Parts of this service" }).getByText("Snapshots").click();
    await page.locator("[data-snapshot-id]").nth(1).waitFor();
  });
});

describe("scripts", () => {
  test("are for virtual machines; they are chosen, filled in, run on demand and removed", async () => {
    await page.goto(at(`/services/${box.id}/scripts`));
    await page.getByText("Scripts are for virtual machines").waitFor();
    await seen(page, "141-scripts-container");
    await page.goto(at(`/services/${service.id}/scripts`));
    await page.getByText("No scripts chosen yet").waitFor();
    await seen(page, "142-no-scripts");
    await page.getByRole("button", { name: "Add your first script" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Script", { exact: true }).waitFor();
    await dialog.getByLabel("When").selectOption("on_demand");
    await dialog.getByLabel("Whom to greet").fill("");
    await dialog.getByLabel("How often").fill("many");
    await dialog.getByRole("button", { name: "Add a script" }).click();
    await dialog.getByText("A whole number").waitFor();
    await seen(page, "143-choose-script");
    await dialog.getByLabel("Whom to greet").fill("the night shift");
    await dialog.getByLabel("How often").fill("2");
    await dialog.getByRole("button", { name: "Add a script" }).click();
    await page.locator("[data-event=on_demand] [data-choice-id]").waitFor();
    await page.getByRole("button", { name: "Run Greeting now" }).click();
    const run = page.locator("[data-run-id]").first();
    await page
      .locator("[data-run-state=succeeded], [data-run-state=failed], [data-run-state=unreachable]")
      .first()
      .waitFor({ timeout: 120_000 });
    if (runtime === "qemu") {
      await run.locator("summary").click();
      await run.getByText("Hello, the night shift").waitFor();
      await run.getByText("Exit code 0").waitFor();
    }
    await seen(page, "144-scripts");
    await page.getByRole("button", { name: "Remove Greeting" }).click();
    await seen(page, "145-remove-script");
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.locator("[data-choice-id]").waitFor({ state: "detached" });
    await run.waitFor();
  });

  test("run at the first boot of a launch, whose page tells what came of them", async () => {
    await page.goto(at("/launch"));
    await page.getByRole("button", { name: /Tiny Container/ }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).waitFor();
    expect(await page.getByTestId("first-boot").count()).toBe(0);
    await page.goto(at("/launch"));
    await page.getByRole("button", { name: /Tiny Linux/ }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill("greeter");
    await page.getByLabel("Password", { exact: true }).fill("open-sesame-7");
    await page.getByTestId("first-boot").locator("summary").click();
    await page.getByLabel("Greeting").check();
    await page.getByLabel("Whom to greet").fill("");
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.locator("[name=parameter-whom][aria-invalid=true]").waitFor();
    await seen(page, "146-launch-scripts");
    await page.getByLabel("Whom to greet").fill("early birds");
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.getByTestId("launch-ready").waitFor({ timeout: 150_000 });
    const run = page.locator("[data-run-id]");
    await run.waitFor();
    if (runtime === "qemu") await run.getByText("Hello, early birds").waitFor();
    await seen(page, "147-launched-with-scripts");
  });

  test("the portal tells of schedules and scripts in Portuguese", async () => {
    await page.goto(at("/schedules"));
    await page.getByRole("heading", { level: 1, name: "Schedules" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("portug");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Agendamentos" }).waitFor();
    await page.goto(at(`/services/${box.id}/schedules`));
    await page.getByText("Desligar", { exact: true }).last().waitFor();
    await page.getByRole("button", { name: "Adicionar agendamento" }).click();
    await page.getByRole("dialog").getByLabel("Com que frequência").selectOption("weekly");
    await seen(page, "148-portugues-agendamento");
  });
});

describe("all of it", () => {
  test("no page has thrown, the books are right, and axe finds nothing serious on any of them", () => {
    expect(errors.flat()).toEqual([]);
    expect(findings).toEqual([]);
    expect(ledgerFaults(databaseFile)).toEqual([]);
  });
});
