// Rows of backups: found, marked, held and changed, for the requests and for the operations that they begin.
import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import { backups, operations, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Statement } from "../ledger.ts";
import type { OperationRow } from "../operations.ts";
import type { ServiceRow } from "../services/services.ts";

export type BackupRow = typeof backups.$inferSelect;

/** Statement that inserts the row of a backup that is about to be made; its charges go behind the operation. */
export function draftBackup(
  deps: Deps,
  service: ServiceRow,
  id: string,
  operationId: string,
  draft: { notes: string; protected: boolean; scheduleId?: string },
): Statement {
  const { tenantId, clusterId, node, cores, memoryMiB, diskGiB } = service;
  return deps.db.insert(backups).values({
    id,
    tenantId,
    serviceId: service.id,
    clusterId,
    node: node ?? "",
    // Found by the operation itself, which can wait for a cluster that does not answer.
    storage: "",
    chargedGiB: diskGiB,
    cores,
    memoryMiB,
    diskGiB,
    ...draft,
    state: "creating",
    operationId,
    createdAt: deps.now(),
  });
}

/** A backup of a tenant's; null where there is none. */
export async function backupIn(deps: Deps, tenantId: string, backupId: string): Promise<BackupRow | null> {
  const row = await backupById(deps, backupId);
  return row?.tenantId === tenantId ? row : null;
}

/** A row, whoever asks; null where there is none. */
export async function backupById(deps: Deps, backupId: string): Promise<BackupRow | null> {
  const [row] = await deps.db.select().from(backups).where(eq(backups.id, backupId));
  return row ?? null;
}

/** The portal's mark in a backup's notes: only one that carries it is ever removed. */
export function backupMark(backup: Pick<BackupRow, "id">): string {
  return `nubemox:${backup.id}`;
}

/** Statement that changes a backup's row; what it is charged for follows. */
export function changeBackup(deps: Deps, backupId: string, changes: Partial<BackupRow>) {
  return deps.db.update(backups).set(changes).where(eq(backups.id, backupId));
}

/** Statement that forgets a backup that is gone, and gives back what it took; it must not be in the state `ready`. */
export function forgetBackup(deps: Deps, backupId: string): Statement {
  return deps.db.delete(backups).where(eq(backups.id, backupId));
}

/** How many backups on a node are before this one: those that began earlier and have not ended. */
export async function placeInLine(
  deps: Deps,
  operation: OperationRow,
  clusterId: string,
  node: string,
): Promise<number> {
  const [row] = await deps.db
    .select({ ahead: sql<number>`count(*)` })
    .from(operations)
    .innerJoin(services, eq(services.id, operations.serviceId))
    .where(
      and(
        isNull(operations.endedAt),
        isBackingUp,
        eq(services.clusterId, clusterId),
        eq(services.node, node),
        or(
          lt(operations.startedAt, operation.startedAt),
          and(eq(operations.startedAt, operation.startedAt), lt(operations.id, operation.id)),
        ),
      ),
    );
  return row?.ahead ?? 0;
}

/** A backup, or what begins with one and has not come further yet. */
const isBackingUp = sql`(${operations.kind} = 'backup' or (${operations.kind} = 'restore_over'
  and json_extract(${operations.steps}, '$[0].name') = 'safety' and json_extract(${operations.steps}, '$[0].status') <> 'done'))`;

/** Takes hold of a backup that is ready and free and protected as it was read; the operation's insertion fails where it is not. */
export function holdBackup(deps: Deps, backup: BackupRow, operationId: string, state: BackupRow["state"]): Statement {
  return deps.db
    .update(backups)
    .set({ operationId, state })
    .where(
      and(
        eq(backups.id, backup.id),
        eq(backups.state, "ready"),
        eq(backups.protected, backup.protected),
        isNull(backups.operationId),
      ),
    );
}
