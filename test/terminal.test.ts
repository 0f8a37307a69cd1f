// Terminals: a container's shell and a virtual machine's serial line through the portal, bounded, and on the same leash as screens.
import { beforeAll, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { Transcript } from "../lab/guests/transcript.ts";
import type { CatalogueView, ConsoleView, ServiceView } from "../worker/rules/views.ts";
import { launched } from "./harness/portal.ts";
import type { LaunchBody, Tenant } from "./harness/portal.ts";
import { pve, root } from "./harness/pve.ts";
import { otherSession, vmidOf } from "./harness/site.ts";
import { closing, opened, streamOf } from "./harness/socket.ts";
import { power } from "./harness/verb-requests.ts";
import { copier, done, refusal } from "./harness/verbs.ts";

const MOST_UNSEEN = 256 * 1_024;
const PROMPT = "root@shell:~# ";

let tenant: Tenant;
let box: ServiceView;
let machine: ServiceView;

beforeAll(async () => {
  tenant = await copier("terminal");
  const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
  const login = { password: "opensesame" } as LaunchBody["login"];
  const templateId = templates.find((row) => row.kind === "container")?.id ?? "";
  [box, machine] = await Promise.all([launched(tenant, { name: "shell", templateId, login }), launched(tenant)]);
}, 90_000);

interface Terminal {
  socket: WebSocket;
  printed: Transcript;
  /** Every byte that came. */
  bytes: () => number;
  send: (frame: string) => void;
  type: (text: string) => void;
}

async function open(service: ServiceView, person = tenant.person): Promise<Terminal> {
  const at = tenant.at(`/services/${service.id}/console`);
  const view = await person.ok<ConsoleView>("POST", at, { kind: "terminal" });
  expect(view.password).toBe("");
  const socket = await opened(person, view.path);
  const stream = streamOf(socket);
  let count = 0;
  stream.on("data", (chunk: Buffer) => (count += chunk.length));
  const send = (frame: string) => socket.send(Buffer.from(frame));
  const type = (text: string) => send(`0:${Buffer.byteLength(text)}:${text}`);
  return { socket, printed: new Transcript(stream), bytes: () => count, send, type };
}

describe("a terminal", () => {
  it("is a container's shell, of root, without a word of the server's ticket", async () => {
    const terminal = await open(box);
    terminal.send("1:80:24:");
    terminal.type("\n");
    const welcome = await terminal.printed.until(PROMPT, 10_000);
    expect(welcome).not.toMatch(/^OK|PVEVNC/);
    terminal.type("id; hostname\n");
    expect(await terminal.printed.until(`\n${PROMPT}`, 10_000)).toMatch(/\nuid=0\(root\).*\nshell\r/s);
    terminal.send("2");
    terminal.socket.close();
  });

  it("is a virtual machine's serial line, where it has one", async () => {
    const terminal = await open(machine);
    terminal.type("\n");
    await terminal.printed.until("login:", 20_000);
    terminal.socket.close();
    const as = await root();
    await done(tenant, power(tenant, machine.id, "stop"));
    await pve(as, "PUT", `/nodes/pve1/qemu/${vmidOf(machine.id)}/config`, { delete: "serial0" });
    await done(tenant, power(tenant, machine.id, "start"));
    const ask = tenant.person.send("POST", tenant.at(`/services/${machine.id}/console`), { kind: "terminal" });
    expect(await refusal(ask as Parameters<typeof refusal>[0])).toEqual([409, "no_terminal"]);
  });

  it("leaves out what the page does not keep up with, and goes on when it does", async () => {
    const terminal = await open(box);
    terminal.type("\n");
    await terminal.printed.until(PROMPT, 10_000);
    // Twice as much comes back as is typed: the line itself, and what it prints.
    for (let line = 0; line < 90; line += 1) terminal.type(`echo ${"x".repeat(2_000)}\n`);
    await expect.poll(() => terminal.bytes(), { timeout: 20_000 }).toBeGreaterThan(MOST_UNSEEN - 8_192);
    await new Promise((wake) => setTimeout(wake, 1_500));
    expect(terminal.bytes()).toBeLessThanOrEqual(MOST_UNSEEN);
    terminal.send(`3:${terminal.bytes()}:`);
    terminal.type("echo the-end\n");
    expect(await terminal.printed.until("\r\nthe-end", 10_000)).toMatch(/\[\u2026 \d+ bytes \u2026\]/);
    terminal.socket.close();
  });

  it("ends where a page sends more than anybody types", async () => {
    const terminal = await open(box);
    const closed = closing(terminal.socket);
    terminal.type("y".repeat(70_000));
    expect((await closed).code).toBe(1009);
  });

  it("ends when the guest is stopped", async () => {
    const terminal = await open(box);
    terminal.type("\n");
    await terminal.printed.until(PROMPT, 10_000);
    const closed = closing(terminal.socket);
    await done(tenant, power(tenant, box.id, "stop"));
    expect((await closed).code).toBe(1000);
    await done(tenant, power(tenant, box.id, "start"));
  });

  it("is cut when its session is signed out", async () => {
    const person = await otherSession(tenant);
    const terminal = await open(box, person);
    terminal.type("\n");
    await terminal.printed.until(PROMPT, 10_000);
    const closed = closing(terminal.socket);
    await person.ok("POST", "/api/auth/sign-out", {});
    expect((await closed).code).toBe(1008);
  });
});
