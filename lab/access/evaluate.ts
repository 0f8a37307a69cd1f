// Evaluates access control lists: which privileges a user or token holds on a path.
import type { LabState } from "../state.ts";
import { BUILT_IN_ROLES } from "./privileges.ts";

/** Privilege → whether it is handed down to deeper paths. */
export type Privileges = Map<string, boolean>;

const SUPERUSER = "root@pam";
const TOP_LEVEL = [
  "/",
  "/access",
  "/access/groups",
  "/access/realm",
  "/nodes",
  "/pool",
  "/sdn",
  "/sdn/zones",
  "/storage",
  "/vms",
];

/** The user behind an id that may be a token's. */
export function userOf(authId: string): string {
  return authId.split("!", 1)[0] ?? authId;
}

/** One leading slash, none doubled, none trailing; null where the text is no path. */
export function normalizePath(path: string): string | null {
  const collapsed = path.replaceAll(/\/+/g, "/").replace(/(?<=.)\/$/, "");
  return /^\/(?:[\w.@+:-]+(?:\/[\w.@+:-]+)*)?$/.test(collapsed) ? collapsed : null;
}

/** Privileges of a role, or undefined where there is no such role. */
export function rolePrivileges(state: LabState, roleid: string): readonly string[] | undefined {
  return BUILT_IN_ROLES[roleid] ?? state.roles[roleid];
}

/** What `authId` may do on `path`: own entries over group entries, deeper over higher, pools for their members, NoAccess over all. */
export function privilegesOn(
  state: LabState,
  authId: string,
  path: string,
  pool: string | undefined = poolOfPath(state, path),
): Privileges {
  const user = userOf(authId);
  if (user === authId) return ofPrincipal(state, user, null, path, pool);
  const token = state.users[user]?.tokens[authId.slice(user.length + 1)];
  if (token === undefined) return new Map();
  const ofUser = ofPrincipal(state, user, null, path, pool);
  if (token.privsep === 0) return ofUser;
  // A separated token has what it was given itself and its user has, too.
  return new Map([...ofPrincipal(state, user, authId, path, pool)].filter(([privilege]) => ofUser.has(privilege)));
}

/** Whether all (or with `any`, one) of the privileges are held on the path. */
export function holds(
  state: LabState,
  authId: string,
  path: string,
  privileges: readonly string[],
  any = false,
): boolean {
  const held = privilegesOn(state, authId, path);
  return any
    ? privileges.some((privilege) => held.has(privilege))
    : privileges.every((privilege) => held.has(privilege));
}

/** Which pool each guest belongs to. */
export function poolsOfGuests(state: LabState): Map<number, string> {
  return new Map(
    Object.entries(state.pools).flatMap(([id, pool]) => pool.vms.map((vmid): [number, string] => [vmid, id])),
  );
}

/** Tells what `authId` holds on each guest. Guests of one pool are judged once, but for those with entries of their own. */
export function guestPrivileges(
  state: LabState,
  authId: string,
  pools: Map<number, string> = poolsOfGuests(state),
): (vmid: number) => Privileges {
  const own = new Set(state.acl.map((entry) => entry.path).filter((path) => path.startsWith("/vms/")));
  const known = new Map<string | undefined, Privileges>();
  return (vmid) => {
    const path = `/vms/${vmid}`;
    const pool = pools.get(vmid);
    if (own.has(path)) return privilegesOn(state, authId, path, pool);
    let held = known.get(pool);
    if (held === undefined) {
      held = pool === undefined ? onPoolless(state, authId, path) : privilegesOn(state, authId, path, pool);
      known.set(pool, held);
    }
    return held;
  };
}

/** Every path on which `authId` holds something, with what it holds there. */
export function effectivePermissions(state: LabState, authId: string): Record<string, Record<string, 0 | 1>> {
  const paths = new Set(state.acl.flatMap((entry) => [entry.path, ...ancestors(entry.path)]));
  if (userOf(authId) === SUPERUSER) for (const path of TOP_LEVEL) paths.add(path);
  for (const pool of Object.values(state.pools)) {
    for (const vmid of pool.vms) paths.add(`/vms/${vmid}`);
    for (const storage of pool.storage) paths.add(`/storage/${storage}`);
  }
  const result: Record<string, Record<string, 0 | 1>> = {};
  for (const path of [...paths].sort()) {
    const held = privilegesOn(state, authId, path);
    if (held.size > 0)
      result[path] = Object.fromEntries([...held].map(([privilege, propagate]) => [privilege, propagate ? 1 : 0]));
  }
  return result;
}

/** An empty pool name is no pool: it spares the search for one. */
function onPoolless(state: LabState, authId: string, path: string): Privileges {
  return privilegesOn(state, authId, path, "");
}

function ancestors(path: string): string[] {
  const segments = path.slice(1).split("/");
  return segments.map((_, depth) => `/${segments.slice(0, depth).join("/")}`);
}

function ofPrincipal(
  state: LabState,
  user: string,
  token: string | null,
  path: string,
  pool: string | undefined,
): Privileges {
  if (user === SUPERUSER && token === null) return expand(state, new Map([["Administrator", true]]));
  let roles = rolesOn(state, user, token, path);
  if (pool !== undefined && pool !== "" && !roles.has("NoAccess")) {
    const fromPool = rolesOn(state, user, token, `/pool/${pool}`);
    // Membership is a property of this very object: nothing is handed down from it.
    if (fromPool.has("NoAccess")) roles = fromPool;
    else roles = new Map([...[...fromPool.keys()].map((role): [string, boolean] => [role, false]), ...roles]);
  }
  return expand(state, roles);
}

function rolesOn(state: LabState, user: string, token: string | null, path: string): Map<string, boolean> {
  const segments = path === "/" ? [] : path.slice(1).split("/");
  let roles = new Map<string, boolean>();
  for (let depth = 0; depth <= segments.length; depth += 1) {
    const here = `/${segments.slice(0, depth).join("/")}`;
    const final = depth === segments.length;
    const entries = state.acl.filter((entry) => entry.path === here && (final || entry.propagate === 1));
    const own = entries.filter((entry) =>
      token === null ? entry.type === "user" && entry.ugid === user : entry.type === "token" && entry.ugid === token,
    );
    const groups = entries.filter(
      (entry) => token === null && entry.type === "group" && state.groups[entry.ugid]?.users.includes(user) === true,
    );
    const winning = own.length > 0 ? own : groups;
    if (winning.length > 0) roles = new Map(winning.map((entry) => [entry.roleid, entry.propagate === 1]));
  }
  return roles.has("NoAccess") ? new Map([["NoAccess", roles.get("NoAccess") ?? false]]) : roles;
}

function poolOfPath(state: LabState, path: string): string | undefined {
  const member = /^\/(vms|storage)\/([^/]+)$/.exec(path);
  if (member === null) return undefined;
  const [, kind, id = ""] = member;
  return Object.entries(state.pools).find(([, pool]) =>
    kind === "vms" ? pool.vms.includes(Number(id)) : pool.storage.includes(id),
  )?.[0];
}

function expand(state: LabState, roles: Map<string, boolean>): Privileges {
  const privileges: Privileges = new Map();
  for (const [role, propagate] of roles) {
    for (const privilege of rolePrivileges(state, role) ?? [])
      privileges.set(privilege, (privileges.get(privilege) ?? false) || propagate);
  }
  return privileges;
}
