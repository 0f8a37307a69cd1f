// WebSockets as a browser opens them: with the cookies of a session and an Origin, both of which a test may get wrong.
import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { Person } from "../../lab/stack/person.ts";
import type { FeedEvent, Problem } from "../../worker/rules/views.ts";

export type Opened = { socket: WebSocket; status: 101; code: null } | { socket: null; status: number; code: string };

/** Asks for a WebSocket; answers it, or the status and error code of the refusal. `origin: null` sends none. */
export function openSocket(
  person: Person,
  path: string,
  more: { origin?: string | null; protocol?: string } = {},
): Promise<Opened> {
  const url = new URL(path, person.origin);
  url.protocol = "ws:";
  const origin = more.origin === undefined ? person.origin : more.origin;
  const socket = new WebSocket(url, more.protocol === undefined ? [] : [more.protocol], {
    headers: { cookie: person.cookie, ...(origin === null ? {} : { origin }) },
    perMessageDeflate: false,
  });
  const early: Buffer[] = [];
  listeners.set(socket, (message) => void early.push(message));
  socket.on("message", (message: Buffer) => listeners.get(socket)?.(message));
  earlyMessages.set(socket, early);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve({ socket, status: 101, code: null }));
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        resolve({ socket: null, status, code: status === 0 ? "" : ((JSON.parse(text) as Problem).code ?? "") });
      });
    });
  });
}

/** The same, for a test that goes on only with a socket. */
export async function opened(person: Person, path: string, protocol?: string): Promise<WebSocket> {
  const answer = await openSocket(person, path, protocol === undefined ? {} : { protocol });
  if (!answer.socket) throw new Error(`no WebSocket: ${answer.status} ${answer.code}`);
  return answer.socket;
}

/** The first message may come with the upgrade itself, before anybody can listen: all are kept until somebody does. */
const listeners = new WeakMap<WebSocket, (message: Buffer) => void>();
const earlyMessages = new WeakMap<WebSocket, Buffer[]>();

function listen(socket: WebSocket, listener: (message: Buffer) => void): void {
  listeners.set(socket, listener);
  for (const message of earlyMessages.get(socket) ?? []) listener(message);
  earlyMessages.delete(socket);
}

/** The socket's messages as one stream of bytes. */
export function streamOf(socket: WebSocket): Duplex {
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => socket.send(chunk, { binary: true }, done),
    destroy: (_error, done) => {
      socket.terminate();
      done(null);
    },
  });
  listen(socket, (message) => void stream.push(message));
  socket.once("close", () => stream.push(null));
  return stream;
}

/** Settles when the socket is closed, with its code and how long that took. */
export function closing(socket: WebSocket): Promise<{ code: number; milliseconds: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    socket.once("close", (code) => resolve({ code, milliseconds: performance.now() - startedAt }));
  });
}

/** Everything that a feed has sent so far, and waiting for something to come. */
export class Feed {
  readonly events: FeedEvent[] = [];
  readonly texts: string[] = [];
  readonly socket: WebSocket;
  private wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    listen(socket, (data) => {
      const text = data.toString("utf8");
      if (text.startsWith("{")) this.events.push(JSON.parse(text) as FeedEvent);
      else this.texts.push(text);
      this.wake();
    });
  }

  /** Waits until the condition holds for what has come; throws after 20 seconds. */
  async until(condition: (feed: Feed) => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!condition(this)) {
      if (Date.now() > deadline)
        throw new Error(`the feed never sent that; it sent ${JSON.stringify(this.events).slice(-2_000)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 500);
      });
    }
  }
}
