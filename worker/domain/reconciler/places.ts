// Guests that were moved to another node by those who run the cluster: their services follow.
import { and, eq, isNull } from "drizzle-orm";
import { services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { appendAudit, SYSTEM } from "../audit.ts";
import { isSettled } from "./survey.ts";
import type { Survey } from "./survey.ts";

/** Writes down where each guest is now; told in the tenant's audit, for the portal changed something by itself. */
export async function followGuests(deps: Deps, survey: Survey): Promise<void> {
  const nodes = new Map(survey.guests.map((row) => [row.vmid, row.node]));
  for (const service of survey.services.filter(isSettled)) {
    const node = nodes.get(service.vmid ?? 0);
    if (node === undefined || node === service.node) continue;
    const changed = await deps.db
      .update(services)
      .set({ node })
      .where(and(eq(services.id, service.id), eq(services.state, "ready"), isNull(services.operationId)))
      .returning({ id: services.id });
    if (changed.length === 0) continue;
    await appendAudit(deps, {
      chain: service.tenantId,
      actor: SYSTEM,
      action: "service.moved",
      outcome: "done",
      target: { type: "service", id: service.id, name: service.name },
      before: { node: service.node },
      after: { node },
      ip: null,
      requestId: deps.newId("req"),
    });
    service.node = node;
  }
}
