// Carries bytes between a WebSocket and a guest's byte stream, each side held back while the other is full.
import type { Duplex } from "node:stream";
import { FrameReader, OPCODE, frameHeader } from "./frames.ts";

/** Relays until either side ends; `done` is called once, when both are gone. */
export function relay(socket: Duplex, head: Buffer, upstream: Duplex, done: () => void): void {
  let open = true;
  const end = (): void => {
    if (!open) return;
    open = false;
    upstream.destroy();
    socket.destroy();
    done();
  };
  const write = (opcode: number, payload: Buffer): boolean => {
    socket.cork();
    socket.write(frameHeader(opcode, payload.length));
    const more = socket.write(payload);
    process.nextTick(() => socket.uncork());
    return more;
  };
  const reader = new FrameReader({
    data: (piece) => {
      if (!upstream.write(piece)) socket.pause();
    },
    ping: (payload) => {
      write(OPCODE.pong, payload);
    },
    close: () => {
      write(OPCODE.close, Buffer.alloc(0));
      socket.end();
    },
  });
  const take = (chunk: Buffer): void => {
    try {
      reader.push(chunk);
    } catch {
      end();
    }
  };
  upstream.on("data", (chunk: Buffer) => {
    if (!write(OPCODE.binary, chunk)) upstream.pause();
  });
  socket.on("drain", () => upstream.resume());
  upstream.on("drain", () => socket.resume());
  upstream.on("end", () => {
    if (!open) return;
    write(OPCODE.close, Buffer.alloc(0));
    socket.end(end);
  });
  upstream.on("error", end);
  upstream.on("close", end);
  socket.on("error", end);
  socket.on("end", end);
  socket.on("close", end);
  socket.on("data", take);
  if (head.length > 0) take(head);
}
