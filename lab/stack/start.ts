// `npm start` and `npm run dev`: the whole product on this machine, with demo accounts, until Ctrl-C.
import { join } from "node:path";
import { OPERATOR_EMAIL, seedDemo } from "./demo.ts";
import type { DemoAccount } from "./demo.ts";
import { buildPages } from "./pages.ts";
import { endProcess, freePort, startProcess } from "./processes.ts";
import { ROOT, startStack } from "./stack.ts";

const PORTAL_PORT = 8787;
const PVE_PORT = 8006;
const CONTROL_PORT = 8025;
const VITE_PORT = 5173;

const startedAt = performance.now();
const isDev = process.argv.includes("--dev");
const isVerbose = process.argv.includes("--verbose") || process.env.VERBOSE === "1";
const stateDir = join(ROOT, ".state/start");

say(isDev ? "Starting Nubemox for development …" : "Starting Nubemox …");
await buildPages("where older").catch(giveUp);
const pagePort = isDev ? await freePort(VITE_PORT) : undefined;
const stack = await startStack({
  stateDir,
  portalPort: PORTAL_PORT,
  pvePort: PVE_PORT,
  controlPort: CONTROL_PORT,
  runtime: "auto",
  labSpeed: 4,
  operatorEmails: OPERATOR_EMAIL,
  // In development people open Vite's port, so that is the origin that cookies and links stand on.
  ...(pagePort === undefined ? {} : { vars: { PUBLIC_ORIGIN: `http://localhost:${pagePort}` } }),
  onLine: (source, line) => {
    if (isVerbose || /\berror\b/i.test(line)) process.stderr.write(`[${source}] ${line}\n`);
  },
}).catch(giveUp);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave());

const portal = new URL(stack.origin);
const origin = pagePort === undefined ? stack.origin : `http://localhost:${pagePort}`;
const vite = pagePort === undefined ? undefined : startVite(pagePort);
if (vite) await waitFor(origin);
const accounts = await seedDemo(origin, stack.lab, join(stateDir, "demo.json"));
tell(accounts);

let isLeaving = false;

async function leave(): Promise<void> {
  if (isLeaving) return;
  isLeaving = true;
  say("\nStopping …");
  await Promise.all([stack.stop(), vite ? endProcess(vite, "SIGTERM", 2_000) : undefined]);
  process.exit(0);
}

/** Cron does not tick by itself on a developer's machine. */
setInterval(() => {
  void fetch(new URL("/cdn-cgi/handler/scheduled", stack.origin)).catch(() => undefined);
}, 60_000);

function startVite(port: number) {
  return startProcess({
    command: process.execPath,
    args: [join(ROOT, "node_modules/vite/bin/vite.js"), "--port", String(port), "--strictPort"],
    cwd: ROOT,
    env: { NUBEMOX_API: `http://127.0.0.1:${portal.port}` },
    onLine: (line) => process.stderr.write(`[vite] ${line}\n`),
  });
}

async function waitFor(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

function tell(list: DemoAccount[]): void {
  const moved = [
    ...(portal.port === String(PORTAL_PORT)
      ? []
      : [`Port ${PORTAL_PORT} is taken, so the portal is on ${portal.port}.`]),
    ...(new URL(stack.lab.pveUrl).port === String(PVE_PORT)
      ? []
      : [`Port ${PVE_PORT} is taken, so the lab's Proxmox VE is elsewhere.`]),
  ];
  const guests = stack.lab.runtime === "qemu" ? "real QEMU guests" : "painted guests (install QEMU for real ones)";
  say(
    [
      "",
      `  Portal    ${origin}`,
      `  Mailbox   ${stack.lab.controlUrl}/mail`,
      `  Lab       ${stack.lab.pveUrl}, ${guests}`,
      "",
      ...list.map(({ role, email, password }) => `  ${role.padEnd(9)} ${email.padEnd(20)} ${password}`),
      "",
      ...moved.map((line) => `  ${line}`),
      `  Ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s. Ctrl-C stops everything; what you made stays (npm run reset clears it).`,
      "",
    ].join("\n"),
  );
}

function giveUp(error: unknown): never {
  process.stderr.write(`\nIt did not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
