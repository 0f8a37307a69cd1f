// Operations: durable changes of a service, one at a time each, seen by the person from the first step to the last.
import { and, desc, eq, isNull, lt } from "drizzle-orm";
import { operations, services } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { isCancellable } from "../rules/cancelling.ts";
import { OPERATION_STEPS, OPTIONAL_STEPS } from "../rules/views.ts";
import type { OperationKind, OperationView } from "../rules/views.ts";
import type { Statement } from "./ledger.ts";
import type { Actor, Scope } from "./scope.ts";

export type OperationRow = typeof operations.$inferSelect;

/** On whose behalf an operation begins: a person or key in a tenant, or the portal itself. */
export interface Requester {
  tenantId: string;
  actor: Pick<Actor, "userId" | "name">;
}

/** What makes a POST safe to send again: the caller's key and a digest of what was asked. */
export interface Idempotency {
  key: string;
  requestHash: string;
}

export async function listOperations(deps: Deps, scope: Scope, limit: number): Promise<OperationView[]> {
  const rows = await deps.db
    .select()
    .from(operations)
    .where(eq(operations.tenantId, scope.tenantId))
    .orderBy(desc(operations.startedAt))
    .limit(limit);
  return rows.map(operationView);
}

export async function operationsOfService(deps: Deps, scope: Scope, serviceId: string): Promise<OperationView[]> {
  const rows = await deps.db
    .select()
    .from(operations)
    .where(and(eq(operations.tenantId, scope.tenantId), eq(operations.serviceId, serviceId)))
    .orderBy(desc(operations.startedAt))
    .limit(50);
  return rows.map(operationView);
}

/** @throws AppError `not_found` */
export async function operationOf(deps: Deps, scope: Scope, operationId: string): Promise<OperationRow> {
  const [row] = await deps.db
    .select()
    .from(operations)
    .where(and(eq(operations.tenantId, scope.tenantId), eq(operations.id, operationId)));
  if (!row) throw new AppError("not_found");
  return row;
}

/**
 * The operation that this very request started before, if it did.
 * @throws AppError `idempotency_key_reused` where the key stands for another request.
 */
export async function replayOf(deps: Deps, by: Requester, idempotency: Idempotency): Promise<OperationRow | null> {
  const [row] = await deps.db
    .select()
    .from(operations)
    .where(and(eq(operations.tenantId, by.tenantId), eq(operations.idempotencyKey, idempotency.key)));
  if (!row) return null;
  if (row.requestHash !== idempotency.requestHash) throw new AppError("idempotency_key_reused");
  return row;
}

/**
 * A fresh row; inserted in one batch with the lock on its service, which a trigger demands. Of the steps that not every such
 * operation has, only those in `optional` become part of it.
 */
export function draftOperation(
  deps: Deps,
  by: Requester,
  service: { id: string; name: string },
  kind: OperationKind,
  idempotency: Idempotency,
  optional: readonly string[] = [],
): OperationRow {
  const startedAt = deps.now();
  const names = OPERATION_STEPS[kind].filter((name) => !OPTIONAL_STEPS.includes(name) || optional.includes(name));
  return {
    id: deps.newId("op"),
    tenantId: by.tenantId,
    serviceId: service.id,
    serviceName: service.name,
    kind,
    status: "queued",
    actorId: by.actor.userId,
    actorName: by.actor.name,
    idempotencyKey: idempotency.key,
    requestHash: idempotency.requestHash,
    steps: names.map((name) => ({ name, status: "pending", startedAt: null, endedAt: null })),
    facts: {},
    errorCode: null,
    errorParams: null,
    attempt: 1,
    leaseUntil: startedAt + deps.config.OPERATION_LEASE_MS,
    startedAt,
    endedAt: null,
    cancelAt: null,
  };
}

export function insertOperation(deps: Deps, row: OperationRow): Statement {
  return deps.db.insert(operations).values(row);
}

/** Starts the run of an operation. Where that fails, the sweep finds the operation as soon as its lease is over. */
export async function runOperation(deps: Deps, operationId: string, attempt: number): Promise<void> {
  try {
    await deps.env.OPERATIONS.create({ id: `${operationId}-${attempt}`, params: { operationId, attempt } });
  } catch {
    deps.log("warn", "workflow_not_started", { operationId, attempt });
  }
}

/** How many operations one sweep takes over; the rest waits for the next. */
const SWEEP_SIZE = 50;

/**
 * Gives every operation without a sign of life to a new run. The step that the old one was in is done again, which every
 * step allows; the old run, should it wake, finds that it is no longer the latest and leaves.
 */
export async function sweepOperations(deps: Deps): Promise<number> {
  const stale = await deps.db
    .select({ id: operations.id, attempt: operations.attempt })
    .from(operations)
    .where(and(isNull(operations.endedAt), lt(operations.leaseUntil, deps.now())))
    .limit(SWEEP_SIZE);
  let taken = 0;
  for (const row of stale) {
    const attempt = row.attempt + 1;
    const claimed = await deps.db
      .update(operations)
      .set({ attempt, leaseUntil: deps.now() + deps.config.OPERATION_LEASE_MS })
      .where(and(eq(operations.id, row.id), eq(operations.attempt, row.attempt), isNull(operations.endedAt)))
      .returning({ id: operations.id });
    if (claimed.length === 0) continue;
    deps.log("info", "operation_taken_over", { operationId: row.id, attempt });
    await runOperation(deps, row.id, attempt);
    taken += 1;
  }
  return taken;
}

/** Statement that frees the service that an operation is about, and changes it. */
export function releaseLock(
  deps: Deps,
  operation: Pick<OperationRow, "id" | "serviceId">,
  changes: Partial<typeof services.$inferInsert> = {},
): Statement {
  return deps.db
    .update(services)
    .set({ operationId: null, ...changes })
    .where(and(eq(services.id, operation.serviceId), eq(services.operationId, operation.id)));
}

/** Statement that frees what an operation holds besides: the service that it copies. */
export function releaseSource(deps: Deps, operation: Pick<OperationRow, "id" | "facts">): Statement[] {
  const { sourceId } = operation.facts;
  if (typeof sourceId !== "string") return [];
  return [releaseLock(deps, { id: operation.id, serviceId: sourceId })];
}

export function operationView(row: OperationRow): OperationView {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    serviceId: row.serviceId,
    serviceName: row.serviceName,
    actor: row.actorName,
    steps: row.steps,
    error: row.errorCode === null ? null : { code: row.errorCode, params: row.errorParams ?? {} },
    retryable: row.status === "reverted" && isRepeatable(row),
    cancellable: row.cancelAt === null && isCancellable(row),
    ahead: aheadOf(row),
    startedAt: row.startedAt,
    endedAt: row.endedAt,
  };
}

/** What the run last noted of its place in a line; of no meaning once it is past it. */
function aheadOf({ steps, facts }: OperationRow): number {
  const step = steps.find(({ status }) => status === "running");
  return step !== undefined && WAITING_STEPS.includes(step.name) ? Number(facts["ahead"] ?? 0) : 0;
}

/** Steps in which an operation may wait for others: a node makes one backup at a time. */
const WAITING_STEPS: readonly string[] = ["queue", "safety"];

/** What makes a service can be tried again with all that was typed; a rebuild only where the old guest is gone. */
function isRepeatable({ kind, facts }: OperationRow): boolean {
  return kind === "launch" || kind === "clone" || kind === "restore" || (kind === "rebuild" && facts.gone === true);
}
