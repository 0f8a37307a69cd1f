// Backups: the requests that make, keep, remove and restore them; they outlive the service that they were made of.
import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import { backups, clusters, operations, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { protectBackup } from "../../pve/storage.ts";
import { demandOfBackup, demandOfService } from "../../rules/quota.ts";
import type { Accepted } from "../../rules/views.ts";
import type { BackupView } from "../../rules/views-copies.ts";
import { SYSTEM, trail } from "../audit.ts";
import { provisionerOf } from "../clusters.ts";
import { chargeBackup, chargeService } from "../ledger.ts";
import type { Statement } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency, OperationRow, Requester } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { backupInUse, begin, beginOn, refuseUnready, replayed } from "../services/begin.ts";
import type { Also } from "../services/begin.ts";
import { copyOf, serviceOf } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";

export type BackupRow = typeof backups.$inferSelect;

/** Backups of a tenant, newest first, those of deleted services included; of one service where it is named. */
export async function listBackups(deps: Deps, scope: Scope, serviceId?: string): Promise<BackupView[]> {
  const rows = await deps.db
    .select({ backup: backups, service: services })
    .from(backups)
    .innerJoin(services, eq(services.id, backups.serviceId))
    .where(
      and(eq(backups.tenantId, scope.tenantId), ...(serviceId === undefined ? [] : [eq(backups.serviceId, serviceId)])),
    )
    .orderBy(desc(backups.createdAt));
  return rows.map((row) => backupView(row.backup, row.service));
}

/**
 * Backs a service up. Its disk's size is charged until the archive's is known.
 * @throws AppError `quota_exceeded`, `service_busy`, `service_not_ready`, `tenant_suspended`.
 */
export async function makeBackup(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  draft: { notes: string; protected: boolean },
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { ...draft } });
  await refuseUnready(deps, service, "spares");
  return beginBackup(deps, scope, service, draft, idempotency);
}

/** Begins to back up a service that is ready, for whoever may. @throws AppError as {@link makeBackup} */
export function beginBackup(
  deps: Deps,
  by: Requester,
  service: ServiceRow,
  draft: { notes: string; protected: boolean; scheduleId?: string },
  idempotency: Idempotency,
  also: Also = () => [],
): Promise<Accepted> {
  const id = deps.newId("bak");
  const operation = draftOperation(deps, by, service, "backup", idempotency);
  const { diskGiB } = service;
  return beginOn(deps, by, service, "backup", idempotency, {
    operation,
    facts: { backupId: id },
    demands: demandOfBackup(diskGiB),
    before: [draftBackup(deps, service, id, operation.id, draft)],
    after: chargeBackup(deps, service.tenantId, id, operation.id, diskGiB),
    also,
  });
}

/**
 * Changes notes and protection of a backup.
 * @throws AppError `not_found`, `backup_in_use`, `cluster_unreachable`.
 */
export async function editBackup(
  deps: Deps,
  scope: Scope,
  backupId: string,
  changes: { notes?: string | undefined; protected?: boolean | undefined },
): Promise<BackupView> {
  const { backup, service } = await backupOf(deps, scope.tenantId, backupId);
  const { notes, protected: isProtected } = backup;
  trail(deps, { target: targetOf(backup, service), before: { notes, protected: isProtected }, after: { ...changes } });
  if (backup.state !== "ready" || backup.volid === null) throw await backupInUse(deps, backup.id);
  if (changes.protected !== undefined && changes.protected !== backup.protected) {
    const [cluster] = await deps.db.select().from(clusters).where(eq(clusters.id, backup.clusterId));
    if (!cluster) throw new AppError("not_found");
    await protectBackup(await provisionerOf(deps, cluster), backup.node, backup.volid, changes.protected);
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (given.length > 0) await changeBackup(deps, backup.id, Object.fromEntries(given));
  return backupView({ ...backup, ...Object.fromEntries(given) }, service);
}

/**
 * Removes a backup; its charges go when the archive has gone.
 * @throws AppError `not_found`, `backup_protected`, `backup_in_use`.
 */
export async function removeBackup(
  deps: Deps,
  scope: Scope,
  backupId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  const { backup, service } = await backupOf(deps, scope.tenantId, backupId);
  trail(deps, { target: targetOf(backup, service) });
  if (backup.protected) throw new AppError("backup_protected");
  return beginRemoval(deps, scope, backup, service, idempotency);
}

/**
 * The portal itself removes a backup, protected or not, whatever state its tenant is in. Answers the operation's id, or null
 * where there is none or it is in use: whoever wants it done asks again later.
 */
export function beginSystemBackupRemoval(deps: Deps, tenantId: string, backupId: string): Promise<string | null> {
  return removeBySystem(deps, tenantId, backupId, { unprotect: true });
}

/** The same for one that a rule of retention does not keep. Whoever has protected it in between has the last word. */
export function retireBackup(deps: Deps, tenantId: string, backupId: string, also: Also): Promise<string | null> {
  return removeBySystem(deps, tenantId, backupId, { unprotect: false }, also);
}

async function removeBySystem(
  deps: Deps,
  tenantId: string,
  backupId: string,
  { unprotect }: { unprotect: boolean },
  also?: Also,
): Promise<string | null> {
  const by = { tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `system-${crypto.randomUUID()}`, requestHash: "" };
  try {
    const { backup, service } = await backupOf(deps, tenantId, backupId);
    if (backup.protected && !unprotect) return null;
    return (await beginRemoval(deps, by, backup, service, idempotency, { unprotect }, also)).operation.id;
  } catch (error) {
    if (error instanceof AppError && ["not_found", "backup_in_use"].includes(error.code)) return null;
    throw error;
  }
}

async function beginRemoval(
  deps: Deps,
  by: Requester,
  backup: BackupRow,
  service: ServiceRow,
  idempotency: Idempotency,
  facts: OperationRow["facts"] = {},
  also: Also = () => [],
): Promise<Accepted> {
  if (backup.state !== "ready") throw await backupInUse(deps, backup.id);
  const operation = draftOperation(deps, by, service, "backup_delete", idempotency);
  operation.facts = { ...facts, backupId: backup.id };
  return begin(deps, by, idempotency, {
    operation,
    clusterId: backup.clusterId,
    before: [holdBackup(deps, backup, operation.id, "deleting")],
    after: also(operation),
  });
}

/**
 * Makes a new service of a backup, of the size that the old one had; the old one may be long gone.
 * @throws AppError `not_found`, `backup_in_use`, `quota_exceeded`, `name_taken`, `tenant_suspended`.
 */
export async function restoreBackup(
  deps: Deps,
  scope: Scope,
  backupId: string,
  name: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const { backup, service: source } = await backupOf(deps, scope.tenantId, backupId);
  if (backup.state !== "ready") throw await backupInUse(deps, backup.id);
  const id = deps.newId("svc");
  trail(deps, { target: { type: "service", id, name }, after: { backup: backup.id, of: source.name } });
  const operation = draftOperation(deps, scope, { id, name }, "restore", idempotency);
  operation.facts = { backupId: backup.id };
  const { cores, memoryMiB, diskGiB } = backup;
  const demands = demandOfService(backup);
  return begin(deps, scope, idempotency, {
    operation,
    clusterId: backup.clusterId,
    name,
    demands,
    before: [
      holdBackup(deps, backup, operation.id, "ready"),
      deps.db.insert(services).values({
        ...copyOf(source),
        id,
        name,
        cores,
        memoryMiB,
        diskGiB,
        node: backup.node,
        operationId: operation.id,
        createdAt: deps.now(),
      }),
    ],
    after: chargeService(deps, scope.tenantId, id, operation.id, demands),
  });
}

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

async function backupOf(
  deps: Deps,
  tenantId: string,
  backupId: string,
): Promise<{ backup: BackupRow; service: ServiceRow }> {
  const [row] = await deps.db
    .select({ backup: backups, service: services })
    .from(backups)
    .innerJoin(services, eq(services.id, backups.serviceId))
    .where(and(eq(backups.tenantId, tenantId), eq(backups.id, backupId)));
  if (!row) throw new AppError("not_found");
  return row;
}

function targetOf(backup: BackupRow, service: ServiceRow) {
  return { type: "backup", id: backup.id, name: service.name };
}

function backupView(row: BackupRow, service: ServiceRow): BackupView {
  const { id, sizeBytes, chargedGiB, notes, state, operationId, scheduleId, createdAt } = row;
  return {
    id,
    sizeBytes,
    chargedGiB,
    notes,
    state,
    operationId,
    scheduleId,
    createdAt,
    protected: row.protected,
    size: { cores: row.cores, memoryMiB: row.memoryMiB, diskGiB: row.diskGiB },
    service: { id: service.id, name: service.name, kind: service.kind, deleted: service.deletedAt !== null },
  };
}
