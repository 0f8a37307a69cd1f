// From the sign-in page to the console of a new service in Chromium, as a person goes; what the hands do is counted by the pages.
import type { BrowserContext } from "playwright-core";
import { openWindow, startBrowser } from "../harness/browser.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import type { Bench } from "./measure.ts";

const NAME = "web";
const PASSWORD = "opensesame";
const PATIENCE = { timeout: 120_000 };

const MOST_CLICKS = 7;
/** Beside the letters of the four fields that nobody can fill but the person: address, two passwords, name. */
const MOST_OTHER_KEYS = 4;

export async function walkToConsole(bench: Bench, site: Site, tenant: Tenant): Promise<void> {
  bench.say("from sign-in to the console, in Chromium …");
  const browser = await startBrowser();
  bench.atEnd(() => browser.close());
  const { context, page } = await openWindow(browser, site.origin);
  const hands = await counted(context);
  await page.goto("/sign-in");
  const startedAt = performance.now();
  await page.getByLabel("E-mail").click();
  await page.keyboard.type(tenant.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(tenant.password);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Launch your first service" }).click();
  await page.getByRole("button", { name: /Tiny Linux/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name", { exact: true }).click();
  await page.keyboard.type(NAME);
  await page.getByLabel("Password", { exact: true }).click();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.locator("[data-operation-status=succeeded]").first().waitFor(PATIENCE);
  const popup = context.waitForEvent("page");
  await page.getByRole("button", { name: "Open console" }).first().click();
  const screen = await popup;
  await screen.locator("[data-console-state=connected]").waitFor(PATIENCE);
  const letters = [tenant.email, tenant.password, NAME, PASSWORD].join("").length;
  const { clicks, keys } = hands;
  const other = keys - letters;
  bench.say(
    `${clicks} clicks, ${keys} keystrokes: ${letters} letters of four fields and ${other} other keys; ` +
      `${Math.round((performance.now() - startedAt) / 1_000)} s with nobody thinking`,
  );
  bench.claim(`at most ${MOST_CLICKS} clicks lead to the console (${clicks})`, clicks <= MOST_CLICKS);
  bench.claim(`at most ${MOST_OTHER_KEYS} keys beside what the fields hold (${other})`, other <= MOST_OTHER_KEYS);
  Object.assign(bench.figures, { walk: { clicks, keys, letters } });
  await browser.close();
}

/** Counts what comes from a hand in every page of a window, from now on. */
async function counted(context: BrowserContext): Promise<{ clicks: number; keys: number }> {
  const hands = { clicks: 0, keys: 0 };
  await context.exposeFunction("countHand", (kind: "clicks" | "keys") => {
    hands[kind] += 1;
  });
  await context.addInitScript(() => {
    const count = (kind: string) => (event: Event) => {
      if (event.isTrusted) void (window as unknown as { countHand: (kind: string) => void }).countHand(kind);
    };
    addEventListener("pointerdown", count("clicks"), true);
    addEventListener("keydown", count("keys"), true);
  });
  return hands;
}
