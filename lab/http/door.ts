// The one port of the API: TLS connections go through to it, plain HTTP is sent to where TLS is spoken.
import type { Server as HttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";

/** First byte of a TLS handshake. */
const HANDSHAKE = 0x16;
const MAX_HEAD_BYTES = 8 * 1_024;

/** A listener in front of the API, closed with it. */
export interface Door extends Server {
  closeAllConnections(): void;
}

export function createDoor(api: HttpsServer): Door {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      if (first[0] === HANDSHAKE) {
        socket.pause();
        socket.unshift(first);
        api.emit("connection", socket);
      } else redirect(socket, first);
    });
  });
  return Object.assign(server, {
    closeAllConnections: () => {
      for (const socket of open) socket.destroy();
    },
  });
}

/** Waits for the request's head, then names the same address with https. */
function redirect(socket: Socket, first: Buffer): void {
  let head = first.toString("latin1");
  const answer = (): void => {
    const [, path = "/"] = /^[A-Z]+ (\S+) HTTP\/1\.[01]\r?\n/.exec(head) ?? [];
    const host = /\r?\nhost:\s*([\w.:[\]-]+)/i.exec(head)?.[1];
    if (host === undefined || !path.startsWith("/")) {
      socket.destroy();
      return;
    }
    socket.end(
      `HTTP/1.1 301 Moved Permanently\r\nLocation: https://${host}${path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
  };
  const ended = (): boolean => /\r?\n\r?\n/.test(head);
  if (ended()) {
    answer();
    return;
  }
  const more = (chunk: Buffer): void => {
    head += chunk.toString("latin1");
    if (!ended() && head.length < MAX_HEAD_BYTES) return;
    socket.off("data", more);
    answer();
  };
  socket.on("data", more);
}
