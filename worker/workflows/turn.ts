// One turn of an operation: does a little, writes down how far it has come, and says when to come back.
import { eq } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { operations } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { ownDeed, SYSTEM } from "../domain/audit.ts";
import { publish } from "../domain/feed.ts";
import { holdsCharges } from "../domain/ledger.ts";
import { operationView, releaseLock, releaseSource } from "../domain/operations.ts";
import type { OperationRow } from "../domain/operations.ts";
import { forgetSchedules } from "../domain/schedules/schedules.ts";
import { forgetScripts } from "../domain/scripts/choices.ts";
import { viewOfService } from "../domain/services/services.ts";
import type { OperationParams } from "../env.ts";
import { AppError } from "../errors.ts";
import { isTransient, PveError } from "../pve/errors.ts";
import { isCancellable } from "../rules/cancelling.ts";
import type { OperationKind } from "../rules/views.ts";
import { backupDeletePlan, backupPlan } from "./backup.ts";
import { clonePlan } from "./clone.ts";
import { deletePlan } from "./delete.ts";
import { interrupt } from "./interrupt.ts";
import { loadJob, save, Superseded } from "./job.ts";
import type { Job, Plan, Progress } from "./job.ts";
import { launchPlan } from "./launch.ts";
import { mediaPlan } from "./media.ts";
import { passwordPlan } from "./password.ts";
import { rebootPlan, resetPlan, resumePlan, shutdownPlan, startPlan, stopPlan, suspendPlan } from "./power.ts";
import { rebuildPlan } from "./rebuild.ts";
import { renamePlan } from "./rename.ts";
import { resizePlan } from "./resize.ts";
import { restoreOverPlan } from "./restore-over.ts";
import { restorePlan } from "./restore.ts";
import { scriptPlan, withScripts } from "./scripts.ts";
import { rollbackPlan, snapshotDeletePlan, snapshotPlan } from "./snapshot.ts";

const PLANS: Record<OperationKind, Plan> = {
  launch: withScripts(launchPlan),
  clone: clonePlan,
  restore: restorePlan,
  resize: resizePlan,
  snapshot: snapshotPlan,
  rollback: rollbackPlan,
  snapshot_delete: snapshotDeletePlan,
  backup: backupPlan,
  backup_delete: backupDeletePlan,
  start: withScripts(startPlan),
  stop: stopPlan,
  shutdown: withScripts(shutdownPlan),
  reboot: withScripts(rebootPlan),
  reset: resetPlan,
  suspend: suspendPlan,
  resume: resumePlan,
  rename: renamePlan,
  media: mediaPlan,
  password: passwordPlan,
  script: scriptPlan,
  rebuild: withScripts(rebuildPlan),
  restore_over: restoreOverPlan,
  delete: deletePlan,
};

/** Milliseconds to wait before the next turn, or null when there is none. */
export type NextTurn = { waitMs: number } | null;

/**
 * Takes one turn. All that it needs stands in the database, so that any run can go on where another was cut off. Nothing is
 * thrown: what goes wrong is written down, retried within the step's time, and then given back.
 */
export async function takeTurn(deps: Deps, { operationId, attempt }: OperationParams): Promise<NextTurn> {
  try {
    const job = await loadJob(deps, operationId, attempt);
    if (!job) return null;
    const plan = PLANS[job.operation.kind];
    if (job.operation.status === "reverting") return await giveBack(job, plan);
    return isCalledOff(job.operation) ? await callOff(job, plan) : await goOn(job, plan);
  } catch (error) {
    if (error instanceof Superseded) return null;
    // The database itself did not answer: the lease runs on, and this run or the sweep comes back.
    deps.log("error", "turn_failed", { operationId, error: String(error) });
    return { waitMs: 2_000 };
  }
}

async function goOn(job: Job, plan: Plan): Promise<NextTurn> {
  const index = job.operation.steps.findIndex((step) => step.status !== "done");
  const row = job.operation.steps[index];
  // An operation has those steps of its plan that its row lists.
  const step = row && plan.steps.find(({ name }) => name === row.name);
  if (!step) return succeed(job, plan);
  if (row.status === "pending") {
    await save(job, { status: "running", steps: stepsWith(job, index, "running") });
    await announce(job);
  } else {
    await save(job, {});
  }
  let progress: Progress;
  try {
    progress = await step.act(job);
  } catch (error) {
    return retryOrGiveUp(job, plan, index, error);
  }
  if (!progress.done) {
    await save(job, { facts: { ...job.facts, tries: 0 } });
    return { waitMs: progress.waitMs };
  }
  await save(job, { steps: stepsWith(job, index, "done"), facts: { ...job.facts, tries: 0 } });
  if (index === job.operation.steps.length - 1) return succeed(job, plan);
  await announce(job);
  return { waitMs: 0 };
}

/** Somebody has called it off in time. Where it has gone on meanwhile to where there is no way back, it goes on. */
function isCalledOff(operation: OperationRow): boolean {
  return operation.cancelAt !== null && isCancellable(operation);
}

async function callOff(job: Job, plan: Plan): Promise<NextTurn> {
  const index = job.operation.steps.findIndex((step) => step.status !== "done");
  await save(job, {});
  await interrupt(job, job.operation.steps[index]?.name ?? "");
  return turnBack(job, plan, index, new AppError("cancelled"));
}

async function retryOrGiveUp(job: Job, plan: Plan, index: number, error: unknown): Promise<NextTurn> {
  if (error instanceof Superseded) throw error;
  const { deps, operation } = job;
  const tries = Number(job.facts.tries ?? 0) + 1;
  // One that goes about it in another way halfway has its time again.
  const startedAt = Math.max(operation.steps[index]?.startedAt ?? deps.now(), Number(job.facts.anewAt ?? 0));
  // What a guest is given to follow comes on top.
  const budgetMs = deps.config.STEP_BUDGET_MS + Number(job.facts.seconds ?? 0) * 1_000;
  const hasTime = deps.now() - startedAt < budgetMs;
  if (!isFinal(error) && hasTime) {
    deps.log("info", "step_retried", {
      operationId: operation.id,
      step: operation.steps[index]?.name,
      tries,
      error: textOf(error),
    });
    await save(job, { facts: { ...job.facts, tries } });
    return { waitMs: backoff(tries) };
  }
  return turnBack(job, plan, index, error);
}

/** Ends the way forth: what was taken is given back, for the reason that the error tells. */
async function turnBack(job: Job, plan: Plan, index: number, error: unknown): Promise<NextTurn> {
  const { deps, operation } = job;
  const { code, params } = explained(error, operation.steps[index]?.name ?? "");
  deps.log("warn", "step_failed", {
    operationId: operation.id,
    step: operation.steps[index]?.name,
    error: textOf(error),
  });
  const changes = { errorCode: code, errorParams: params, steps: stepsWith(job, index, "failed") };
  if (!plan.undo) return fail(job, plan, changes, "failed");
  await save(job, { ...changes, status: "reverting", facts: { ...job.facts, tries: 0 } });
  await announce(job);
  return { waitMs: 0 };
}

/** Undoing is never given up: whatever the cluster still holds is charged until it is gone. */
async function giveBack(job: Job, plan: Plan): Promise<NextTurn> {
  await save(job, {});
  try {
    const progress = (await plan.undo?.(job)) ?? { done: true };
    if (!progress.done) return { waitMs: progress.waitMs };
    // What could not be undone is not called so.
    if (job.facts.stays === true) return await fail(job, plan, {}, "failed");
    const steps = job.operation.steps.map((step) =>
      step.status === "done" ? { ...step, status: "undone" as const } : step,
    );
    return await fail(job, plan, { steps }, "reverted");
  } catch (error) {
    if (error instanceof Superseded) throw error;
    const tries = Number(job.facts.tries ?? 0) + 1;
    job.deps.log("warn", "undo_retried", { operationId: job.operation.id, tries, error: textOf(error) });
    await save(job, { facts: { ...job.facts, tries } });
    return { waitMs: backoff(tries) };
  }
}

async function succeed(job: Job, plan: Plan): Promise<NextTurn> {
  return settle(job, plan, { status: "succeeded" }, "succeeded");
}

async function fail(
  job: Job,
  plan: Plan,
  changes: Partial<OperationRow>,
  status: "failed" | "reverted",
): Promise<NextTurn> {
  return settle(job, plan, { ...changes, status }, "failed");
}

/** Ends the operation, frees its service and gives back what is to be given back: all in one batch, or nothing. */
async function settle(
  job: Job,
  plan: Plan,
  changes: Partial<OperationRow>,
  outcome: "succeeded" | "failed",
): Promise<NextTurn> {
  const { deps, operation, service } = job;
  const endedAt = deps.now();
  const state = await stateAfter(job, plan, outcome);
  const keepsPassword = state === "failed";
  // That it was begun stands in the audit as done; that it came to nothing is told as well.
  const failure =
    outcome === "succeeded"
      ? null
      : ownDeed(deps, {
          chain: operation.tenantId,
          actor: SYSTEM,
          action: "operation.failed",
          outcome: "failed",
          code: changes.errorCode ?? operation.errorCode,
          target: { type: "service", id: service.id, name: operation.serviceName },
          after: { operation: operation.id, kind: operation.kind, status: changes.status },
        });
  try {
    await deps.db.batch([
      // Writing the attempt makes the database refuse the whole batch where a later run has taken over.
      deps.db
        .update(operations)
        .set({ ...changes, endedAt, attempt: operation.attempt })
        .where(eq(operations.id, operation.id)),
      ...(plan.settle?.(job, outcome) ?? []),
      ...(state === "deleted" ? forgetScripts(deps, service.id) : []),
      // A service that has failed or was deleted gives its charges back by a trigger.
      releaseLock(deps, operation, {
        state,
        ...(keepsPassword ? { power: "unknown", address: null } : { passwordSealed: null }),
        ...(state === "deleted" ? { deletedAt: endedAt, power: "unknown", address: null, ...ENDED } : {}),
      }),
      ...releaseSource(deps, operation),
      ...(state === "deleted" ? [forgetSchedules(deps, service.id)] : []),
      ...(failure ? [failure.note] : []),
    ]);
  } catch (error) {
    if (refusedBy(error, "run_superseded") || refusedBy(error, "operation_has_ended")) throw new Superseded();
    throw error;
  }
  Object.assign(operation, changes, { endedAt });
  await failure?.tell();
  await announce(job);
  await publish(deps, operation.tenantId, { type: "quota" });
  if (state === "deleted") await publish(deps, operation.tenantId, { type: "service-gone", serviceId: service.id });
  return null;
}

/** What nobody has to look after any more of a service that is gone. */
const ENDED = { expiresAt: null, deleteAt: null } as const;

/** A service that holds nothing, since its launch had failed, is a failed one again where its removal fails too. */
async function stateAfter(job: Job, plan: Plan, outcome: "succeeded" | "failed") {
  const after = plan.serviceAfter[outcome];
  const state = typeof after === "function" ? after(job) : after;
  if (outcome === "succeeded" || state !== "ready" || (await holdsCharges(job.deps, job.service.id))) return state;
  return "failed";
}

async function announce(job: Job): Promise<void> {
  const { deps, operation } = job;
  await publish(deps, operation.tenantId, { type: "operation", operation: operationView(operation) });
  for (const id of [operation.serviceId, job.facts.sourceId]) {
    // What is done to a backup of a deleted service brings that back on nobody's screen.
    if (typeof id !== "string" || job.service.deletedAt !== null) continue;
    const service = await viewOfService(deps, id);
    if (service) await publish(deps, operation.tenantId, { type: "service", service });
  }
}

type StepStatus = OperationRow["steps"][number]["status"];

function stepsWith(job: Job, index: number, status: StepStatus): OperationRow["steps"] {
  const now = job.deps.now();
  return job.operation.steps.map((step, position) => {
    if (position !== index) return step;
    return status === "running" ? { ...step, status, startedAt: now } : { ...step, status, endedAt: now };
  });
}

/** Waits between tries, in milliseconds: half a second, doubling up to 15 seconds. */
function backoff(tries: number): number {
  return Math.min(15_000, 500 * 2 ** (tries - 1));
}

function isFinal(error: unknown): boolean {
  if (error instanceof AppError) return !(error as AppError & { transient?: boolean }).transient;
  if (error instanceof PveError) return !isTransient(error);
  return false;
}

/** The error as the tenant is told: a code and plain parameters, never the server's own words. */
function explained(error: unknown, step: string): { code: string; params: Record<string, string | number> } {
  if (error instanceof AppError) return { code: error.code, params: error.params };
  if (!(error instanceof PveError)) return { code: "internal", params: { step } };
  switch (error.kind) {
    case "unreachable":
    case "uncertain":
      return { code: "cluster_unreachable", params: { step } };
    case "unauthorised":
      return { code: "cluster_denied", params: { step } };
    case "absent":
      return { code: "guest_lost", params: { step } };
    case "nonsense":
      return { code: "cluster_misbehaved", params: { step } };
    default:
      return { code: "cluster_refused", params: { step } };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
