// A tenant on a cluster: its own pool, user and token, so that Proxmox VE checks ownership a second time.
import { and, eq } from "drizzle-orm";
import { clusters, identities, tenants } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { ensurePool, ensureUser, grantPool, issueToken, removeToken, tokenNames } from "../pve/access.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { trail } from "./audit.ts";
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
  const held = await tokenOf(deps, tenantId, cluster.id);
  if (!held) throw new AppError("guest_lost");
  const access: PveAccess = { url: cluster.url, ...held, timeoutMs: deps.config.PVE_TIMEOUT_MS };
  access.renew = async () => {
    const now = await tokenOf(deps, tenantId, cluster.id);
    return now?.tokenId === access.tokenId ? null : now;
  };
  return access;
}

async function tokenOf(deps: Deps, tenantId: string, clusterId: string) {
  const row = await identityRow(deps, tenantId, clusterId);
  if (!row) return null;
  return { tokenId: row.tokenId, secret: await open(deps, placeOf(tenantId, clusterId), row.tokenSecretSealed) };
}

/**
 * Gives a tenant a new token on every cluster where it has one, and removes the old. The new one is stored before the old goes,
 * so that a crash in between leaves a token too many, which the next rotation removes, and never a tenant without one.
 * Open consoles stay open; a request that meets the change is sent again. Answers on how many clusters it was done.
 */
export async function rotateTokens(deps: Deps, tenantId: string): Promise<{ rotated: number }> {
  const [tenant] = await deps.db.select().from(tenants).where(eq(tenants.id, tenantId));
  if (!tenant) throw new AppError("not_found");
  trail(deps, { chain: tenantId, target: { type: "tenant", id: tenantId, name: tenant.name } });
  const rows = await deps.db
    .select({ identity: identities, cluster: clusters })
    .from(identities)
    .innerJoin(clusters, eq(clusters.id, identities.clusterId))
    .where(eq(identities.tenantId, tenantId));
  for (const row of rows) await rotateToken(deps, row.identity, row.cluster);
  trail(deps, { after: { clusters: rows.map((row) => row.cluster.name) } });
  return { rotated: rows.length };
}

async function rotateToken(deps: Deps, held: typeof identities.$inferSelect, cluster: ClusterRow): Promise<void> {
  const provisioner = await provisionerOf(deps, cluster);
  const [userId = ""] = held.tokenId.split("!");
  // What was there before is what may go: a token made by a rotation at the same moment is its own to store or to remove.
  const before = await tokenNames(provisioner, userId);
  const name = deps.newId("tok");
  const secret = await issueToken(provisioner, userId, name);
  const stored = await deps.db
    .update(identities)
    .set({
      tokenId: `${userId}!${name}`,
      tokenSecretSealed: await seal(deps, placeOf(held.tenantId, cluster.id), secret),
    })
    .where(
      and(
        eq(identities.tenantId, held.tenantId),
        eq(identities.clusterId, cluster.id),
        eq(identities.tokenId, held.tokenId),
      ),
    )
    .returning({ tenantId: identities.tenantId });
  for (const old of stored.length === 0 ? [name] : before) await removeToken(provisioner, userId, old);
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
