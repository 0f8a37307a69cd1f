// What is done about a finding: the safe repairs by themselves, the others when an operator asks for them.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Resource } from "../../rules/views.ts";
import { REMOVALS, repairsOf } from "../../rules/views-findings.ts";
import type { FindingView, Repair } from "../../rules/views-findings.ts";
import { appendAudit, SYSTEM, trail } from "../audit.ts";
import { clusterById, provisionerOf } from "../clusters.ts";
import { quotaRefusal } from "../ledger.ts";
import { runOperation } from "../operations.ts";
import { PLATFORM_ID } from "../tenants/platform.ts";
import { closeRepaired, findingView, openFinding } from "./findings.ts";
import type { FindingRow } from "./findings.ts";
import {
  chargeReal,
  moveBack,
  removeDisk,
  removeGuest,
  removeLeftover,
  resetGuest,
  writeOff,
} from "./guest-repairs.ts";
import type { Bench } from "./guest-repairs.ts";
import { claimNextRun, correctLedger, freeService } from "./ledger-repairs.ts";
import type { Found } from "./survey.ts";

/**
 * Repairs of its own accord what can be repaired without a choice: the ledger where it says what is not so, a lock that nobody
 * holds, a marked guest in another tenant's pool. Answers whether it was done; what was done is in the audit.
 */
export async function repairByItself(
  deps: Deps,
  found: Found,
  bench: Omit<Bench, keyof Found> | null,
): Promise<boolean> {
  try {
    const repair = await safeRepair(deps, found, bench);
    if (repair === null) return false;
    await appendAudit(deps, {
      chain: found.tenantId ?? PLATFORM_ID,
      actor: SYSTEM,
      action: "finding.repair",
      outcome: "done",
      target: { type: "finding", id: found.subject, name: found.kind },
      before: found.details,
      after: { repair },
      ip: null,
      requestId: deps.newId("req"),
    });
    return true;
  } catch (error) {
    deps.log("warn", "repair_failed", { kind: found.kind, subject: found.subject, error: String(error) });
    return false;
  }
}

async function safeRepair(deps: Deps, found: Found, bench: Omit<Bench, keyof Found> | null): Promise<Repair | null> {
  const { kind, details, tenantId, serviceId } = found;
  switch (kind) {
    case "charge_leaked":
    case "charge_missing":
    case "charge_differs":
      return (await correctLedger(deps, found)) === "done" ? "correct" : null;
    case "operation_stuck": {
      // Where a launch was lost half-way, somebody decides; a deletion was decided already.
      if (details.lock === undefined || details.state === "creating" || !tenantId || !serviceId) return null;
      await freeService(deps, tenantId, serviceId, String(details.lock));
      return "take_over";
    }
    case "guest_misplaced":
      if (details.ours !== 1 || !bench) return null;
      await moveBack(deps, { ...bench, ...found });
      return "move_back";
    default:
      return null;
  }
}

/**
 * Does what an operator has chosen, and closes the finding. What removes something takes the finding's subject as `confirm`.
 * @throws AppError `not_found`, `confirmation_mismatch`, and what the repair itself is refused with.
 */
export async function repairFinding(
  deps: Deps,
  findingId: string,
  repair: Repair,
  confirm: string | undefined,
  byUserId: string,
): Promise<FindingView> {
  const row = await openFinding(deps, findingId);
  trail(deps, {
    ...(row.tenantId === null ? {} : { chain: row.tenantId }),
    target: { type: "finding", id: row.subject, name: row.kind },
    before: row.details,
    after: { repair },
  });
  if (!repairsOf(row.kind, row.details).includes(repair)) throw new AppError("not_found");
  if (REMOVALS.includes(repair) && confirm !== row.subject) throw new AppError("confirmation_mismatch");
  await carryOut(deps, row, repair);
  await closeRepaired(deps, row, byUserId);
  return findingView(deps, row.id);
}

async function carryOut(deps: Deps, row: FindingRow, repair: Repair): Promise<void> {
  if (repair === "correct") return correct(deps, row);
  if (repair === "take_over") return takeOver(deps, row);
  const cluster = await clusterById(deps, row.clusterId ?? "");
  const bench: Bench = {
    access: await provisionerOf(deps, cluster),
    clusterId: cluster.id,
    tenantId: row.tenantId,
    serviceId: row.serviceId,
    subject: row.subject,
    details: row.details,
  };
  switch (repair) {
    case "write_off":
      return writeOff(deps, bench);
    case "move_back":
      return moveBack(deps, bench);
    case "charge_real":
      return chargeReal(deps, bench);
    case "reset_guest":
      return resetGuest(deps, bench);
    case "remove_guest":
      return removeGuest(deps, bench);
    case "remove_disk":
      return removeDisk(deps, bench);
    case "remove_pool":
      return removeLeftover(bench);
  }
}

async function correct(deps: Deps, row: FindingRow): Promise<void> {
  if ((await correctLedger(deps, row)) === "done") return;
  const { resource, wanted, amount } = row.details;
  const demand = { resource: String(resource) as Resource, amount: Number(wanted) - Number(amount) };
  throw await quotaRefusal(deps, row.tenantId ?? PLATFORM_ID, [demand]);
}

async function takeOver(deps: Deps, row: FindingRow): Promise<void> {
  if (row.subject.startsWith("lock:")) {
    if (row.tenantId && row.serviceId) await freeService(deps, row.tenantId, row.serviceId, String(row.details.lock));
    return;
  }
  const attempt = await claimNextRun(deps, row.subject);
  if (attempt !== null) await runOperation(deps, row.subject, attempt);
}
