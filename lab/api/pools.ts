// Resource pools, nested up to three levels.
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { Failure, badParameters, failed, oneLine } from "../http/failure.ts";
import type { Lab } from "../lab.ts";
import type { PoolState } from "../state.ts";
import { guestRow, storageRow } from "./rows.ts";

const MAX_LEVELS = 3;

export const poolEndpoints: Endpoint[] = [
  { route: "GET /pools", run: listPools },
  { route: "POST /pools", run: createPool },
  { route: "PUT /pools", run: updatePool },
  { route: "DELETE /pools", run: deletePool },
  {
    route: "GET /pools/{poolid}",
    run: (call) => ({ poolid: required(call, "poolid"), ...contents(call, requirePool(call)) }),
  },
  { route: "PUT /pools/{poolid}", run: updatePool },
  { route: "DELETE /pools/{poolid}", run: deletePool },
];

function listPools(call: Call): unknown[] {
  const { state } = call.lab;
  const poolid = text(call, "poolid");
  // Asked by name, any pool shows its members to anybody who is signed in.
  if (poolid !== undefined) return [{ poolid, ...contents(call, requirePool(call)) }];
  return Object.entries(state.pools)
    .filter(([id]) => holds(state, call.identity.authId, `/pool/${id}`, ["Pool.Audit"]))
    .map(([id, pool]) => ({ poolid: id, ...commentOf(pool) }))
    .sort((left, right) => left.poolid.localeCompare(right.poolid));
}

function createPool(call: Call): null {
  const { state, store } = call.lab;
  const poolid = required(call, "poolid");
  const levels = poolid.split("/");
  if (levels.length > MAX_LEVELS)
    throw badParameters({
      poolid: `invalid format - pool name '${poolid}' nested too deeply (max levels = ${MAX_LEVELS})\n`,
    });
  if (state.pools[poolid] !== undefined) throw failed(`create pool failed: pool '${poolid}' already exists`);
  const parent = levels.slice(0, -1).join("/");
  if (parent !== "" && state.pools[parent] === undefined)
    throw failed(`create pool failed: parent '${parent}' of pool '${poolid}' does not exist`);
  const comment = text(call, "comment");
  state.pools[poolid] = { vms: [], storage: [], ...(comment === undefined ? {} : { comment }) };
  store.changed();
  return null;
}

function updatePool(call: Call): null {
  const { state, store } = call.lab;
  const poolid = required(call, "poolid");
  const pool = state.pools[poolid];
  if (pool === undefined) throw failed(`update pools failed: pool '${poolid}' does not exist`);
  const comment = text(call, "comment");
  const remove = flag(call, "delete");
  try {
    for (const vmid of items(call, "vms").map(Number)) changeGuest(call, poolid, pool, vmid, remove);
    for (const storage of items(call, "storage")) changeStorage(call, pool, storage, remove);
  } catch (error) {
    // A refusal inside the locked part comes out wrapped.
    throw error instanceof Failure ? failed(`update pools failed: ${oneLine(error)}`) : error;
  }
  if (comment !== undefined) pool.comment = comment;
  store.changed();
  return null;
}

function changeGuest(call: Call, poolid: string, pool: PoolState, vmid: number, remove: boolean): void {
  const { state } = call.lab;
  requirePrivileges(state, call.identity.authId, `/vms/${vmid}`, ["Permissions.Modify", "VM.Allocate"], true);
  if (remove) {
    if (!pool.vms.includes(vmid)) throw failed(`VM ${vmid} is not a pool member`);
    pool.vms = pool.vms.filter((id) => id !== vmid);
    return;
  }
  if (pool.vms.includes(vmid)) throw failed(`VM ${vmid} is already a pool member`);
  const other = Object.entries(state.pools).find(([, candidate]) => candidate.vms.includes(vmid));
  if (other !== undefined) {
    if (!flag(call, "allow-move"))
      throw failed(`VM ${vmid} belongs already to pool '${other[0]}' and 'allow-move' is not set`);
    requirePrivileges(state, call.identity.authId, `/pool/${other[0]}`, ["Pool.Allocate"]);
    other[1].vms = other[1].vms.filter((id) => id !== vmid);
  }
  if (state.pools[poolid] === pool) pool.vms.push(vmid);
}

function changeStorage(call: Call, pool: PoolState, storage: string, remove: boolean): void {
  const { state } = call.lab;
  requirePrivileges(
    state,
    call.identity.authId,
    `/storage/${storage}`,
    ["Permissions.Modify", "Datastore.Allocate"],
    true,
  );
  if (remove === !pool.storage.includes(storage))
    throw failed(`Storage '${storage}' is ${remove ? "not" : "already"} a pool member`);
  pool.storage = remove ? pool.storage.filter((id) => id !== storage) : [...pool.storage, storage];
}

function deletePool(call: Call): null {
  const { state, store } = call.lab;
  const poolid = required(call, "poolid");
  const pool = state.pools[poolid];
  if (pool === undefined) throw failed(`delete pool failed: pool '${poolid}' does not exist`);
  const nested = Object.keys(state.pools).find((id) => id.startsWith(`${poolid}/`));
  const content =
    nested !== undefined
      ? `pool '${nested}'`
      : pool.vms[0] !== undefined
        ? `VM ${pool.vms[0]}`
        : pool.storage[0] !== undefined
          ? `storage '${pool.storage[0]}'`
          : null;
  if (content !== null) throw failed(`delete pool failed: pool '${poolid}' is not empty (contains ${content})`);
  delete state.pools[poolid];
  state.acl = state.acl.filter((entry) => entry.path !== `/pool/${poolid}`);
  store.changed();
  return null;
}

function requirePool(call: Call): PoolState {
  const poolid = required(call, "poolid");
  const pool = call.lab.state.pools[poolid];
  if (pool === undefined) throw failed(`pool '${poolid}' does not exist`);
  return pool;
}

function contents(call: Call, pool: PoolState): Record<string, unknown> {
  const { lab } = call;
  return { ...commentOf(pool), members: members(lab, pool, text(call, "type")) };
}

function members(lab: Lab, pool: PoolState, type: string | undefined): unknown[] {
  const guests =
    type === undefined || type === "qemu"
      ? pool.vms.filter((vmid) => lab.state.guests[vmid] !== undefined).map((vmid) => guestRow(lab, vmid))
      : [];
  const storages =
    type === undefined || type === "storage"
      ? pool.storage.flatMap((id) => lab.state.nodes.map((node) => storageRow(lab, node, id)))
      : [];
  return [...guests, ...storages];
}

function commentOf(pool: PoolState): Record<string, string> {
  return pool.comment === undefined ? {} : { comment: pool.comment };
}
