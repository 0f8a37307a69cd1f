// What a tenant's owners decide about it: its name, and whether its people must show a second factor.
import { eq, sql } from "drizzle-orm";
import { tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { TenantSettingsView } from "../../rules/views-people.ts";
import { trail } from "../audit.ts";
import { isStrong } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { cutWeakConsolesBelow, tellSubtree } from "./notices.ts";

export async function settingsOf(deps: Deps, tenantId: string): Promise<TenantSettingsView> {
  const rows = await deps.db.all<{ name: string; needs: number; depth: number }>(sql`
    with recursive up(name, needs, parent_id, depth) as (
      select name, require_second_factor, parent_id, 0 from tenants where id = ${tenantId}
      union all
      select t.name, t.require_second_factor, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    ) select name, needs, depth from up order by depth`);
  const [own, ...above] = rows;
  if (!own) throw new AppError("not_found");
  return {
    name: own.name,
    requireSecondFactor: own.needs === 1,
    secondFactorDemandedBy: above.find((row) => row.needs === 1)?.name ?? null,
  };
}

export interface SettingsChange {
  name?: string | undefined;
  requireSecondFactor?: boolean | undefined;
}

/**
 * Changes what is named. Who demands a second factor must have shown one, so that nobody is locked out by his own hand.
 * @throws AppError `second_factor_required`
 */
export async function saveSettings(deps: Deps, scope: Scope, change: SettingsChange): Promise<TenantSettingsView> {
  const before = await settingsOf(deps, scope.tenantId);
  const isNew = change.requireSecondFactor === true && !before.requireSecondFactor;
  if (isNew && !isStrong(scope.actor)) throw new AppError("second_factor_required");
  await deps.db
    .update(tenants)
    .set({
      name: change.name?.trim() ?? before.name,
      requireSecondFactor: change.requireSecondFactor ?? before.requireSecondFactor,
    })
    .where(eq(tenants.id, scope.tenantId));
  const after = await settingsOf(deps, scope.tenantId);
  trail(deps, {
    target: { type: "tenant", id: scope.tenantId, name: after.name },
    before: { name: before.name, requireSecondFactor: before.requireSecondFactor },
    after: { name: after.name, requireSecondFactor: after.requireSecondFactor },
  });
  if (isNew) await cutWeakConsolesBelow(deps, scope.tenantId);
  await tellSubtree(deps, scope.tenantId);
  return after;
}
