// The cluster's log: who signed in, which tasks began and how they ended.
import { nowSeconds } from "./clock.ts";
import type { TaskState } from "./state.ts";

export interface LogEntry {
  uid: string;
  id: string;
  time: number;
  node: string;
  user: string;
  pid: number;
  /** As syslog counts: 3 an error, 6 information. */
  pri: number;
  tag: string;
  msg: string;
}

const KEPT_ENTRIES = 1_000;
const ERROR = 3;
const INFORMATION = 6;

export class ClusterLog {
  readonly #entries: LogEntry[] = [];
  #last = 0;

  signedIn(node: string, user: string): void {
    this.#add(node, user, process.pid, INFORMATION, `successful auth for user '${user}'`);
  }

  /** Notes a task's beginning, or its end where it has one. */
  task(task: TaskState): void {
    const { node, authId, upid, exitStatus } = task;
    if (exitStatus === null) this.#add(node, authId, process.pid, INFORMATION, `starting task ${upid}`);
    else
      this.#add(node, authId, process.pid, exitStatus === "OK" ? INFORMATION : ERROR, `end task ${upid} ${exitStatus}`);
  }

  /** The newest entries first; only those of `user` where one is given. */
  list(max: number, user: string | null): LogEntry[] {
    const kept = user === null ? this.#entries : this.#entries.filter((entry) => entry.user === user);
    return kept.slice(-max).toReversed();
  }

  #add(node: string, user: string, pid: number, pri: number, msg: string): void {
    this.#last += 1;
    const uid = String(this.#last);
    this.#entries.push({ uid, id: `${uid}:${node}`, time: nowSeconds(), node, user, pid, pri, tag: "pvedaemon", msg });
    if (this.#entries.length > KEPT_ENTRIES) this.#entries.shift();
  }
}
