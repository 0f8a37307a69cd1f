// Opening a guest's screen or terminal: a ticket for one connection, and the connection itself.
import { z } from "zod";
import { LooseNumber, pveRequest, pveUpgrade, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt } from "./guests.ts";

/** What vncproxy or termproxy hands out; it stays in the Worker but for a screen's password. */
export interface ConsoleTicket {
  kind: "screen" | "terminal";
  user: string;
  port: number;
  ticket: string;
  /** A screen's; empty for a terminal. */
  password: string;
  upid: string;
}

const Answer = z.object({
  user: z.string(),
  port: LooseNumber,
  ticket: z.string().min(9),
  password: z.string().optional(),
  upid: Upid,
});

/**
 * POST …/vncproxy: a listener that waits 10 seconds for one connection by the very same token. The password is the answer's
 * own or, on older servers, the first eight characters of the ticket.
 */
export async function openVncProxy(access: PveAccess, at: GuestAt): Promise<ConsoleTicket> {
  const answer = await pveRequest(access, "POST", guestPath(at, "vncproxy"), { websocket: 1 }, Answer);
  return { ...answer, kind: "screen", password: answer.password ?? answer.ticket.slice(0, 8) };
}

/** POST …/termproxy: the same for a container's console, or a virtual machine's serial line where it has one. */
export async function openTermProxy(access: PveAccess, at: GuestAt): Promise<ConsoleTicket> {
  const answer = await pveRequest(access, "POST", guestPath(at, "termproxy"), {}, Answer);
  return { ...answer, kind: "terminal", password: "" };
}

/** The line that opens a terminal, which the server wants first of all. */
export function openingLine({ user, ticket }: ConsoleTicket): string {
  return `${user}:${ticket}\n`;
}

/**
 * GET …/vncwebsocket: the response whose WebSocket carries the bytes; the signal, aborted, closes both sides. `asked` is the
 * client's list of subprotocols, of which the server knows `binary`.
 */
export function connectConsole(
  access: PveAccess,
  at: GuestAt,
  ticket: ConsoleTicket,
  asked: string | null,
  signal: AbortSignal,
): Promise<Response> {
  const wantsBinary = asked?.split(",").some((name) => name.trim() === "binary") ?? false;
  const params = { port: ticket.port, vncticket: ticket.ticket };
  return pveUpgrade(access, guestPath(at, "vncwebsocket"), params, wantsBinary ? "binary" : null, signal);
}
