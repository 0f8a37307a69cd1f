// One object per tenant: the WebSockets of its open pages, and whatever there is to tell them.
import { DurableObject } from "cloudflare:workers";
import { createDeps } from "../deps.ts";
import type { Bindings } from "../env.ts";
import type { FeedEvent } from "../rules/views.ts";
import { clusterIds } from "../domain/clusters.ts";

/** How long the polls of clusters go on sending samples after a page last said that it is there. */
const WATCHER_TTL_MS = 90_000;

export class TenantFeed extends DurableObject<Bindings> {
  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Takes the WebSocket of a page. The Worker has checked session, membership and origin, and names both in headers of its own
   * making, so that the sockets of one session can be closed.
   */
  override async fetch(request: Request): Promise<Response> {
    const tenantId = request.headers.get("x-nubemox-tenant") ?? "";
    const sessionId = request.headers.get("x-nubemox-session") ?? "";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [sessionId]);
    server.send(JSON.stringify({ type: "hello", at: Date.now() } satisfies FeedEvent));
    await this.ctx.storage.put("tenantId", tenantId);
    await this.subscribe(tenantId);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Sends an event to every open page. */
  async publish(event: FeedEvent): Promise<void> {
    const text = JSON.stringify(event);
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(text);
      } catch {
        // The page is going away; its close event follows.
      }
    }
  }

  /** Closes the pages of one session: it was signed out or revoked, or its person has left the tenant. */
  async closeSession(sessionId: string, why: "signed_out" | "left" = "signed_out"): Promise<void> {
    const [code, reason] = why === "left" ? [4403, "no member any more"] : [4401, "signed out"];
    for (const socket of this.ctx.getWebSockets(sessionId)) socket.close(code, reason);
  }

  /** Renews the subscription to samples while somebody watches. */
  override async alarm(): Promise<void> {
    if (this.ctx.getWebSockets().length === 0) return;
    const tenantId = await this.ctx.storage.get<string>("tenantId");
    if (tenantId) await this.subscribe(tenantId);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // 1005 and 1006 may not be sent back.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  private async subscribe(tenantId: string): Promise<void> {
    const deps = createDeps(this.env);
    const until = Date.now() + WATCHER_TTL_MS;
    for (const clusterId of await clusterIds(deps)) {
      await this.env.WATCHES.get(this.env.WATCHES.idFromName(clusterId)).subscribe(clusterId, tenantId, until);
    }
    await this.ctx.storage.setAlarm(Date.now() + (WATCHER_TTL_MS * 2) / 3);
  }
}
