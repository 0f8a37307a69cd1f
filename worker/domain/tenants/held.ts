// Who is held: kept in the row of each tenant, so that a trigger can refuse what consumes without walking up the tree.
import { sql } from "drizzle-orm";
import { tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Statement } from "../ledger.ts";
import { subtreeOf } from "./subtree.ts";

/**
 * Statement that writes `held_by` anew for a tenant and everything below it: the nearest one at or above that is not active. It
 * belongs into the batch of every change of a status.
 */
export function holdAnew(deps: Deps, rootId: string): Statement {
  const nearest = sql`(
    with recursive up(id, parent_id, status, depth) as (
      select t.id, t.parent_id, t.status, 0 from tenants t where t.id = tenants.id
      union all
      select t.id, t.parent_id, t.status, up.depth + 1 from tenants t join up on t.id = up.parent_id
    ) select up.id from up where up.status <> 'active' order by up.depth limit 1)`;
  return deps.db
    .update(tenants)
    .set({ heldBy: nearest })
    .where(sql`tenants.id in ${subtreeOf(rootId)} and tenants.held_by is not ${nearest}`);
}
