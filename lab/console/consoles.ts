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
  listen(order: { node: string; vmid: number; authId: string; open: () => Promise<Duplex | null> }): {
    port: number;
    upid: string;
  } {
    const port = this.#freePort();
    this.#taken.add(port);
    const accepted = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => {});
    this.#waiting.set(port, {
      connect: async () => {
        this.#waiting.delete(port);
        accepted.resolve();
        const upstream = await order.open().catch(() => null);
        if (upstream === null) ended.reject(failed("Failed to run vncproxy."));
        return { upstream, done: ended.resolve };
      },
    });
    const upid = this.#tasks.start({
      node: order.node,
      type: "vncproxy",
      id: String(order.vmid),
      authId: order.authId,
      durationMs: 0,
      work: async ({ signal }) => {
        let timer: NodeJS.Timeout | undefined;
        try {
          const late = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(failed("connection timed out")), WAIT_MS);
            signal.addEventListener("abort", () => reject(new Error("received interrupt")), { once: true });
          });
          late.catch(() => {});
          await Promise.race([accepted.promise, late]);
          clearTimeout(timer);
          await Promise.race([ended.promise, late]);
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
