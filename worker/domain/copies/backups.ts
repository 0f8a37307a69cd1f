// Backups: the requests that make, keep, remove and restore them; they outlive the service that they were made of.
import { and, desc, eq } from "drizzle-orm";
import { backups, clusters, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { protectBackup } from "../../pve/storage.ts";
import { demandOfBackup, demandOfService } from "../../rules/quota.ts";
import type { Accepted } from "../../rules/views.ts";
import type { BackupView } from "../../rules/views-copies.ts";
import { SYSTEM, trail } from "../audit.ts";
import { provisionerOf } from "../clusters.ts";
import { chargeBackup, chargeService } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency, OperationRow, Requester } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { backupInUse, begin, beginOn, refuseUnready, replayed } from "../services/begin.ts";
import type { Also } from "../services/begin.ts";
import { copyOf, serviceOf } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";
import { changeBackup, draftBackup, holdBackup } from "./backup-rows.ts";
import type { BackupRow } from "./backup-rows.ts";

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
