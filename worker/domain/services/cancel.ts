// Calling an operation off: the wish is written down, and the run gives back what was taken as soon as it sees it.
import { and, eq, inArray, isNull } from "drizzle-orm";
import { operations } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { isCancellable } from "../../rules/cancelling.ts";
import type { OperationView } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { publish } from "../feed.ts";
import { operationOf, operationView } from "../operations.ts";
import type { Scope } from "../scope.ts";

/**
 * Calls an operation off. Where the run has gone on meanwhile to where there is no way back, it succeeds all the same.
 * @throws AppError `not_found`, `not_cancellable`.
 */
export async function cancelOperation(deps: Deps, scope: Scope, operationId: string): Promise<OperationView> {
  const operation = await operationOf(deps, scope, operationId);
  trail(deps, {
    target: { type: "service", id: operation.serviceId, name: operation.serviceName },
    after: { operation: operation.id, kind: operation.kind },
  });
  // Asked for twice is asked for once.
  if (operation.cancelAt !== null && operation.endedAt === null) return operationView(operation);
  if (!isCancellable(operation)) throw new AppError("not_cancellable");
  const cancelAt = deps.now();
  const called = await deps.db
    .update(operations)
    .set({ cancelAt })
    .where(
      and(
        eq(operations.id, operation.id),
        isNull(operations.endedAt),
        inArray(operations.status, ["queued", "running"]),
      ),
    )
    .returning({ id: operations.id });
  if (called.length === 0) throw new AppError("not_cancellable");
  const view = operationView({ ...operation, cancelAt });
  await publish(deps, operation.tenantId, { type: "operation", operation: view });
  return view;
}
