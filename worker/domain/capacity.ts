// What the platform has to hand out: physical capacity times the overcommit, per resource.
import { eq } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { capacity, envelopes } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { limitOfCapacity } from "../rules/quota.ts";
import type { CapacityView } from "../rules/views-tree.ts";
import { RESOURCES } from "../rules/views.ts";
import type { Resource } from "../rules/views.ts";
import { trail } from "./audit.ts";
import { PLATFORM_ID } from "./tenants/platform.ts";

export interface CapacityChange {
  resource: Resource;
  physical: number;
  ratioPercent: number;
}

export async function capacityOf(deps: Deps): Promise<CapacityView> {
  const [has, hands] = await Promise.all([
    deps.db.select().from(capacity),
    deps.db.select().from(envelopes).where(eq(envelopes.tenantId, PLATFORM_ID)),
  ]);
  const resources = RESOURCES.map((resource) => {
    const row = has.find((candidate) => candidate.resource === resource);
    const envelope = hands.find((candidate) => candidate.resource === resource);
    const { physical = 0, ratioPercent = 100 } = row ?? {};
    return { resource, physical, ratioPercent, limit: envelope?.limit ?? 0, used: envelope?.used ?? 0 };
  });
  return { resources };
}

/**
 * Changes what the platform has, all or nothing; the database sets the platform's limits by it.
 * @throws AppError `limit_below_used` where more is handed out than there would be, with the figures.
 */
export async function changeCapacity(deps: Deps, changes: readonly CapacityChange[]): Promise<CapacityView> {
  const before = await capacityOf(deps);
  const [first, ...rest] = changes.map(({ resource, physical, ratioPercent }) =>
    deps.db.update(capacity).set({ physical, ratioPercent }).where(eq(capacity.resource, resource)),
  );
  if (!first) return before;
  try {
    await deps.db.batch([first, ...rest]);
  } catch (error) {
    if (!refusedBy(error, "quota_exceeded")) throw error;
    throw tooLow(await capacityOf(deps), changes);
  }
  const after = await capacityOf(deps);
  trail(deps, {
    target: { type: "capacity", id: PLATFORM_ID },
    before: figuresOf(before, changes),
    after: figuresOf(after, changes),
  });
  return after;
}

function tooLow(now: CapacityView, changes: readonly CapacityChange[]): AppError {
  for (const change of changes) {
    const used = now.resources.find((row) => row.resource === change.resource)?.used ?? 0;
    const limit = limitOfCapacity(change.physical, change.ratioPercent);
    if (limit < used) return new AppError("limit_below_used", { resource: change.resource, limit, used });
  }
  return new AppError("limit_below_used");
}

function figuresOf(view: CapacityView, changes: readonly CapacityChange[]): Record<string, unknown> {
  const named = new Set(changes.map((change) => change.resource));
  return Object.fromEntries(
    view.resources
      .filter((row) => named.has(row.resource))
      .map(({ resource, physical, ratioPercent, limit }) => [resource, { physical, ratioPercent, limit }]),
  );
}
