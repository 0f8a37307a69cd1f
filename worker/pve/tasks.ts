// Tasks of Proxmox VE as values: an id that is asked about until it has ended.
import { z } from "zod";
import { LooseNumber, Nothing, pvePath, pveRequest } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { PveError } from "./errors.ts";

export type TaskState = { running: true } | { running: false; ok: boolean; exit: string };

const Status = z.object({ status: z.string(), exitstatus: z.string().optional() });

/** Asks once how a task stands. `WARNINGS: n` is a success (GET /nodes/{node}/tasks/{upid}/status). */
export async function taskState(access: PveAccess, upid: string): Promise<TaskState> {
  const answer = await pveRequest(access, "GET", pvePath`/nodes/${nodeOf(upid)}/tasks/${upid}/status`, {}, Status);
  if (answer.status === "running") return { running: true };
  const exit = answer.exitstatus ?? "unexpected status";
  return { running: false, ok: exit === "OK" || /^WARNINGS: \d+$/.test(exit), exit };
}

/** DELETE /nodes/{node}/tasks/{upid}: asks a running task to end, as an interrupt does; a token ends only its own. */
export async function stopTask(access: PveAccess, upid: string): Promise<void> {
  await pveRequest(access, "DELETE", pvePath`/nodes/${nodeOf(upid)}/tasks/${upid}`, {}, Nothing);
}

const RunningTask = z.object({ upid: z.string(), starttime: LooseNumber });

/** Tasks of one type that run now on a node for one guest, of those that the token may see: its own. `startedAt` in milliseconds. */
export async function runningTasks(
  access: PveAccess,
  node: string,
  type: string,
  vmid: number,
): Promise<{ upid: string; startedAt: number }[]> {
  const params = { source: "active", typefilter: type, vmid };
  const rows = await pveRequest(access, "GET", pvePath`/nodes/${node}/tasks`, params, z.array(RunningTask));
  return rows.map((row) => ({ upid: row.upid, startedAt: row.starttime * 1_000 }));
}

/** Id of the latest task of one type on a node for one guest, running or not, of those that the token may see; null if none. */
export async function newestTask(access: PveAccess, node: string, type: string, vmid: number): Promise<string | null> {
  const params = { source: "all", typefilter: type, vmid, limit: 1 };
  const rows = await pveRequest(access, "GET", pvePath`/nodes/${node}/tasks`, params, z.array(RunningTask));
  return rows[0]?.upid ?? null;
}

/** Node that runs a task: `UPID:<node>:…`. */
export function nodeOf(upid: string): string {
  const node = upid.split(":")[1];
  if (!node) throw new PveError("nonsense", 0, "a task id without a node");
  return node;
}
