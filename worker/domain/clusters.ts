// Clusters: connecting one, checking what its token may do, and the numbers that its guests get.
import { and, eq, isNull, sql } from "drizzle-orm";
import { clusters, services } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { clusterNodes, ownPrivileges, serverVersion } from "../pve/access.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { clusterGuests } from "../pve/guests.ts";
import type { ClusterView } from "../rules/views.ts";
import { trail } from "./audit.ts";
import { open, seal } from "./sealing.ts";

export type ClusterRow = typeof clusters.$inferSelect;

export interface ClusterDraft {
  name: string;
  url: string;
  tokenId: string;
  tokenSecret: string;
  pool: string;
  tenantGroup: string;
  tenantRole: string;
  storage: string;
  vmidFrom: number;
  vmidTo: number;
}

/** Something that the provisioning token needs on a path. */
interface Need {
  path: (cluster: ClusterRow) => string;
  privileges: readonly string[];
  /** What does not work without it, where all the rest does: written behind the line, as a shell's comment. */
  only?: string;
}

/** What the provisioning token needs on each path (found by starting from nothing against a real 9.2 server). */
const NEEDED: readonly Need[] = [
  {
    path: (cluster) => `/pool/${cluster.pool}`,
    privileges: [
      "Pool.Allocate",
      "Pool.Audit",
      "VM.Allocate",
      "VM.Audit",
      "VM.Backup",
      "VM.Clone",
      "VM.Config.CDROM",
      "VM.Config.CPU",
      "VM.Config.Cloudinit",
      "VM.Config.Disk",
      "VM.Config.Memory",
      "VM.Config.Network",
      "VM.Config.Options",
      "VM.Console",
      "VM.GuestAgent.Audit",
      "VM.PowerMgmt",
      "VM.Snapshot",
      "VM.Snapshot.Rollback",
    ],
  },
  {
    path: (cluster) => `/pool/${cluster.pool}`,
    privileges: ["VM.GuestAgent.Unrestricted"],
    only: "scripts and new passwords in virtual machines",
  },
  { path: (cluster) => `/storage/${cluster.storage}`, privileges: ["Datastore.AllocateSpace"] },
  { path: () => "/sdn/zones/localnetwork", privileges: ["SDN.Use"] },
  { path: (cluster) => `/access/groups/${cluster.tenantGroup}`, privileges: ["User.Modify"] },
  { path: () => "/access/realm/pve", privileges: ["Realm.AllocateUser"] },
];

/** Stores a cluster and checks it at once; the answer tells what is still missing. */
export async function connectCluster(deps: Deps, draft: ClusterDraft): Promise<ClusterView> {
  const id = deps.newId("clu");
  const { name, url, tokenId, pool, storage } = draft;
  trail(deps, { target: { type: "cluster", id, name }, after: { url, tokenId, pool, storage } });
  await deps.db.insert(clusters).values({
    id,
    name: draft.name,
    url: new URL(draft.url).origin,
    tokenId: draft.tokenId,
    tokenSecretSealed: await seal(deps, `cluster:${id}`, draft.tokenSecret),
    pool: draft.pool,
    tenantGroup: draft.tenantGroup,
    tenantRole: draft.tenantRole,
    storage: draft.storage,
    vmidNext: draft.vmidFrom,
    vmidTo: draft.vmidTo,
    status: "unreachable",
    missing: [],
    nodes: [],
    createdAt: deps.now(),
  });
  const view = await checkCluster(deps, id);
  await watchCluster(deps, id);
  return view;
}

/** Follows a cluster to another address, with another token where one is given; checks it there at once. */
export async function moveCluster(
  deps: Deps,
  clusterId: string,
  change: Pick<ClusterDraft, "url"> & Partial<Pick<ClusterDraft, "tokenId" | "tokenSecret">>,
): Promise<ClusterView> {
  const { tokenId, tokenSecret } = change;
  const old = await clusterById(deps, clusterId);
  trail(deps, {
    target: { type: "cluster", id: clusterId, name: old.name },
    before: { url: old.url, tokenId: old.tokenId },
    after: { url: change.url, tokenId: tokenId ?? old.tokenId, newSecret: tokenSecret !== undefined },
  });
  await deps.db
    .update(clusters)
    .set({
      url: new URL(change.url).origin,
      ...(tokenId === undefined ? {} : { tokenId }),
      ...(tokenSecret === undefined
        ? {}
        : { tokenSecretSealed: await seal(deps, `cluster:${clusterId}`, tokenSecret) }),
    })
    .where(eq(clusters.id, clusterId));
  return checkCluster(deps, clusterId);
}

/** Asks a cluster for version, nodes and the token's privileges, keeps and answers the findings. */
export async function checkCluster(deps: Deps, clusterId: string): Promise<ClusterView> {
  const cluster = await clusterById(deps, clusterId);
  trail(deps, { target: { type: "cluster", id: clusterId, name: cluster.name } });
  const access = await provisionerOf(deps, cluster);
  try {
    const { version } = await serverVersion(access);
    const [nodes, missing] = await Promise.all([clusterNodes(access), missingLines(access, cluster)]);
    await deps.db
      .update(clusters)
      .set({ version, nodes, missing, status: "ok", lastSeenAt: deps.now() })
      .where(eq(clusters.id, clusterId));
  } catch (error) {
    if (!isPveError(error)) throw error;
    await noteTrouble(deps, clusterId, isPveError(error, "unauthorised", "forbidden") ? "denied" : "unreachable");
  }
  return clusterView(deps, await clusterById(deps, clusterId));
}

export async function listClusters(deps: Deps): Promise<ClusterView[]> {
  const rows = await deps.db.select().from(clusters).orderBy(clusters.name);
  return Promise.all(rows.map((row) => clusterView(deps, row)));
}

/** @throws AppError `not_found` */
export async function clusterById(deps: Deps, clusterId: string): Promise<ClusterRow> {
  const [row] = await deps.db.select().from(clusters).where(eq(clusters.id, clusterId));
  if (!row) throw new AppError("not_found");
  return row;
}

export async function clusterIds(deps: Deps): Promise<string[]> {
  return (await deps.db.select({ id: clusters.id }).from(clusters)).map((row) => row.id);
}

/** Access by the provisioning token: makes, configures and deletes; never root's. */
export async function provisionerOf(deps: Deps, cluster: ClusterRow): Promise<PveAccess> {
  return {
    url: cluster.url,
    tokenId: cluster.tokenId,
    secret: await open(deps, `cluster:${cluster.id}`, cluster.tokenSecretSealed),
    timeoutMs: deps.config.PVE_TIMEOUT_MS,
  };
}

/** Every guest that the provisioning token sees, and the cluster's state as of this question. */
export async function pollCluster(deps: Deps, clusterId: string) {
  const cluster = await clusterById(deps, clusterId);
  try {
    const rows = await clusterGuests(await provisionerOf(deps, cluster));
    if (cluster.status !== "ok" || deps.now() - (cluster.lastSeenAt ?? 0) > SEEN_EVERY_MS) {
      await deps.db.update(clusters).set({ status: "ok", lastSeenAt: deps.now() }).where(eq(clusters.id, clusterId));
    }
    return rows;
  } catch (error) {
    if (!isPveError(error)) throw error;
    await noteTrouble(deps, clusterId, isPveError(error, "unauthorised") ? "denied" : "unreachable");
    return null;
  }
}

/** A row written per poll would cost for nothing; once a minute is enough to tell when a cluster was last seen. */
const SEEN_EVERY_MS = 60_000;

/**
 * Takes the next number for a service, unless it has one. Numbers only grow: Proxmox VE reads the ownership of backups from
 * them, so that a number used again would show a tenant its predecessor's.
 */
export async function takeVmid(deps: Deps, clusterId: string, serviceId: string): Promise<number> {
  await deps.db.batch([
    deps.db
      .update(services)
      .set({ vmid: sql`(select vmid_next from clusters where id = ${clusterId} and vmid_next <= vmid_to)` })
      .where(and(eq(services.id, serviceId), isNull(services.vmid))),
    deps.db
      .update(clusters)
      .set({ vmidNext: sql`vmid_next + 1` })
      .where(and(eq(clusters.id, clusterId), sql`vmid_next = (select vmid from services where id = ${serviceId})`)),
  ]);
  const [row] = await deps.db.select({ vmid: services.vmid }).from(services).where(eq(services.id, serviceId));
  if (!row?.vmid) throw new AppError("cluster_refused", { reason: "vmid_range_used_up" });
  return row.vmid;
}

/** Starts the cluster's poll, or sees that it runs. */
export async function watchCluster(deps: Deps, clusterId: string): Promise<void> {
  await deps.env.WATCHES.get(deps.env.WATCHES.idFromName(clusterId)).ensure(clusterId);
}

async function noteTrouble(deps: Deps, clusterId: string, status: "unreachable" | "denied"): Promise<void> {
  await deps.db
    .update(clusters)
    .set({ status })
    .where(and(eq(clusters.id, clusterId), sql`${clusters.status} <> ${status}`));
}

async function missingLines(access: PveAccess, cluster: ClusterRow): Promise<string[]> {
  const user = access.tokenId.split("!")[0];
  const lines = await Promise.all(
    NEEDED.map(async ({ path, privileges, only }) => {
      const held = await ownPrivileges(access, path(cluster));
      const missing = privileges.filter((privilege) => !held.has(privilege));
      if (missing.length === 0) return [];
      const place = path(cluster).replaceAll(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase());
      const role = `Nubemox${place}${only === undefined ? "" : "Agent"}`;
      const why = only === undefined ? "" : ` # for ${only}`;
      return [
        `pveum role add ${role} --privs "${missing.join(" ")}"${why}`,
        `pveum acl modify ${path(cluster)} --users ${user} --roles ${role}`,
      ];
    }),
  );
  return lines.flat();
}

async function clusterView(deps: Deps, row: ClusterRow): Promise<ClusterView> {
  const [live] = await deps.db
    .select({ guests: sql<number>`count(*)` })
    .from(services)
    .where(and(eq(services.clusterId, row.id), isNull(services.deletedAt)));
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    tokenId: row.tokenId,
    version: row.version,
    status: row.status,
    missing: row.missing,
    nodes: row.nodes,
    guests: live?.guests ?? 0,
    lastSeenAt: row.lastSeenAt,
  };
}
