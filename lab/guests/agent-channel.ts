// Speaks to the QEMU guest agent over its unix socket, one command at a time, in step with an agent that may restart.
import type { Socket } from "node:net";
import { openSocket } from "./qmp.ts";
import { AgentNotRunning } from "./runtime.ts";

const COMMAND_TIMEOUT_MS = 10_000;

export class AgentChannel {
  readonly #path: string;
  #socket: Socket | null = null;
  #rest = "";
  #onLine: (line: string) => void = () => undefined;
  #onLoss: () => void = () => undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #nextSync = 1;
  #ready = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether the guest's side of the port is open, as QEMU tells by events. */
  setReady(ready: boolean): void {
    this.#ready = ready;
    if (!ready) this.#onLoss();
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Runs one command and returns its `return` member; throws AgentNotRunning where no agent answers in time. */
  command(execute: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#ready) return Promise.reject(new AgentNotRunning("the guest agent does not answer"));
    const result = this.#queue.then(() => this.#run(execute, args));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #run(execute: string, args?: Record<string, unknown>): Promise<unknown> {
    try {
      this.#socket ??= await this.#open();
    } catch {
      throw new AgentNotRunning("the guest agent's port is closed");
    }
    const sync = this.#nextSync++;
    // Answers to earlier commands that timed out may still come: skip all that do not carry this number.
    await this.#exchange({ execute: "guest-sync", arguments: { id: sync } }, (reply) => reply.return === sync);
    const message = { execute, arguments: args };
    if (execute === "guest-shutdown") {
      this.#socket.write(`${JSON.stringify(message)}\n`); // Has no answer when it succeeds.
      return null;
    }
    const reply = await this.#exchange(message, () => true);
    if (reply.error) throw new Error(reply.error.desc);
    return reply.return;
  }

  #exchange(message: object, fits: (reply: AgentReply) => boolean): Promise<AgentReply> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#onLine = () => undefined;
        this.#onLoss = () => undefined;
      };
      const lose = () => {
        end();
        reject(new AgentNotRunning("the guest agent does not answer"));
      };
      const timer = setTimeout(lose, COMMAND_TIMEOUT_MS);
      this.#onLoss = lose;
      this.#onLine = (line) => {
        const reply = parsed(line);
        if (!reply || !fits(reply)) return;
        end();
        resolve(reply);
      };
      this.#socket?.write(`${JSON.stringify(message)}\n`);
    });
  }

  async #open(): Promise<Socket> {
    const socket = await openSocket(this.#path);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") this.#onLine(line);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#socket = null;
      this.#rest = "";
      this.#onLoss();
    });
    return socket;
  }
}

/** Null for what is no JSON: half a line of an agent that was restarted while it wrote. */
function parsed(line: string): AgentReply | null {
  try {
    return JSON.parse(line) as AgentReply;
  } catch {
    return null;
  }
}

interface AgentReply {
  return?: unknown;
  error?: { desc: string };
}
