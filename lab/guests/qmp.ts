// Speaks to QEMU's machine protocol (QMP) over its unix socket: commands as promises, events to a listener.
import { connect, type Socket } from "node:net";

export interface QmpEvent {
  event: string;
  data?: Record<string, unknown>;
}

/** One connection to a QEMU process. */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  readonly #onEvent: (event: QmpEvent) => void;
  #rest = "";
  #nextId = 1;
  #closed = false;

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#closed = true;
      for (const { reject } of this.#waiting.values()) reject(new Error("QEMU has ended"));
      this.#waiting.clear();
    });
  }

  /** Connects to the socket and leaves negotiation mode; rejects while QEMU does not listen yet. */
  static async open(path: string, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
    const qmp = new Qmp(await openSocket(path), onEvent);
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** Runs a command and returns its `return` member; rejects with QEMU's description of the error. */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error("QEMU has ended"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as {
        id?: number;
        return?: unknown;
        error?: { desc: string };
      } & Partial<QmpEvent>;
      if (message.event) this.#onEvent({ event: message.event, data: message.data });
      const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
      if (!waiting || message.id === undefined) continue;
      this.#waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(message.error.desc));
      else waiting.resolve(message.return);
    }
  }
}

/** A connected stream to a unix socket; rejects where nobody listens. */
export function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
