// A person at a guest's screen, in a browser: typing as a hand does, and what the guest says on its serial line.
import type { BrowserContext, Page } from "playwright-core";
import { pause } from "./portal.ts";
import { booted } from "./pve.ts";

/** Presses the keys as a hand does: the guest hears positions of keys, so that Shift has to be held for what needs it. */
export async function typeLine(target: Page, text: string): Promise<void> {
  for (const letter of text) {
    const plain = UNSHIFTED[letter] ?? (/[A-Z]/.test(letter) ? letter.toLowerCase() : undefined);
    if (plain !== undefined) await target.keyboard.down("Shift");
    await target.keyboard.press(plain ?? letter, { delay: 20 });
    if (plain !== undefined) await target.keyboard.up("Shift");
    await pause(20);
  }
  await target.keyboard.press("Enter");
}

/** The serial line of the guest of this number, all that it has said since its start. */
export async function serialOf(controlUrl: string, vmid: number): Promise<string> {
  return (await fetch(`${controlUrl}/guests/${vmid}/serial`)).text();
}

/** Opens a service's console in a window of its own and signs in on the guest. */
export async function logInOnScreen(
  context: BrowserContext,
  path: string,
  login: { user: string; password: string },
): Promise<Page> {
  const screen = await context.newPage();
  await screen.goto(path);
  await screen.locator("[data-console-state=connected]").waitFor({ timeout: 60_000 });
  await screen.locator("canvas").click();
  await typeLine(screen, login.user);
  await pause(1_500);
  await typeLine(screen, login.password);
  await pause(2_500);
  return screen;
}

/** Signs in on a guest's screen as a person would, types, and answers what the last command says there. */
export async function askInside(
  context: BrowserContext,
  { controlUrl, vmid, path, login }: InGuest,
  ...commands: string[]
): Promise<string> {
  await booted(vmid);
  const screen = await logInOnScreen(context, path, login);
  const mark = `said-${++said}`;
  for (const command of commands.slice(0, -1)) await typeLine(screen, command);
  // The mark is put together by the guest, so that an echo of what was typed does not look like an answer.
  await typeLine(screen, `echo ${mark}-$(${commands.at(-1)})-end > /dev/ttyS0`);
  const answer = new RegExp(`${mark}-([^]*?)-end`);
  await until(async () => answer.test(await serialOf(controlUrl, vmid)), `the guest to say ${mark}`);
  await screen.close();
  return (answer.exec(await serialOf(controlUrl, vmid))?.[1] ?? "").trim();
}

export interface InGuest {
  controlUrl: string;
  vmid: number;
  /** Of the service's console. */
  path: string;
  login: { user: string; password: string };
}

let said = 0;

/** Waits until something holds; throws with what was waited for. */
export async function until(holds: () => Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(200);
  }
}

/** Signs of a US keyboard that need Shift, and the key that they are on. */
const UNSHIFTED: Record<string, string> = {
  $: "4",
  "(": "9",
  ")": "0",
  "+": "=",
  ">": ".",
  "*": "8",
  "|": "\\",
  "&": "7",
};
