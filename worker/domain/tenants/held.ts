// Who is held: kept in the row of each tenant, so that a trigger can refuse what consumes without walking up the tree.
import { sql } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import type { Statement } from "../ledger.ts";

/**
 * Statement that writes `held_by` anew for a tenant and everything below it: the nearest one at or above that is not active. It
 * belongs into the batch of every change of a status.
 */
export function holdAnew(deps: Deps, rootId: string): Statement {
  return deps.db.run(sql`
    with recursive down(id, held) as (
      select t.id, case when t.status <> 'active' then t.id else (select p.held_by from tenants p where p.id = t.parent_id) end
      from tenants t where t.id = ${rootId}
      union all
      select t.id, case when t.status <> 'active' then t.id else down.held end
      from tenants t join down on t.parent_id = down.id
    )
    update tenants set held_by = (select held from down where down.id = tenants.id)
    where id in (select id from down) and held_by is not (select held from down where down.id = tenants.id)`);
}
