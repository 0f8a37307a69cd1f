// Restoring a backup over the service that it was made of, with a backup of what is there before, where that is wished.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { demandOfBackup, growthOfService } from "../../rules/quota.ts";
import type { Accepted } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { chargeBackup } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { backupInUse, beginOn, refuseUnready, replayed } from "../services/begin.ts";
import { serviceIn } from "../services/services.ts";
import { backupIn, draftBackup, holdBackup } from "./backup-rows.ts";

/**
 * Takes a service back to a backup of it: same number, card and name, disk and options of its day. While it goes on, the larger
 * of both sizes is charged. With `safety` what is there is backed up first, and restored where the rest fails.
 * @throws AppError `not_found`, `confirmation_mismatch`, `backup_in_use`, `snapshots_exist`, `quota_exceeded`, `service_busy`,
 * `service_not_ready` (also where the service is gone), `service_leaving`, `tenant_suspended`.
 */
export async function restoreOver(
  deps: Deps,
  scope: Scope,
  backupId: string,
  wish: { typedName: string; safety: boolean },
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const backup = await backupIn(deps, scope.tenantId, backupId);
  if (!backup) throw new AppError("not_found");
  const service = await serviceIn(deps, scope.tenantId, backup.serviceId);
  if (!service) throw new AppError("service_not_ready");
  const { cores, memoryMiB, diskGiB } = service;
  trail(deps, {
    target: { type: "service", id: service.id, name: service.name },
    before: { cores, memoryMiB, diskGiB },
    after: { backup: backup.id, safety: wish.safety },
  });
  if (wish.typedName !== service.name) throw new AppError("confirmation_mismatch");
  if (backup.state !== "ready") throw await backupInUse(deps, backup.id);
  await refuseUnready(deps, service);
  const charged = {
    cores: Math.max(cores, backup.cores),
    memoryMiB: Math.max(memoryMiB, backup.memoryMiB),
    diskGiB: Math.max(diskGiB, backup.diskGiB),
  };
  const operation = draftOperation(deps, scope, service, "restore_over", idempotency, wish.safety ? ["safety"] : []);
  const size = { fromCores: cores, fromMemoryMiB: memoryMiB, fromDiskGiB: diskGiB };
  const hold = holdBackup(deps, backup, operation.id, "ready");
  const growth = growthOfService(service, charged);
  if (!wish.safety)
    return beginOn(deps, scope, service, "restore_over", idempotency, {
      operation,
      changes: charged,
      facts: { ...size, backupId: backup.id },
      demands: growth,
      before: [hold],
    });
  const safetyId = deps.newId("bak");
  const draft = { notes: "", protected: false };
  return beginOn(deps, scope, service, "restore_over", idempotency, {
    operation,
    changes: charged,
    facts: { ...size, backupId: backup.id, safetyId },
    demands: [...growth, ...demandOfBackup(diskGiB)],
    before: [hold, draftBackup(deps, service, safetyId, operation.id, draft)],
    after: chargeBackup(deps, service.tenantId, safetyId, operation.id, diskGiB),
  });
}
