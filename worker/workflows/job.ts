// One turn's view of an operation: its rows, its credentials, and what the steps have learnt so far.
import { and, eq, isNull, sql } from "drizzle-orm";
import { clusters, operations, services, templates } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import type { ClusterRow } from "../domain/clusters.ts";
import { provisionerOf } from "../domain/clusters.ts";
import type { TemplateRow } from "../domain/catalogue.ts";
import { tenantAccess } from "../domain/identities.ts";
import type { Statement } from "../domain/ledger.ts";
import type { OperationRow } from "../domain/operations.ts";
import type { ServiceRow } from "../domain/services/services.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import type { GuestAt } from "../pve/guests.ts";

/** A step has ended, or asks to be called again after a while. */
export type Progress = { done: true } | { done: false; waitMs: number };
export const DONE: Progress = { done: true };
export const again = (waitMs: number): Progress => ({ done: false, waitMs });

/** A named part of an operation. It may be called any number of times, also after a crash in the middle of a call. */
export interface Step {
  name: string;
  act: (job: Job) => Promise<Progress>;
}

/** How an operation of one kind goes. */
export interface Plan {
  steps: readonly Step[];
  /** Gives everything back; absent where a failure leaves nothing to give back. */
  undo?: (job: Job) => Promise<Progress>;
  /** State of the service afterwards; of what has failed it may depend on how far it had come. */
  serviceAfter: {
    succeeded: ServiceRow["state"];
    failed: ServiceRow["state"] | ((job: Job) => ServiceRow["state"]);
  };
  /** What else is written in the batch that ends the operation: sizes, rows of snapshots and backups. */
  settle?: (job: Job, outcome: "succeeded" | "failed") => Statement[];
}

/** Thrown where a later run has taken the operation over: the caller leaves without a word. */
export class Superseded extends Error {}

export interface Job {
  deps: Deps;
  operation: OperationRow;
  service: ServiceRow;
  template: TemplateRow;
  cluster: ClusterRow;
  facts: OperationRow["facts"];
}

/** Loads an operation with all that its steps need; null where this run is not the latest or the operation has ended. */
export async function loadJob(deps: Deps, operationId: string, attempt: number): Promise<Job | null> {
  const [row] = await deps.db
    .select({ operation: operations, service: services, template: templates, cluster: clusters })
    .from(operations)
    .innerJoin(services, eq(services.id, operations.serviceId))
    // A rebuild may be from another template than the service has, until it has come about.
    .innerJoin(
      templates,
      sql`${templates.id} = coalesce(json_extract(${operations.facts}, '$.templateId'), ${services.templateId})`,
    )
    .innerJoin(clusters, eq(clusters.id, services.clusterId))
    .where(and(eq(operations.id, operationId), eq(operations.attempt, attempt), isNull(operations.endedAt)));
  return row ? { deps, ...row, facts: { ...row.operation.facts } } : null;
}

/** Writes columns of the operation, if this run is still the latest, and prolongs its lease. */
export async function save(job: Job, changes: Partial<OperationRow>): Promise<void> {
  const { deps, operation } = job;
  const values = { ...changes, leaseUntil: deps.now() + deps.config.OPERATION_LEASE_MS };
  const rows = await deps.db
    .update(operations)
    .set(values)
    .where(isCurrent(operation))
    .returning({ id: operations.id });
  if (rows.length === 0) throw new Superseded();
  Object.assign(operation, values);
}

/** Notes facts at once, before or after a request that must not be forgotten. `null` forgets one. */
export async function remember(job: Job, facts: Record<string, string | number | boolean | null>): Promise<void> {
  for (const [name, value] of Object.entries(facts)) {
    if (value === null) delete job.facts[name];
    else job.facts[name] = value;
  }
  await save(job, { facts: { ...job.facts } });
}

function isCurrent(operation: OperationRow) {
  return and(eq(operations.id, operation.id), eq(operations.attempt, operation.attempt), isNull(operations.endedAt));
}

/** The guest that the service stands for; @throws AppError `guest_lost` where it has no number or node. */
export function guestAt(job: Job): GuestAt {
  const { kind, vmid, node } = job.service;
  if (vmid === null || node === null) throw new AppError("guest_lost");
  return { kind, vmid, node };
}

export function provisioner(job: Job): Promise<PveAccess> {
  return provisionerOf(job.deps, job.cluster);
}

export function tenant(job: Job): Promise<PveAccess> {
  return tenantAccess(job.deps, job.operation.tenantId, job.cluster);
}

/** The portal's mark in a guest's description: only a guest that carries it is ever deleted. */
export function markOf(service: Pick<ServiceRow, "id">): string {
  return `nubemox:${service.id}`;
}
