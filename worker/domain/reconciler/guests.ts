// Guests against services: missing, unknown, in another's pool, of another size.
import type { Deps } from "../../deps.ts";
import { configIfSeen, isNumberFree, sizeOf } from "../../pve/inventory.ts";
import { kindOfRow } from "../../pve/guests.ts";
import type { GuestRow } from "../../pve/guests.ts";
import type { ServiceRow } from "../services/services.ts";
import { carriesMark, isSettled, servicesByNumber, tenantOfPool, unchanged } from "./survey.ts";
import type { Checked, Found, Survey } from "./survey.ts";

/** How many guests one run asks about one by one; what is left over is the next run's. */
const ASKED_PER_RUN = 40;
/** How many guests one run reads though nothing in the list speaks against them, so that all come round in time. */
const LOOKED_PER_RUN = 20;

/** Guests of ready services that are nowhere, or where the portal cannot see them, or in another tenant's pool. */
export async function checkPlaces(deps: Deps, survey: Survey): Promise<Checked> {
  const byNumber = new Map(survey.guests.map((row) => [row.vmid, row]));
  const found: Found[] = [];
  let asked = 0;
  for (const service of survey.services.filter(isSettled)) {
    const row = byNumber.get(service.vmid ?? 0);
    const pool = survey.pools.get(service.tenantId);
    if (row && (row.pool === undefined || row.pool === pool)) continue;
    if ((asked += 1) > ASKED_PER_RUN) break;
    const finding = row ? await misplaced(deps, survey, service, row) : await missing(deps, survey, service);
    if (finding) found.push(finding);
  }
  const isWhole = asked <= ASKED_PER_RUN;
  return { found, sees: (kind) => isWhole && (kind === "guest_missing" || kind === "guest_misplaced") };
}

/**
 * A guest that is not in the list is gone only if its number is free: that the cluster's own registry tells, whatever the token
 * may see and whichever node is off.
 */
async function missing(deps: Deps, survey: Survey, service: ServiceRow): Promise<Found | null> {
  const vmid = service.vmid ?? 0;
  const isFree = await isNumberFree(survey.access, vmid);
  if (!isFree && (await configIfSeen(survey.access, { kind: service.kind, node: service.node ?? "", vmid })) !== null)
    return null;
  if (!(await unchanged(deps, service))) return null;
  const about = { tenantId: service.tenantId, serviceId: service.id, subject: service.id };
  return isFree
    ? { ...about, kind: "guest_missing", details: { vmid, node: service.node ?? "" } }
    : { ...about, kind: "guest_misplaced", details: { vmid, pool: "", ownPool: poolOf(survey, service), ours: 0 } };
}

async function misplaced(deps: Deps, survey: Survey, service: ServiceRow, row: GuestRow): Promise<Found | null> {
  const config = await configIfSeen(survey.access, { kind: kindOfRow(row), node: row.node, vmid: row.vmid });
  if (!config || !(await unchanged(deps, service))) return null;
  return {
    kind: "guest_misplaced",
    subject: service.id,
    tenantId: service.tenantId,
    serviceId: service.id,
    details: {
      vmid: row.vmid,
      node: row.node,
      pool: row.pool ?? "",
      ownPool: poolOf(survey, service),
      ours: carriesMark(config.description, service.id) ? 1 : 0,
    },
  };
}

function poolOf(survey: Survey, service: ServiceRow): string {
  return survey.pools.get(service.tenantId) ?? "";
}

/** Guests in the portal's pools that no living service has. */
export async function checkStrangers(deps: Deps, survey: Survey): Promise<Checked> {
  const root = survey.cluster.pool;
  const known = new Set(survey.services.flatMap((row) => (row.state === "failed" ? [] : (row.vmid ?? []))));
  const strangers = survey.guests.filter(
    (row) =>
      row.template !== 1 &&
      (row.pool === root || row.pool?.startsWith(`${root}/`)) &&
      // A guest without a name was never seen by a status round: it may be just being made.
      !known.has(row.vmid),
  );
  // Read after the list: whoever was launched since then is known by now.
  const owners = await servicesByNumber(
    deps,
    survey.cluster.id,
    strangers.map((row) => row.vmid),
  );
  const found: Found[] = [];
  for (const row of strangers.slice(0, ASKED_PER_RUN)) {
    const owner = owners.get(row.vmid);
    if (owner && (owner.operationId !== null || !["failed", "deleted"].includes(owner.state))) continue;
    const config = await configIfSeen(survey.access, { kind: kindOfRow(row), node: row.node, vmid: row.vmid });
    if (!config) continue;
    const ours = owner !== undefined && carriesMark(config.description, owner.id);
    found.push({
      kind: "guest_unknown",
      subject: `guest:${row.vmid}`,
      tenantId: tenantOfPool(row.pool),
      serviceId: ours ? owner.id : null,
      details: {
        vmid: row.vmid,
        node: row.node,
        name: row.name ?? "",
        pool: row.pool ?? "",
        cores: row.maxcpu ?? 0,
        memoryMiB: Math.round((row.maxmem ?? 0) / 2 ** 20),
        ours: ours ? 1 : 0,
      },
    });
  }
  return { found, sees: (kind) => kind === "guest_unknown" && strangers.length <= ASKED_PER_RUN };
}

/**
 * Guests whose size is not what is charged. The list tells the most; whatever it cannot tell (a second disk) comes out as the
 * configurations are read in turn, from `after` on. Answers where the next run goes on.
 */
export async function checkSizes(deps: Deps, survey: Survey, after: number): Promise<Checked & { next: number }> {
  const settled = survey.services.filter(isSettled).toSorted((a, b) => (a.vmid ?? 0) - (b.vmid ?? 0));
  const rows = new Map(survey.guests.map((row) => [row.vmid, row]));
  const turn = settled.filter((service) => (service.vmid ?? 0) > after).slice(0, LOOKED_PER_RUN);
  const suspects = settled.filter((service) => isSuspect(service, rows.get(service.vmid ?? 0), survey));
  const looked = new Set<string>();
  const found: Found[] = [];
  for (const service of new Set([...suspects.slice(0, ASKED_PER_RUN), ...turn])) {
    const row = rows.get(service.vmid ?? 0);
    if (!row) continue;
    const config = await configIfSeen(survey.access, { kind: kindOfRow(row), node: row.node, vmid: row.vmid });
    if (!config || config.lock !== undefined || !(await unchanged(deps, service))) continue;
    looked.add(service.id);
    const real = sizeOf(config);
    const keys = ["cores", "memoryMiB", "diskGiB"] as const;
    if (keys.every((key) => real[key] === service[key])) continue;
    found.push({
      kind: "size_differs",
      subject: service.id,
      tenantId: service.tenantId,
      serviceId: service.id,
      details: {
        vmid: row.vmid,
        cores: service.cores,
        realCores: real.cores,
        memoryMiB: service.memoryMiB,
        realMemoryMiB: real.memoryMiB,
        diskGiB: service.diskGiB,
        realDiskGiB: real.diskGiB,
        ours: carriesMark(config.description, service.id) ? 1 : 0,
      },
    });
  }
  const living = new Set(settled.map((service) => service.id));
  const next = turn.length < LOOKED_PER_RUN ? 0 : (turn.at(-1)?.vmid ?? 0);
  return {
    found,
    next,
    sees: (kind, subject) => kind === "size_differs" && (looked.has(subject) || !living.has(subject)),
  };
}

function isSuspect(service: ServiceRow, row: GuestRow | undefined, survey: Survey): boolean {
  if (!row) return false;
  if (survey.doubted.has(service.id)) return true;
  return (
    (row.maxcpu !== undefined && row.maxcpu !== service.cores) ||
    (row.maxmem !== undefined && Math.round(row.maxmem / 2 ** 20) !== service.memoryMiB) ||
    (row.maxdisk !== undefined && row.maxdisk > 0 && Math.ceil(row.maxdisk / 2 ** 30) !== service.diskGiB)
  );
}
