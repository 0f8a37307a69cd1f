// A VNC client as far as a measurement needs one: shakes hands over a WebSocket, then counts what comes or is told of it.
import type { WebSocket } from "ws";

export interface VncStream {
  socket: WebSocket;
  /** Payload bytes so far, those of the handshake left out. */
  received: () => number;
  /** Settles when so many payload bytes have come; rejects where the socket closes before. */
  until: (bytes: number) => Promise<void>;
  /** Settles when the socket is closed, with the moment of it (performance.now()). */
  closed: Promise<number>;
}

/** Stages of RFB 3.008 with VNC authentication: so many bytes are awaited, then that is sent. */
const STAGES: readonly { awaits: number; sends: Buffer }[] = [
  { awaits: 12, sends: Buffer.from("RFB 003.008\n", "latin1") },
  { awaits: 2, sends: Buffer.from([2]) },
  // The synthetic upstream takes any response for right.
  { awaits: 16, sends: Buffer.alloc(16) },
  { awaits: 4, sends: Buffer.from([1]) },
];
const SERVER_INIT_BYTES = 24;
const OPEN_TIMEOUT_MS = 15_000;

/** Waits for the handshake on a WebSocket that was just made. */
export async function vncStream(socket: WebSocket): Promise<VncStream> {
  let held = Buffer.alloc(0);
  let stage = 0;
  let payloadBytes = 0;
  let isReady = false;
  let wanted = Infinity;
  let reached: (() => void) | undefined;
  const count = (bytes: number): void => {
    payloadBytes += bytes;
    if (payloadBytes >= wanted) reached?.();
  };
  const closed = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now())));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no VNC handshake in time")), OPEN_TIMEOUT_MS);
    socket.once("close", (code) => reject(new Error(`closed before the handshake was over (${code})`)));
    socket.once("error", reject);
    socket.on("message", (data: Buffer) => {
      if (isReady) return count(data.length);
      held = Buffer.concat([held, data]);
      for (let next = STAGES[stage]; next && held.length >= next.awaits; next = STAGES[stage]) {
        held = held.subarray(next.awaits);
        stage += 1;
        socket.send(next.sends);
      }
      if (stage < STAGES.length || held.length < SERVER_INIT_BYTES) return;
      const initBytes = SERVER_INIT_BYTES + held.readUInt32BE(SERVER_INIT_BYTES - 4);
      if (held.length < initBytes) return;
      isReady = true;
      clearTimeout(timer);
      count(held.length - initBytes);
      resolve();
    });
  });
  const until = (bytes: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (payloadBytes >= bytes) return resolve();
      wanted = bytes;
      reached = resolve;
      void closed.then(() => reject(new Error(`closed after ${payloadBytes} of ${bytes} bytes`)));
    });
  socket.on("error", () => socket.terminate());
  return { socket, received: () => payloadBytes, until, closed };
}
