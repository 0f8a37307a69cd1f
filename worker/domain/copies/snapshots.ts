// Snapshots of services: the requests, their rows, and the charge that each of them is.
import { and, eq, sql } from "drizzle-orm";
import { snapshots } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { inTreeOrder } from "../../rules/copies.ts";
import type { Accepted, OperationKind } from "../../rules/views.ts";
import type { SnapshotView } from "../../rules/views-copies.ts";
import { SYSTEM, trail } from "../audit.ts";
import { chargeSnapshot } from "../ledger.ts";
import type { Statement } from "../ledger.ts";
import { draftOperation } from "../operations.ts";
import type { Idempotency, Requester } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { beginOn, refuseUnready, replayed } from "../services/begin.ts";
import type { Also } from "../services/begin.ts";
import { serviceIn, serviceOf } from "../services/services.ts";
import type { ServiceRow } from "../services/services.ts";

export type SnapshotRow = typeof snapshots.$inferSelect;

/** Snapshots of a service, each after the one that it was made upon. @throws AppError `not_found` */
export async function listSnapshots(deps: Deps, scope: Scope, serviceId: string): Promise<SnapshotView[]> {
  const service = await serviceOf(deps, scope, serviceId);
  const rows = await deps.db
    .select()
    .from(snapshots)
    .where(eq(snapshots.serviceId, service.id))
    .orderBy(snapshots.createdAt);
  return inTreeOrder(rows.map(snapshotView));
}

/** What a person says of a snapshot. */
export interface SnapshotDraft {
  name: string;
  description: string;
  withMemory: boolean;
}

/**
 * Takes a snapshot of a service, with what is in its memory where that is asked for.
 * @throws AppError `quota_exceeded`, `name_taken`, `not_running` (memory of a service that is off), `service_busy`,
 * `service_not_ready`, `tenant_suspended`.
 */
export async function takeSnapshot(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  draft: SnapshotDraft,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, after: { snapshot: draft.name } });
  await refuseUnready(deps, service);
  if (draft.withMemory && service.power !== "running") throw new AppError("not_running");
  return beginSnapshot(deps, scope, service, draft, idempotency);
}

/** Begins to take a snapshot of a service that is ready, for whoever may. @throws AppError as {@link takeSnapshot} */
export function beginSnapshot(
  deps: Deps,
  by: Requester,
  service: ServiceRow,
  draft: SnapshotDraft & { scheduleId?: string },
  idempotency: Idempotency,
  also: Also = () => [],
): Promise<Accepted> {
  const id = deps.newId("snp");
  const operation = draftOperation(deps, by, service, "snapshot", idempotency);
  return beginOn(deps, by, service, "snapshot", idempotency, {
    operation,
    facts: { snapshotId: id },
    name: draft.name,
    demands: [{ resource: "snapshots", amount: 1 }],
    before: [
      deps.db.insert(snapshots).values({
        id,
        tenantId: service.tenantId,
        serviceId: service.id,
        ...draft,
        parentName: null,
        state: "creating",
        createdAt: deps.now(),
      }),
    ],
    after: chargeSnapshot(deps, service.tenantId, id, operation.id),
    also,
  });
}

/**
 * Takes a service back to a snapshot: disks and options, and memory where it was kept.
 * @throws AppError `snapshot_unknown`, `service_busy`, `service_not_ready`, `tenant_suspended`.
 */
export async function rollBack(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  snapshotId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  return onSnapshot(deps, scope, serviceId, snapshotId, "rollback", idempotency);
}

/**
 * Removes a snapshot; those made upon it stand on its parent afterwards. Its charge goes with it.
 * @throws AppError `snapshot_unknown`, `service_busy`, `service_not_ready`.
 */
export async function removeSnapshot(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  snapshotId: string,
  idempotency: Idempotency,
): Promise<Accepted> {
  return onSnapshot(deps, scope, serviceId, snapshotId, "snapshot_delete", idempotency);
}

/**
 * The portal itself removes a snapshot that a rule of retention does not keep. Answers the operation's id, or null where there is
 * none any more or its service is busy: whoever wants it done asks again later.
 */
export async function retireSnapshot(
  deps: Deps,
  tenantId: string,
  snapshotId: string,
  also: Also,
): Promise<string | null> {
  const snapshot = await snapshotById(deps, snapshotId);
  const service = snapshot && (await serviceIn(deps, tenantId, snapshot.serviceId));
  if (!service || snapshot.state !== "ready" || service.state !== "ready" || service.operationId !== null) return null;
  const by = { tenantId, actor: { userId: SYSTEM.id, name: SYSTEM.name } };
  const idempotency = { key: `system-${crypto.randomUUID()}`, requestHash: "" };
  try {
    const accepted = await beginOn(deps, by, service, "snapshot_delete", idempotency, {
      facts: { snapshotId },
      before: [deleting(deps, snapshotId)],
      also,
    });
    return accepted.operation.id;
  } catch (error) {
    if (error instanceof AppError && error.code === "service_busy") return null;
    throw error;
  }
}

async function onSnapshot(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  snapshotId: string,
  kind: Extract<OperationKind, "rollback" | "snapshot_delete">,
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  if (kind === "rollback") refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const snapshot = await snapshotById(deps, snapshotId);
  if (snapshot?.serviceId !== service.id) throw new AppError("snapshot_unknown");
  trail(deps, { target: { type: "service", id: service.id, name: service.name }, before: { snapshot: snapshot.name } });
  // One that was taken with its memory comes back running.
  await refuseUnready(deps, service, kind === "rollback" ? "starts" : "spares");
  return beginOn(deps, scope, service, kind, idempotency, {
    facts: { snapshotId: snapshot.id },
    before: kind === "snapshot_delete" ? [deleting(deps, snapshot.id)] : [],
  });
}

function deleting(deps: Deps, snapshotId: string): Statement {
  return deps.db.update(snapshots).set({ state: "deleting" }).where(eq(snapshots.id, snapshotId));
}

/** A row, whoever asks; null where there is none. */
export async function snapshotById(deps: Deps, snapshotId: string): Promise<SnapshotRow | null> {
  const [row] = await deps.db.select().from(snapshots).where(eq(snapshots.id, snapshotId));
  return row ?? null;
}

/** The portal's mark in a snapshot's description: only one that carries it is ever removed. */
export function snapshotMark(snapshot: Pick<SnapshotRow, "id">): string {
  return `nubemox:${snapshot.id}`;
}

/** Statement that says that a snapshot is there, with what is known of it now. */
export function keepSnapshot(deps: Deps, snapshotId: string, changes: Partial<SnapshotRow> = {}): Statement {
  return deps.db
    .update(snapshots)
    .set({ ...changes, state: "ready" })
    .where(eq(snapshots.id, snapshotId));
}

/** Statements that forget a snapshot and its charge; those made upon it get its parent. */
export function forgetSnapshot(deps: Deps, snapshotId: string): Statement[] {
  const gone = sql`(select service_id from snapshots where id = ${snapshotId})`;
  const goneName = sql`(select name from snapshots where id = ${snapshotId})`;
  return [
    deps.db
      .update(snapshots)
      .set({ parentName: sql`(select parent_name from snapshots where id = ${snapshotId})` })
      .where(and(eq(snapshots.serviceId, gone), eq(snapshots.parentName, goneName))),
    deps.db.delete(snapshots).where(eq(snapshots.id, snapshotId)),
  ];
}

function snapshotView({ tenantId: _tenant, serviceId: _service, ...row }: SnapshotRow): SnapshotView {
  return row;
}
