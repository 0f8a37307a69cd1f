// One WebSocket to a tenant's feed: keeps it alive, comes back with growing pauses, and tells whether it is up.
import { createSignal } from "solid-js";
import type { FeedEvent } from "../../../worker/rules/views.ts";
import { feedPath, socketUrl } from "../../api.ts";

type FeedState = "off" | "connecting" | "up" | "down";
const [state, setState] = createSignal<FeedState>("off");

export { state as feedState };

/** True while pages have to ask by themselves. */
export const feedDown = () => state() === "down";

const PING_MS = 30_000;
/** A socket that stays silent this long after a ping is dead, whatever the browser believes. */
const SILENCE_MS = 45_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

interface Handlers {
  onEvent: (event: FeedEvent) => void;
  /** The feed is up again after a gap in which events may have been missed. */
  onResume: () => void;
  /** The Worker closed the feed because the session was signed out. */
  onSignedOut: () => void;
}

/** Close code with which the Worker ends the feed of a session that is signed out. */
const SIGNED_OUT = 4401;

/** Pause before the attempt of this number (0, 1, 2, …), with up to half of it taken off by chance (0..1). */
export function pauseBefore(attempt: number, chance: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return Math.round(pause * (1 - chance / 2));
}

/** Opens the feed of a tenant; the function it answers closes it for good. */
export function openFeed(tenant: string, handlers: Handlers): () => void {
  let closed = false;
  let attempt = 0;
  let gap = false;
  let socket: WebSocket | undefined;
  let heardAt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function connect() {
    clearTimeout(retry);
    if (closed) return;
    const mine = new WebSocket(socketUrl(feedPath(tenant)));
    socket = mine;
    mine.addEventListener("message", (message: MessageEvent<unknown>) => {
      heardAt = Date.now();
      if (typeof message.data !== "string" || message.data === "pong") return;
      const event = parse(message.data);
      if (!event) return;
      if (event.type === "hello") {
        attempt = 0;
        setState("up");
        if (gap) handlers.onResume();
        gap = false;
      }
      handlers.onEvent(event);
    });
    mine.addEventListener("close", (event) => {
      if (closed || socket !== mine) return;
      if (event.code === SIGNED_OUT) handlers.onSignedOut();
      gap = true;
      setState("down");
      retry = setTimeout(connect, pauseBefore(attempt++, Math.random()));
    });
  }

  const ping = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heardAt > PING_MS + SILENCE_MS) socket.close();
    else socket.send("ping");
  }, PING_MS);

  const hurry = () => {
    if (document.visibilityState === "visible" && state() === "down") connect();
  };
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);

  setState("connecting");
  connect();

  return () => {
    closed = true;
    clearTimeout(retry);
    clearInterval(ping);
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
    socket?.close();
    setState("off");
  };
}

function parse(text: string): FeedEvent | null {
  try {
    return JSON.parse(text) as FeedEvent;
  } catch {
    return null;
  }
}
