// Login and console tickets: what they are bound to, and for how long.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Tickets, consolePassword } from "./tickets.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-tickets-"));
afterAll(() => rmSync(stateDir, { recursive: true }));
const tickets = new Tickets(stateDir);
const NOW = 1_795_219_261;

describe("login tickets", () => {
  test("name their user for two hours", () => {
    const ticket = tickets.login("ana@pve", NOW);
    expect(ticket).toMatch(/^PVE:ana@pve:[0-9A-F]{8}::[A-Za-z0-9+/=]{344}$/);
    expect(tickets.userOfLogin(ticket, NOW + 7_200)).toBe("ana@pve");
    expect(tickets.userOfLogin(ticket, NOW + 7_201)).toBeNull();
    expect(tickets.userOfLogin(ticket.replace("ana@", "eva@"), NOW)).toBeNull();
  });

  test("outlive a restart", () => {
    expect(new Tickets(stateDir).userOfLogin(tickets.login("ana@pve", NOW), NOW)).toBe("ana@pve");
  });

  test("come with a CSRF token of the same user", () => {
    const csrf = tickets.csrf("ana@pve", NOW);
    expect(csrf).toMatch(/^[0-9A-F]{8}:[A-Za-z0-9+/]{43}$/);
    expect(tickets.isCsrf(csrf, "ana@pve", NOW)).toBe(true);
    expect(tickets.isCsrf(csrf, "eva@pve", NOW)).toBe(false);
  });
});

describe("console tickets", () => {
  const password = "a:b:c:d:";
  const ticket = tickets.console("ana@pve!cli", "/vms/301", 5_900, NOW, password);

  test("have the real shape, with a password that may hold colons", () => {
    expect(ticket).toHaveLength(370);
    expect(ticket.startsWith(password)).toBe(true);
    expect(consolePassword()).toMatch(/^[!-`]{8}$/);
  });

  test.each([
    ["who", "ana@pve", "/vms/301", 5_900, 0, false],
    ["guest", "ana@pve!cli", "/vms/302", 5_900, 0, false],
    ["port", "ana@pve!cli", "/vms/301", 5_901, 0, false],
    ["too late", "ana@pve!cli", "/vms/301", 5_900, 41, false],
    ["too early", "ana@pve!cli", "/vms/301", 5_900, -21, false],
    ["right", "ana@pve!cli", "/vms/301", 5_900, 40, true],
  ])("are bound: %s", (_, authId, path, port, after, valid) => {
    expect(tickets.isConsole(ticket, authId, path, port, NOW + after)).toBe(valid);
  });
});
