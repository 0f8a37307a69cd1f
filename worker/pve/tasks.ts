// Tasks of Proxmox VE as values: an id that is asked about until it has ended.
import { z } from "zod";
import { Nothing, pvePath, pveRequest } from "./client.ts";
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

/** Asks a running task to stop (DELETE /nodes/{node}/tasks/{upid}). */
export async function stopTask(access: PveAccess, upid: string): Promise<void> {
  await pveRequest(access, "DELETE", pvePath`/nodes/${nodeOf(upid)}/tasks/${upid}`, {}, Nothing);
}

/** Node that runs a task: `UPID:<node>:…`. */
export function nodeOf(upid: string): string {
  const node = upid.split(":")[1];
  if (!node) throw new PveError("nonsense", 0, "a task id without a node");
  return node;
}
