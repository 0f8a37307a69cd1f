// The cluster's nodes as machines: which are up, and what happens to guests and tasks when one loses its power.
import { Failure, failed } from "./http/failure.ts";
import { kindOf, type Machines } from "./machines/machines.ts";
import type { LabState } from "./state.ts";
import type { Tasks } from "./tasks.ts";

export const NODE_HEALTH = ["up", "down", "hung"] as const;
/** `down` has no power; `hung` holds its guests and its place in the cluster, but its API never answers. */
export type NodeHealth = (typeof NODE_HEALTH)[number];

const UNREACHABLE_MS = 3_000;
const PROXY_TIMEOUT_MS = 30_000;

export class Nodes {
  readonly #machines: Machines;
  readonly #tasks: Tasks;
  readonly #log: (line: string) => void;
  readonly #health = new Map<string, NodeHealth>();

  constructor(machines: Machines, tasks: Tasks, log: (line: string) => void) {
    this.#machines = machines;
    this.#tasks = tasks;
    this.#log = log;
  }

  get #state(): LabState {
    return this.#machines.state;
  }

  health(node: string): NodeHealth {
    return this.#health.get(node) ?? "up";
  }

  /** Whether the cluster sees the node. */
  isOnline(node: string): boolean {
    return this.health(node) !== "down";
  }

  /** Whether more than half of the nodes see each other. */
  isQuorate(): boolean {
    const { nodes } = this.#state;
    return nodes.filter((node) => this.isOnline(node)).length * 2 > nodes.length;
  }

  /** The node that answers the API by itself; all others are reached through it. */
  get local(): string {
    return this.#state.nodes[0] ?? "";
  }

  /** Refuses, with the proxying node's own statuses, a call that a dead or hung node would have to answer. */
  refuseUnreachable(node: string): void {
    const health = this.health(node);
    if (node === this.local || health === "up") return;
    throw health === "down"
      ? new Failure(595, "No route to host", { body: "none", delayMs: UNREACHABLE_MS })
      : new Failure(596, "Connection timed out", { body: "none", delayMs: PROXY_TIMEOUT_MS });
  }

  /** Refuses a change of the cluster's configuration while less than a majority is there. */
  refuseWithoutQuorum(): void {
    if (!this.isQuorate()) throw failed("cluster not ready - no quorum?");
  }

  /** Changes a node's health: taking its power ends its guests and tasks, giving it back starts those with `onboot`. */
  async set(node: string, health: NodeHealth): Promise<void> {
    if (!this.#state.nodes.includes(node)) throw new Error(`no such node '${node}'`);
    const before = this.health(node);
    this.#health.set(node, health);
    if (before === health) return;
    this.#log(`node ${node} is ${health}`);
    if (health === "down") {
      this.#tasks.cut(node);
      await this.#eachGuest(node, (vmid) => this.#machines.kill(vmid));
    } else if (before === "down") {
      await this.#eachGuest(node, async (vmid) => {
        const guest = this.#state.guests[vmid];
        if (guest?.config["onboot"] === "1")
          await this.#machines.powerOn(node, vmid, () => {}, { kind: kindOf(guest) });
      });
    }
  }

  async #eachGuest(node: string, work: (vmid: number) => Promise<void>): Promise<void> {
    const vmids = Object.entries(this.#state.guests)
      .filter(([, guest]) => guest.node === node)
      .map(([vmid]) => Number(vmid));
    for (const vmid of vmids) {
      await work(vmid).catch((error: unknown) => {
        this.#log(`guest ${vmid}: ${error instanceof Error ? error.message.trim() : String(error)}`);
      });
    }
  }
}
