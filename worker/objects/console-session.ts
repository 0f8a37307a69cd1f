// The leash on a service's consoles: opens them one at a time, passes a screen's frames through untouched, and can cut them at once.
import { DurableObject } from "cloudflare:workers";
import { createDeps } from "../deps.ts";
import { consoleTarget, noteConsoleClosed, noteConsoleOpened, sessionHolds } from "../domain/consoles.ts";
import type { CloseReason, ConsoleOwner } from "../domain/consoles.ts";
import type { Bindings } from "../env.ts";
import { AppError } from "../errors.ts";
import { connectConsole, openingLine, openTermProxy, openVncProxy } from "../pve/console.ts";
import type { ConsoleTicket } from "../pve/console.ts";
import { guestConfig, guestPower } from "../pve/guests.ts";
import { taskState } from "../pve/tasks.ts";
import type { ConsoleKind, ConsoleView } from "../rules/views.ts";
import { pumpTerminal } from "./terminal-pump.ts";

/** Proxmox VE's listener waits 10 seconds; the address dies a little earlier, so that late comers get an answer of ours. */
const TICKET_LIFE_MS = 9_000;
/** The longest that one console may stay open. */
const LONGEST_MS = 8 * 60 * 60_000;
/** How often each open console's right to exist is looked at again. */
const LEASH_CHECK_MS = 60_000;

interface Pending {
  owner: ConsoleOwner;
  ticket: ConsoleTicket;
  expiresAt: number;
  /** Somebody is connecting with it: it stays here until that stands, but opens nothing more. */
  taken: boolean;
}

interface Open {
  owner: ConsoleOwner;
  leash: AbortController;
  upid: string;
  until: number;
}

/**
 * One object per service, so that opening is serialised: a second vncproxy replaces the guest's VNC password, and two at once
 * would break each other. Tickets live in memory only and die with it.
 */
export class ConsoleSession extends DurableObject<Bindings> {
  private readonly pending = new Map<string, Pending>();
  private readonly open = new Map<string, Open>();
  private queue: Promise<unknown> = Promise.resolve();

  /** Gets a ticket for one connection; answers the one-use address and password, or the error's code. */
  async prepare(owner: ConsoleOwner, kind: ConsoleKind): Promise<Prepared> {
    const turn = this.queue.then(() => this.prepareNow(owner, kind));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async prepareNow(owner: ConsoleOwner, kind: ConsoleKind): Promise<Prepared> {
    // A page that asks again has given its former ticket up.
    for (const [id, entry] of this.pending) if (entry.owner.sessionId === owner.sessionId) this.pending.delete(id);
    await this.untilNoOpening();
    const deps = createDeps(this.env);
    const { access, at } = await consoleTarget(deps, owner.tenantId, owner.serviceId);
    if ((await guestPower(access, at)) === "stopped") return { ok: false, code: "not_running" };
    const isSerial = kind === "terminal" && at.kind === "vm";
    if (isSerial && (await guestConfig(access, at)).serial0 !== "socket") return { ok: false, code: "no_terminal" };
    const ticket = await (kind === "terminal" ? openTermProxy : openVncProxy)(access, at);
    const id = deps.newId("con");
    const expiresAt = Date.now() + TICKET_LIFE_MS;
    this.pending.set(id, { owner, ticket, expiresAt, taken: false });
    const path = `/api/tenants/${owner.tenantId}/services/${owner.serviceId}/console/${id}`;
    return { ok: true, view: { path, password: ticket.password, expiresAt } };
  }

  /** Waits until the ticket handed out before is used or dead: its password must hold until its connection stands. */
  private async untilNoOpening(): Promise<void> {
    for (;;) {
      for (const [id, entry] of this.pending) if (entry.expiresAt < Date.now()) this.pending.delete(id);
      if (this.pending.size === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The upgrade. The Worker has checked session, membership, service and origin; here: once, in time, by the same session. */
  override async fetch(request: Request): Promise<Response> {
    const consoleId = request.headers.get("x-nubemox-console") ?? "";
    const sessionId = request.headers.get("x-nubemox-session") ?? "";
    const entry = this.pending.get(consoleId);
    if (!entry || entry.taken || entry.owner.sessionId !== sessionId || entry.expiresAt < Date.now()) {
      return new Response(null, { status: 410 });
    }
    entry.taken = true;
    const deps = createDeps(this.env);
    const leash = new AbortController();
    try {
      const { access, at } = await consoleTarget(deps, entry.owner.tenantId, entry.owner.serviceId);
      const asked = request.headers.get("sec-websocket-protocol");
      const response = await connectConsole(access, at, entry.ticket, asked, leash.signal);
      this.open.set(consoleId, { owner: entry.owner, leash, upid: entry.ticket.upid, until: Date.now() + LONGEST_MS });
      await noteConsoleOpened(deps, consoleId, entry.owner);
      // A session that ended while this was being opened did not find it to cut.
      if (!(await sessionHolds(deps, entry.owner))) {
        await this.cut({ sessionId }, "revoked");
        return new Response(null, { status: 410 });
      }
      if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + LEASH_CHECK_MS);
      return entry.ticket.kind === "screen" ? response : terminalOf(response, entry.ticket, leash.signal);
    } catch (error) {
      deps.log("warn", "console_not_connected", { consoleId, error: String(error) });
      return new Response(null, { status: 502 });
    } finally {
      this.pending.delete(consoleId);
    }
  }

  /** Cuts consoles at once: those of one session or person, or all of the service. Answers how many. */
  async cut(filter: ConsoleFilter, reason: CloseReason): Promise<number> {
    for (const [id, entry] of this.pending) if (matches(entry.owner, filter)) this.pending.delete(id);
    const hits = [...this.open].filter(([, entry]) => matches(entry.owner, filter));
    for (const [, entry] of hits) entry.leash.abort();
    for (const [id] of hits) await this.forget(id, reason);
    return hits.length;
  }

  /** Looks again at every open console: still in time, its session still there, its listener still at work. */
  override async alarm(): Promise<void> {
    const deps = createDeps(this.env);
    for (const [id, entry] of this.open) {
      if (entry.until < Date.now()) await this.cutOne(id, entry, "expired");
      else if (!(await sessionHolds(deps, entry.owner))) await this.cutOne(id, entry, "revoked");
      else if (await this.hasEnded(entry)) await this.forget(id, "left");
    }
    if (this.open.size > 0) await this.ctx.storage.setAlarm(Date.now() + LEASH_CHECK_MS);
  }

  private async hasEnded(entry: Open): Promise<boolean> {
    try {
      const { access } = await consoleTarget(createDeps(this.env), entry.owner.tenantId, entry.owner.serviceId);
      return !(await taskState(access, entry.upid)).running;
    } catch (error) {
      return error instanceof AppError;
    }
  }

  private async cutOne(id: string, entry: Open, reason: CloseReason): Promise<void> {
    entry.leash.abort();
    await this.forget(id, reason);
  }

  private async forget(id: string, reason: CloseReason): Promise<void> {
    this.open.delete(id);
    await noteConsoleClosed(createDeps(this.env), id, reason);
  }
}

type Prepared = { ok: true; view: ConsoleView } | { ok: false; code: "not_running" | "no_terminal" };

/** A screen's frames pass untouched; of a terminal the Worker says the first word, so that the ticket stays here. */
function terminalOf(response: Response, ticket: ConsoleTicket, signal: AbortSignal): Response {
  if (!response.webSocket) throw new Error("an upgrade without a WebSocket");
  return new Response(null, { status: 101, webSocket: pumpTerminal(response.webSocket, openingLine(ticket), signal) });
}

/** Which consoles of a service; an empty one means all. */
interface ConsoleFilter {
  sessionId?: string;
  userId?: string;
}

function matches(owner: ConsoleOwner, filter: ConsoleFilter): boolean {
  const isSession = filter.sessionId === undefined || owner.sessionId === filter.sessionId;
  return isSession && (filter.userId === undefined || owner.userId === filter.userId);
}
