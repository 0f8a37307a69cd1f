// Consoles that wait for their one connection: a port each, ten seconds, then gone.
import type { Duplex } from "node:stream";
import { failed } from "../http/failure.ts";
import type { Tasks } from "../tasks.ts";

const FIRST_PORT = 5_900;
const LAST_PORT = 5_999;
/** Real milliseconds, at any speed: a client's own time runs no faster. */
const WAIT_MS = 10_000;

interface Waiting {
  connect(): Promise<{ upstream: Duplex | null; done: () => void }>;
}

export class Consoles {
  readonly #tasks: Tasks;
  readonly #waiting = new Map<number, Waiting>();
  readonly #taken = new Set<number>();

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  /** Starts listening for one connection; `open` makes the stream behind it, or null where there is nothing to show. */
  listen(order: { node: string; vmid: number; authId: string; open: () => Promise<Duplex | null> }): { port: number; upid: string } {
    const port = this.#freePort();
    this.#taken.add(port);
    let connected = (): void => {};
    let finished = (): void => {};
    let refused = (): void => {};
    const accepted = new Promise<void>((resolve) => (connected = resolve));
    const ended = new Promise<void>((resolve, reject) => {
      finished = resolve;
      refused = () => reject(failed("Failed to run vncproxy."));
    });
    ended.catch(() => {});
    this.#waiting.set(port, {
      connect: async () => {
        this.#waiting.delete(port);
        connected();
        const upstream = await order.open().catch(() => null);
        if (upstream === null) refused();
        return { upstream, done: finished };
      },
    });
    const upid = this.#tasks.start({
      node: order.node, type: "vncproxy", id: String(order.vmid), authId: order.authId, durationMs: 0,
      work: async ({ signal }) => {
        let timer: NodeJS.Timeout | undefined;
        try {
          const late = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(failed("connection timed out")), WAIT_MS);
            signal.addEventListener("abort", () => reject(new Error("received interrupt")), { once: true });
          });
          late.catch(() => {});
          await Promise.race([accepted, late]);
          clearTimeout(timer);
          await Promise.race([ended, late]);
        } finally {
          clearTimeout(timer);
          this.#waiting.delete(port);
          this.#taken.delete(port);
        }
      },
    });
    return { port, upid };
  }

  /** Takes the one connection that the port waits for; null where none waits any more. */
  async connect(port: number): Promise<{ upstream: Duplex | null; done: () => void } | null> {
    return (await this.#waiting.get(port)?.connect()) ?? null;
  }

  #freePort(): number {
    for (let port = FIRST_PORT; port <= LAST_PORT; port += 1) if (!this.#taken.has(port)) return port;
    throw failed("unable to find free port (5900-5999)");
  }
}
