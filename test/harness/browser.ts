// Chromium for the journeys: one browser per file, screenshots in light, dark and phone width, findings of axe.
import { AxeBuilder } from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { ROOT } from "../../lab/stack/stack.ts";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** Written anew by every run, ignored by git: to be looked at by people. */
const SCREENS = join(ROOT, "test/e2e/screens");

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

interface OpenWindow {
  context: BrowserContext;
  page: Page;
  errors: string[];
}

interface Account {
  email: string;
  password: string;
}

/** A fresh person's window; whatever the pages throw is collected in `errors`. */
export async function openWindow(browser: Browser, origin: string): Promise<OpenWindow> {
  const context = await browser.newContext({
    viewport: DESKTOP,
    baseURL: origin,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(String(error.error())));
  const page = await context.newPage();
  return { context, page, errors };
}

/** The same of somebody who has signed in, at the first page that they come to. */
export async function openSignedIn(browser: Browser, origin: string, account: Account): Promise<OpenWindow> {
  const window = await openWindow(browser, origin);
  await signIn(window.page, account);
  return window;
}

/** Signs in, and waits for the first page: an operator's is the clusters. */
export async function signIn(page: Page, account: Account): Promise<void> {
  await typePassword(page, account);
  await page.getByRole("heading", { level: 1, name: /Overview|Clusters/ }).waitFor();
}

/** Sends address and password, whatever comes of it. */
export async function typePassword(page: Page, { email, password }: Account): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Takes the screen in light, dark and phone width, and answers what axe finds serious about it in light and dark. */
export async function show(page: Page, name: string): Promise<string[]> {
  mkdirSync(SCREENS, { recursive: true });
  const findings: string[] = [];
  await loaded(page);
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await settle(page);
    await page.screenshot({ path: join(SCREENS, `${name}-${scheme}.png`) });
    findings.push(...(await seriousFindings(page, `${name}, ${scheme}`)));
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await settle(page);
  await page.screenshot({ path: join(SCREENS, `${name}-phone.png`) });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) findings.push(`${name}, phone: ${overflow} px wider than the screen`);
  await page.setViewportSize(DESKTOP);
  return findings;
}

async function seriousFindings(page: Page, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
    .analyze();
  return violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map(
      (violation) => `${where}: ${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join("; ")}`,
    );
}

/** Until there is a page, and on it what it has asked for; what is not there by then is shown as it is. */
async function loaded(page: Page): Promise<void> {
  await page.locator("main").first().waitFor();
  const bones = page.locator("main [data-skeleton]");
  for (let tries = 0; tries < 50 && (await bones.count()) > 0; tries += 1) await page.waitForTimeout(100);
}

/** Two frames: colours and layout of the emulated medium have been painted. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

function chromiumPath(): string {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error("Chromium is missing: sudo apt-get install -y chromium");
}
