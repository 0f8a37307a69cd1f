// What happens every minute: orphaned operations are taken over, tenants torn down, polls that have stopped are started again.
import { createDeps } from "../deps.ts";
import { clusterIds, watchCluster } from "../domain/clusters.ts";
import { sweepOperations } from "../domain/operations.ts";
import { settleTenants } from "../domain/tenants/teardown.ts";
import type { Bindings } from "../env.ts";

export async function tick(env: Bindings): Promise<void> {
  const deps = createDeps(env);
  await sweepOperations(deps);
  await settleTenants(deps);
  for (const clusterId of await clusterIds(deps)) await watchCluster(deps, clusterId);
}
