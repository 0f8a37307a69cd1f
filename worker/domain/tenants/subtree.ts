// The part of the tree below a tenant, as SQL that other statements build on.
import { sql } from "drizzle-orm";

/** Subquery for the ids of a tenant and of everything below it. */
export function subtreeOf(rootId: string) {
  return sql`(
    with recursive down(id) as (
      select ${rootId} union all select t.id from tenants t join down on t.parent_id = down.id
    ) select id from down)`;
}
