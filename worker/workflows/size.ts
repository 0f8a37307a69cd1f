// What a guest really takes, and how a service is set to it: never to more than it is charged for.
import { eq, sql } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { services } from "../db/schema.ts";
import type { Statement } from "../domain/ledger.ts";
import { guestPower, pendingSize } from "../pve/guests.ts";
import type { PveAccess } from "../pve/client.ts";
import { guestAt, remember } from "./job.ts";
import type { Job } from "./job.ts";

/**
 * Notes what the guest takes: of cores and memory, while it is on, the larger of what it has and what it gets at its next
 * start, so that a service that is to shrink is charged in full until then.
 */
export async function noteSize(job: Job, access: PveAccess): Promise<void> {
  const at = guestAt(job);
  const [size, power] = await Promise.all([pendingSize(access, at), guestPower(access, at)]);
  const { now, next } = power === "stopped" ? { now: 0, next: 1 } : { now: 1, next: 1 };
  await remember(job, {
    seenCores: Math.max(size.cores.now * now, size.cores.next * next),
    seenMemoryMiB: Math.max(size.memoryMiB.now * now, size.memoryMiB.next * next),
    seenDiskGiB: size.diskGiB ?? job.service.diskGiB,
    seenPower: power,
    seenRestart:
      power !== "stopped" && (size.cores.now !== size.cores.next || size.memoryMiB.now !== size.memoryMiB.next),
  });
}

/** Statements that set the service to what was noted, or its size to `otherwise` where nothing could be. */
export function settleSize(job: Job, otherwise: { cores: number; memoryMiB: number; diskGiB: number }): Statement[] {
  const { facts, service, deps } = job;
  return [
    deps.db
      .update(services)
      .set({
        cores: least(services.cores, facts.seenCores, otherwise.cores),
        memoryMiB: least(services.memoryMiB, facts.seenMemoryMiB, otherwise.memoryMiB),
        diskGiB: least(services.diskGiB, facts.seenDiskGiB, otherwise.diskGiB),
        ...(typeof facts.seenRestart === "boolean" ? { restartNeeded: facts.seenRestart } : {}),
      })
      .where(eq(services.id, service.id)),
  ];
}

/** Never more than is charged already: a guest that somebody has enlarged on the cluster is not this operation's to settle. */
function least(column: AnySQLiteColumn, seen: unknown, otherwise: number) {
  return sql`min(${column}, ${Number(seen ?? otherwise)})`;
}
