// The reconciler: services, charges and each cluster side by side; what is safe is repaired, the rest is told.
import type { Deps } from "../../deps.ts";
import { isPveError } from "../../pve/errors.ts";
import type { FindingStatus } from "../../rules/views.ts";
import type { FindingsPage, Skipped } from "../../rules/views-findings.ts";
import { clusterById, clusterIds } from "../clusters.ts";
import { sweepOperations } from "../operations.ts";
import { checkCharges, checkOperations } from "./books.ts";
import { listFindings, noteFindings } from "./findings.ts";
import { checkPlaces, checkSizes, checkStrangers } from "./guests.ts";
import { checkDisks, checkPools } from "./leftovers.ts";
import { followGuests } from "./places.ts";
import { repairByItself } from "./repairs.ts";
import { surveyOf } from "./survey.ts";
import type { Checked, Found, Survey } from "./survey.ts";

/** How a cluster's last run went; kept by its ClusterWatch. */
export interface RunNote {
  at: number;
  skipped: Skipped[];
  /** Number of the guest at which the next run goes on reading configurations. */
  next: number;
}

/** Goes through the ledger and one cluster; `last` is what the run before has noted. */
export async function reconcileCluster(deps: Deps, clusterId: string, last: RunNote | null): Promise<RunNote> {
  await sweepOperations(deps);
  await checkBooks(deps);
  const at = deps.now();
  const cluster = await clusterById(deps, clusterId);
  try {
    const survey = await surveyOf(deps, cluster);
    if (!survey) return { at, skipped: ["rights"], next: 0 };
    await followGuests(deps, survey);
    const sizes = await checkSizes(deps, survey, last?.next ?? 0);
    const checks = [
      await checkPlaces(deps, survey),
      await checkStrangers(deps, survey),
      sizes,
      await checkPools(deps, survey),
      await checkDisks(deps, survey),
    ];
    await noteFindings(deps, clusterId, checks, await repaired(deps, checks, survey));
    return { at, skipped: [...new Set(survey.skipped)], next: sizes.next };
  } catch (error) {
    if (!isPveError(error)) throw error;
    deps.log("warn", "reconcile_cut_short", { clusterId, error: error.message });
    return { at, skipped: ["cluster"], next: last?.next ?? 0 };
  }
}

async function checkBooks(deps: Deps): Promise<void> {
  const checks = await Promise.all([checkCharges(deps), checkOperations(deps)]);
  await noteFindings(deps, null, checks, await repaired(deps, checks, null));
}

async function repaired(deps: Deps, checks: readonly Checked[], survey: Survey | null): Promise<Set<Found>> {
  const bench = survey && { access: survey.access, clusterId: survey.cluster.id };
  const done = new Set<Found>();
  // Sums first: what is given back to an envelope must have been taken from it.
  const found = checks.flatMap((check) => check.found).toSorted((a, b) => rank(a) - rank(b));
  for (const row of found) if (await repairByItself(deps, row, bench)) done.add(row);
  return done;
}

function rank(found: Found): number {
  return found.subject.startsWith("env_") ? 0 : 1;
}

/** Goes through one cluster, or all, now. Answers what waits for an operator and what was put right on the way. */
export async function reconcileNow(deps: Deps, clusterId: string | undefined): Promise<FindingsPage> {
  const since = deps.now();
  const ids = clusterId === undefined ? await clusterIds(deps) : [(await clusterById(deps, clusterId)).id];
  for (const id of ids) await watchOf(deps, id).reconcile(id);
  return { findings: await listFindings(deps, { since }), runs: await runsOf(deps) };
}

/** Findings of one status, and when each cluster was last gone through. */
export async function findingsPage(deps: Deps, status: FindingStatus): Promise<FindingsPage> {
  return { findings: await listFindings(deps, { status }), runs: await runsOf(deps) };
}

async function runsOf(deps: Deps): Promise<FindingsPage["runs"]> {
  const ids = await clusterIds(deps);
  return Promise.all(
    ids.map(async (id) => {
      const [{ name }, note] = await Promise.all([clusterById(deps, id), watchOf(deps, id).lastRun()]);
      return { cluster: { id, name }, at: note?.at ?? null, skipped: note?.skipped ?? [] };
    }),
  );
}

function watchOf(deps: Deps, clusterId: string) {
  return deps.env.WATCHES.get(deps.env.WATCHES.idFromName(clusterId));
}
