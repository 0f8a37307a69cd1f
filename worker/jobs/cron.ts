// What happens every minute: orphaned operations are taken over, polls that have stopped are started again.
import { createDeps } from "../deps.ts";
import { clusterIds, watchCluster } from "../domain/clusters.ts";
import { sweepOperations } from "../domain/operations.ts";
import type { Bindings } from "../env.ts";

export async function tick(env: Bindings): Promise<void> {
  const deps = createDeps(env);
  await sweepOperations(deps);
  for (const clusterId of await clusterIds(deps)) await watchCluster(deps, clusterId);
}
