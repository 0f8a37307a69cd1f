// Opening a guest's screen: a ticket for one connection, and the connection itself.
import { z } from "zod";
import { LooseNumber, pveRequest, pveUpgrade, Upid } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt } from "./guests.ts";

/** What vncproxy hands out; it stays in the Worker but for the password. */
export interface VncTicket {
  port: number;
  ticket: string;
  password: string;
  upid: string;
}

const Answer = z.object({ port: LooseNumber, ticket: z.string().min(9), password: z.string().optional(), upid: Upid });

/**
 * POST …/vncproxy: a listener that waits 10 seconds for one connection by the very same token. The password is the answer's
 * own or, on older servers, the first eight characters of the ticket.
 */
export async function openVncProxy(access: PveAccess, at: GuestAt): Promise<VncTicket> {
  const path = guestPath(at, "vncproxy");
  const answer = await pveRequest(access, "POST", path, { websocket: 1 }, Answer);
  return {
    port: answer.port,
    ticket: answer.ticket,
    password: answer.password ?? answer.ticket.slice(0, 8),
    upid: answer.upid,
  };
}

/**
 * GET …/vncwebsocket: the response whose WebSocket carries the screen; the signal, aborted, closes both sides. `asked` is the
 * client's list of subprotocols, of which the server knows `binary`.
 */
export function connectVnc(
  access: PveAccess,
  at: GuestAt,
  ticket: VncTicket,
  asked: string | null,
  signal: AbortSignal,
): Promise<Response> {
  const path = guestPath(at, "vncwebsocket");
  const wantsBinary = asked?.split(",").some((name) => name.trim() === "binary") ?? false;
  return pveUpgrade(
    access,
    path,
    { port: ticket.port, vncticket: ticket.ticket },
    wantsBinary ? "binary" : null,
    signal,
  );
}
