// Trying again what has failed and given everything back: the same wish, charged anew.
import { and, eq, isNull } from "drizzle-orm";
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { demandOfService } from "../../rules/quota.ts";
import type { Size } from "../../rules/quota.ts";
import type { Accepted } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { launchableTemplate } from "../catalogue.ts";
import { backupIn, holdBackup } from "../copies/backup-rows.ts";
import { chargeService } from "../ledger.ts";
import type { Statement } from "../ledger.ts";
import { draftOperation, operationOf, operationView } from "../operations.ts";
import type { Idempotency, OperationRow } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { scriptSteps } from "../scripts/choices.ts";
import { backupInUse, begin, busyWith, lock, replayed } from "./begin.ts";
import { rebuildFacts } from "./rebuild.ts";
import { serviceIn, serviceOf } from "./services.ts";
import type { ServiceRow } from "./services.ts";

/**
 * Tries a launch, a copy, a restore or a rebuild once more, with what was typed the first time; the quota is charged anew.
 * @throws AppError `not_retryable`, `quota_exceeded`, `service_busy` or `backup_in_use` (what is copied), `template_unavailable`,
 * `tenant_suspended`.
 */
export async function retryOperation(
  deps: Deps,
  scope: Scope,
  operationId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const failed = await operationOf(deps, scope, operationId);
  if (!operationView(failed).retryable) throw new AppError("not_retryable");
  const service = await serviceOf(deps, scope, failed.serviceId).catch(() => null);
  if (service?.state !== "failed") throw new AppError("not_retryable");
  trail(deps, { target: { type: "service", id: service.id, name: service.name } });
  if (service.operationId !== null) throw await busyWith(deps, service.id);
  const { kind } = failed;
  const steps = await scriptSteps(deps, service, kind);
  const operation = draftOperation(deps, scope, service, kind, idempotency, steps);
  const again = await againOf(deps, scope, failed, service, operation.id);
  operation.facts = again.facts;
  const size = again.size ?? service;
  const demands = demandOfService(size);
  const { cores, memoryMiB, diskGiB } = size;
  return begin(deps, scope, idempotency, {
    operation,
    clusterId: service.clusterId,
    demands,
    before: [
      ...again.holds,
      deps.db
        .update(services)
        .set({
          state: "creating",
          power: "unknown",
          operationId: operation.id,
          address: null,
          cores,
          memoryMiB,
          diskGiB,
          ...(again.keepsNumber ? {} : { vmid: null }),
        })
        .where(and(eq(services.id, service.id), eq(services.state, "failed"), isNull(services.operationId))),
    ],
    after: chargeService(deps, scope.tenantId, service.id, operation.id, demands),
  });
}

interface Again {
  facts: OperationRow["facts"];
  /** What must be held besides. */
  holds: Statement[];
  /** Where it is not that of the failed service: what is copied may have another one by now. */
  size?: Size;
  keepsNumber?: boolean;
}

async function againOf(
  deps: Deps,
  scope: Scope,
  failed: OperationRow,
  service: ServiceRow,
  operationId: string,
): Promise<Again> {
  switch (failed.kind) {
    case "clone": {
      const source = await serviceIn(deps, scope.tenantId, String(failed.facts.sourceId));
      if (source?.state !== "ready") throw new AppError("not_retryable");
      if (source.operationId !== null) throw await busyWith(deps, source.id);
      return { facts: { sourceId: source.id }, holds: [lock(deps, source, operationId)], size: source };
    }
    case "restore": {
      const backup = await backupIn(deps, scope.tenantId, String(failed.facts.backupId));
      if (!backup) throw new AppError("not_retryable");
      if (backup.state !== "ready") throw await backupInUse(deps, backup.id);
      return { facts: { backupId: backup.id }, holds: [holdBackup(deps, backup, operationId, "ready")] };
    }
    case "rebuild": {
      await launchableTemplate(deps, String(failed.facts.templateId));
      return { facts: rebuildFacts(failed), holds: [], keepsNumber: true };
    }
    default:
      await launchableTemplate(deps, service.templateId);
      return { facts: {}, holds: [] };
  }
}
