// Pools, users, tokens and access rules on Proxmox VE, as the portal's provisioning token may make them.
import { z } from "zod";
import { Nothing, pvePath, pveRequest } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { isPveError } from "./errors.ts";

/** Makes a pool; one that is there already is fine. Nested names (`a/b`) go in the body, never in the path. */
export async function ensurePool(access: PveAccess, pool: string, comment: string): Promise<void> {
  await unlessExists(pveRequest(access, "POST", pvePath`/pools`, { poolid: pool, comment }, Nothing));
}

/** Makes a user without a password in a group; one that is there already is fine. */
export async function ensureUser(access: PveAccess, userId: string, group: string, comment: string): Promise<void> {
  await unlessExists(
    pveRequest(access, "POST", pvePath`/access/users`, { userid: userId, groups: group, comment }, Nothing),
  );
}

const TokenSecret = z.object({ value: z.string().min(8) });

/** Makes a token with all rights of its user and answers its secret, which the server shows this once. */
export async function issueToken(access: PveAccess, userId: string, tokenName: string): Promise<string> {
  const path = pvePath`/access/users/${userId}/token/${tokenName}`;
  return (await pveRequest(access, "POST", path, { privsep: 0 }, TokenSecret)).value;
}

const Tokens = z.array(z.object({ tokenid: z.string() }));

/** GET /access/users/{userid}/token: names of a user's tokens. */
export async function tokenNames(access: PveAccess, userId: string): Promise<string[]> {
  const rows = await pveRequest(access, "GET", pvePath`/access/users/${userId}/token`, {}, Tokens);
  return rows.map((row) => row.tokenid);
}

/** Removes a token; one that is gone already is fine. */
export async function removeToken(access: PveAccess, userId: string, tokenName: string): Promise<void> {
  const path = pvePath`/access/users/${userId}/token/${tokenName}`;
  await unlessAbsent(pveRequest(access, "DELETE", path, {}, Nothing));
}

/** Gives a user a role on a pool and what is in it. */
export async function grantPool(access: PveAccess, pool: string, userId: string, role: string): Promise<void> {
  await pveRequest(
    access,
    "PUT",
    pvePath`/access/acl`,
    { path: `/pool/${pool}`, users: userId, roles: role, propagate: 1 },
    Nothing,
  );
}

const Version = z.object({ version: z.string(), release: z.string().optional() });

export function serverVersion(access: PveAccess): Promise<z.infer<typeof Version>> {
  return pveRequest(access, "GET", pvePath`/version`, {}, Version);
}

const Nodes = z.array(z.object({ node: z.string(), status: z.string().optional() }));

export async function clusterNodes(access: PveAccess): Promise<{ name: string; online: boolean }[]> {
  const rows = await pveRequest(access, "GET", pvePath`/nodes`, {}, Nodes);
  return rows.map((row) => ({ name: row.node, online: row.status === "online" }));
}

const Permissions = z.record(z.string(), z.record(z.string(), z.unknown()));

/** GET /access/permissions: path → privileges that this token holds there. */
export async function ownPrivileges(access: PveAccess, path: string): Promise<Set<string>> {
  const tree = await pveRequest(access, "GET", pvePath`/access/permissions`, { path }, Permissions);
  return new Set(Object.keys(tree[path] ?? {}));
}

async function unlessExists(request: Promise<null>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!isPveError(error, "exists")) throw error;
  });
}

const Pools = z.array(z.object({ poolid: z.string(), comment: z.string().optional() }));

/** GET /pools: names of the pools that carry this very comment, the deepest first. */
export async function poolsWithComment(access: PveAccess, comment: string): Promise<string[]> {
  const rows = await pveRequest(access, "GET", pvePath`/pools`, {}, Pools);
  return rows
    .filter((row) => row.comment === comment)
    .map((row) => row.poolid)
    .toSorted((a, b) => b.split("/").length - a.split("/").length);
}

/** Removes an empty pool with the access rules on it; one that is gone already is fine. One with guests is refused (`failed`). */
export async function removePool(access: PveAccess, pool: string): Promise<void> {
  await unlessAbsent(pveRequest(access, "DELETE", pvePath`/pools`, { poolid: pool }, Nothing));
}

const User = z.object({ comment: z.string().optional() });

/** Removes a user with its tokens and access rules, if it carries this very comment; one that is gone already is fine. */
export async function removeUser(access: PveAccess, userId: string, comment: string): Promise<void> {
  const path = pvePath`/access/users/${userId}`;
  const user = await pveRequest(access, "GET", path, {}, User).catch((error: unknown) => {
    if (isPveError(error, "absent")) return null;
    throw error;
  });
  if (user?.comment !== comment) return;
  await unlessAbsent(pveRequest(access, "DELETE", path, {}, Nothing));
}

async function unlessAbsent(request: Promise<null>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!isPveError(error, "absent")) throw error;
  });
}
