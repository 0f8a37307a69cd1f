// What happens every minute: schedules run, orphaned operations are taken over, tenants torn down, cut-off changes told of, polls
// restarted.
import { createDeps } from "../deps.ts";
import { forgetTries } from "../domain/accounts/throttle.ts";
import { settleIntents } from "../domain/audit.ts";
import { clusterIds, watchCluster } from "../domain/clusters.ts";
import { sweepOperations } from "../domain/operations.ts";
import { lookAfterSchedules } from "../domain/schedules/pass.ts";
import { settleEndings } from "../domain/services/endings.ts";
import { settleTenants } from "../domain/tenants/teardown.ts";
import type { Bindings } from "../env.ts";

export async function tick(env: Bindings): Promise<void> {
  const deps = createDeps(env);
  await sweepOperations(deps);
  await settleTenants(deps);
  await lookAfterSchedules(deps);
  await settleEndings(deps);
  await settleIntents(deps);
  await forgetTries(deps);
  for (const clusterId of await clusterIds(deps)) await watchCluster(deps, clusterId);
}
