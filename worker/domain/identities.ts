// A tenant on a cluster: its own pool, user and token, so that Proxmox VE checks ownership a second time.
import { and, eq } from "drizzle-orm";
import { identities, tenants } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { ensurePool, ensureUser, grantPool, issueToken, removeToken, tokenNames } from "../pve/access.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { provisionerOf } from "./clusters.ts";
import type { ClusterRow } from "./clusters.ts";
import { open, seal } from "./sealing.ts";

/**
 * Sees that a tenant has its pool, user, token and access rule on a cluster; every step may have been done before. Each call
 * that finds no secret stored makes a token with a name of its own, and the first to be stored is the tenant's: two launches
 * at once, a lost answer or a crash can leave a token too many, which is removed, but never a stored secret that is not valid.
 */
export async function ensureIdentity(deps: Deps, tenantId: string, cluster: ClusterRow): Promise<{ pool: string }> {
  const known = await identityRow(deps, tenantId, cluster.id);
  if (known) return { pool: known.pool };
  const [tenant] = await deps.db.select().from(tenants).where(eq(tenants.id, tenantId));
  if (!tenant) throw new AppError("not_found");
  const provisioner = await provisionerOf(deps, cluster);
  const pool = await ensurePools(deps, provisioner, cluster, tenant);
  const userId = `${tenant.slug}@pve`;
  const comment = `nubemox:${tenantId}`;
  await ensureUser(provisioner, userId, cluster.tenantGroup, comment);
  await grantPool(provisioner, pool, userId, cluster.tenantRole);
  const tokenName = deps.newId("tok");
  const secret = await issueToken(provisioner, userId, tokenName);
  await deps.db
    .insert(identities)
    .values({
      tenantId,
      clusterId: cluster.id,
      pool,
      tokenId: `${userId}!${tokenName}`,
      tokenSecretSealed: await seal(deps, placeOf(tenantId, cluster.id), secret),
      createdAt: deps.now(),
    })
    .onConflictDoNothing();
  await removeOtherTokens(deps, provisioner, userId, tenantId, cluster);
  return { pool };
}

/** Removes the tokens of a tenant's user that nobody has the secret of. One that stays does no harm, so nothing waits for it. */
async function removeOtherTokens(
  deps: Deps,
  provisioner: PveAccess,
  userId: string,
  tenantId: string,
  cluster: ClusterRow,
) {
  const kept = (await identityRow(deps, tenantId, cluster.id))?.tokenId;
  if (kept === undefined) return;
  try {
    for (const name of await tokenNames(provisioner, userId)) {
      if (`${userId}!${name}` !== kept) await removeToken(provisioner, userId, name);
    }
  } catch (error) {
    if (!isPveError(error)) throw error;
    deps.log("warn", "tokens_left", { tenantId, clusterId: cluster.id, error: error.message });
  }
}

/**
 * Access by the tenant's own token, which sees the tenant's pool only: reading, power, console.
 * @throws AppError `guest_lost` where the tenant was never set up on that cluster.
 */
export async function tenantAccess(deps: Deps, tenantId: string, cluster: ClusterRow): Promise<PveAccess> {
  const row = await identityRow(deps, tenantId, cluster.id);
  if (!row) throw new AppError("guest_lost");
  return {
    url: cluster.url,
    tokenId: row.tokenId,
    secret: await open(deps, placeOf(tenantId, cluster.id), row.tokenSecretSealed),
    timeoutMs: deps.config.PVE_TIMEOUT_MS,
  };
}

/**
 * Pools nest as tenants do: `<root>/<reseller>/<tenant>`. Proxmox VE ends at three levels, so a deeper tenant stands beside
 * its nearest ancestor on the third.
 */
async function ensurePools(
  deps: Deps,
  provisioner: PveAccess,
  cluster: ClusterRow,
  tenant: typeof tenants.$inferSelect,
): Promise<string> {
  let pool = cluster.pool;
  const [parent] = await deps.db
    .select()
    .from(tenants)
    .where(eq(tenants.id, tenant.parentId ?? ""));
  if (parent?.kind === "reseller") {
    pool = `${pool}/${parent.slug}`;
    await ensurePool(provisioner, pool, `nubemox:${parent.id}`);
  }
  pool = `${pool}/${tenant.slug}`;
  await ensurePool(provisioner, pool, `nubemox:${tenant.id}`);
  return pool;
}

async function identityRow(deps: Deps, tenantId: string, clusterId: string) {
  const [row] = await deps.db
    .select()
    .from(identities)
    .where(and(eq(identities.tenantId, tenantId), eq(identities.clusterId, clusterId)));
  return row;
}

function placeOf(tenantId: string, clusterId: string): string {
  return `identity:${tenantId}:${clusterId}`;
}
