// How a change of a service begins: lock, rows, operation and charges in one batch, every refusal told as what it is.
import { and, eq, isNull, sql } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { backups, operations, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Demand } from "../../rules/quota.ts";
import type { Accepted, OperationKind } from "../../rules/views.ts";
import { watchCluster } from "../clusters.ts";
import { publish } from "../feed.ts";
import { isQuotaRefusal, quotaRefusal } from "../ledger.ts";
import type { Statement } from "../ledger.ts";
import { draftOperation, insertOperation, operationView, replayOf, runOperation } from "../operations.ts";
import type { Idempotency, OperationRow, Requester } from "../operations.ts";
import { scriptSteps } from "../scripts/choices.ts";
import { EXPIRED, viewOfService } from "./services.ts";
import type { ServiceRow } from "./services.ts";

/** What is written when an operation begins. */
export interface Beginning {
  operation: OperationRow;
  clusterId: string;
  /** Locks and rows that stand before the operation: the database takes none that does not hold its service. */
  before: Statement[];
  /** Charges, which name the operation that took them. */
  after?: Statement[];
  /** What it takes, for a refusal in numbers. */
  demands?: readonly Demand[];
  /** The name that is to be taken, for a refusal. */
  name?: string;
}

/** The answer that this very request was given before, if it was. @throws AppError `idempotency_key_reused` */
export async function replayed(deps: Deps, by: Requester, idempotency: Idempotency): Promise<Accepted | null> {
  const before = await replayOf(deps, by, idempotency);
  return before && acceptedAs(deps, before);
}

/**
 * Writes it all, or nothing, and starts the run.
 * @throws AppError `quota_exceeded` with what is left, `name_taken`, `service_busy` with who is doing what, `backup_in_use`,
 * `snapshots_exist`, `tenant_suspended`.
 */
export async function begin(
  deps: Deps,
  by: Requester,
  idempotency: Idempotency,
  beginning: Beginning,
): Promise<Accepted> {
  const { operation } = beginning;
  const insert = insertOperation(deps, operation);
  const [first = insert, ...rest] = [...beginning.before, insert, ...(beginning.after ?? [])];
  try {
    await deps.db.batch([first, ...rest]);
  } catch (error) {
    const twin = await replayed(deps, by, idempotency);
    if (twin) return twin;
    throw await refusalOf(deps, by, beginning, error);
  }
  await runOperation(deps, operation.id, operation.attempt);
  await watchCluster(deps, beginning.clusterId);
  const accepted = await acceptedAs(deps, operation);
  await publish(deps, operation.tenantId, { type: "operation", operation: accepted.operation });
  // A backup may be of a service that is gone from every screen.
  if (operation.kind !== "backup_delete")
    await publish(deps, operation.tenantId, { type: "service", service: accepted.service });
  await publish(deps, operation.tenantId, { type: "quota" });
  return accepted;
}

/** More that is written when an operation on a service begins. */
export type BeginningOn = Partial<Pick<Beginning, "before" | "after" | "demands" | "name">> & {
  /** What changes of the service together with its lock. */
  changes?: Partial<ServiceRow>;
  facts?: OperationRow["facts"];
  operation?: OperationRow;
  also?: Also;
};

/** What somebody else's tables get in the same batch, once it is known which operation it is. */
export type Also = (operation: OperationRow) => Statement[];

/**
 * Begins an operation that holds one service, which must be as `service` was read. Where scripts were chosen for what is going to
 * happen to it, whoever asks for it, the operation has the steps that run them.
 */
export async function beginOn(
  deps: Deps,
  by: Requester,
  service: ServiceRow,
  kind: OperationKind,
  idempotency: Idempotency,
  more: BeginningOn = {},
): Promise<Accepted> {
  const steps = more.operation ? [] : await scriptSteps(deps, service, kind);
  const operation = more.operation ?? draftOperation(deps, by, service, kind, idempotency, steps);
  operation.facts = more.facts ?? {};
  return begin(deps, by, idempotency, {
    ...more,
    operation,
    clusterId: service.clusterId,
    before: [lock(deps, service, operation.id, more.changes), ...(more.before ?? [])],
    after: [...(more.after ?? []), ...(more.also?.(operation) ?? [])],
  });
}

/** Takes the lock of a service, if it is free and as it was read; the insertion of the operation fails where it is not. */
export function lock(
  deps: Deps,
  service: ServiceRow,
  operationId: string,
  changes: Partial<ServiceRow> = {},
): Statement {
  return deps.db
    .update(services)
    .set({ operationId, ...changes })
    .where(
      and(
        eq(services.id, service.id),
        eq(services.state, service.state),
        eq(services.cores, service.cores),
        eq(services.memoryMiB, service.memoryMiB),
        eq(services.diskGiB, service.diskGiB),
        // Marked for deletion, or kept, in between.
        sql`${services.deleteAt} is ${service.deleteAt}`,
        isNull(services.operationId),
      ),
    );
}

/**
 * What a verb does to a service, as far as the service's own end has a say in it: it brings it up, or changes it, or neither;
 * powering off, copying and giving back are left to one that has expired or is marked for deletion.
 */
export type Deed = "starts" | "changes" | "spares";

/**
 * Every verb that holds a service asks this first.
 * @throws AppError `service_busy`, `service_not_ready`, `service_leaving`, `service_expired`
 */
export async function refuseUnready(deps: Deps, service: ServiceRow, deed: Deed = "changes"): Promise<void> {
  if (service.operationId !== null) throw await busyWith(deps, service.id);
  if (service.state !== "ready") throw new AppError("service_not_ready");
  refuseEnding(service, deed);
}

/** The same for what holds nothing: words about a service. @throws AppError `service_leaving`, `service_expired` */
export function refuseEnding(service: ServiceRow, deed: Deed = "changes"): void {
  if (deed === "spares") return;
  if (service.deleteAt !== null) throw new AppError("service_leaving", { deleteAt: service.deleteAt });
  if (deed === "starts" && service.expiryStage >= EXPIRED) throw new AppError("service_expired");
}

/** `service_busy`, telling who is doing what, where that can still be told. */
export async function busyWith(deps: Deps, serviceId: string): Promise<AppError> {
  const [row] = await deps.db
    .select({ actor: operations.actorName, kind: operations.kind })
    .from(services)
    .innerJoin(operations, eq(operations.id, services.operationId))
    .where(eq(services.id, serviceId));
  return new AppError("service_busy", row ?? {});
}

/** `backup_in_use`, telling who is doing what with it, where that can still be told. */
export async function backupInUse(deps: Deps, backupId: string): Promise<AppError> {
  const [row] = await deps.db
    .select({ actor: operations.actorName, kind: operations.kind })
    .from(backups)
    .innerJoin(operations, eq(operations.id, backups.operationId))
    .where(eq(backups.id, backupId));
  return new AppError("backup_in_use", row ?? {});
}

async function refusalOf(deps: Deps, by: Requester, beginning: Beginning, error: unknown): Promise<unknown> {
  const { operation, name = "", demands = [] } = beginning;
  if (refusedBy(error, "tenant_suspended")) return new AppError("tenant_suspended");
  if (refusedBy(error, "services.name") || refusedBy(error, "snapshots.name")) {
    return new AppError("name_taken", { name }, { fields: [{ pointer: "#/name", code: "taken" }] });
  }
  if (isQuotaRefusal(error)) return quotaRefusal(deps, by.tenantId, demands);
  if (refusedBy(error, "backup_in_use")) return backupInUse(deps, String(operation.facts["backupId"]));
  if (refusedBy(error, "snapshots_exist")) return new AppError("snapshots_exist");
  if (!refusedBy(error, "service_busy")) return error;
  const held = operation.facts["sourceId"];
  return busyWith(deps, typeof held === "string" ? held : operation.serviceId);
}

async function acceptedAs(deps: Deps, operation: OperationRow): Promise<Accepted> {
  const service = await viewOfService(deps, operation.serviceId);
  if (!service) throw new AppError("not_found");
  return { operation: operationView(operation), service };
}
