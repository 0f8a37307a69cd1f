// Putting the ledger right: each repair is one statement that the database still judges, so that it never makes a new lie.
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { charges, envelopes, operations, services } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Resource } from "../../rules/views.ts";
import { isQuotaRefusal, nearestEnvelope } from "../ledger.ts";
import { beginSystemOperation } from "../services/change.ts";
import type { Found } from "./survey.ts";

/**
 * Makes the ledger say what is there: releases a charge that belongs to nothing, takes one that is missing, corrects an amount
 * or a sum. Where that would need more than the tenant has, nothing is done.
 */
export async function correctLedger(
  deps: Deps,
  found: Pick<Found, "kind" | "subject" | "details">,
): Promise<"done" | "no_room"> {
  const { subject } = found;
  const holder = String(found.details.holder);
  const resource = String(found.details.resource) as Resource;
  const wanted = Number(found.details.wanted);
  try {
    if (found.kind === "charge_leaked") await deps.db.delete(charges).where(eq(charges.id, subject));
    else if (found.kind === "charge_missing") await charge(deps, holder, resource, wanted);
    else if (subject.startsWith("env_")) await addUp(deps, subject);
    else await deps.db.update(charges).set({ amount: wanted }).where(eq(charges.id, subject));
    return "done";
  } catch (error) {
    if (isQuotaRefusal(error)) return "no_room";
    throw error;
  }
}

async function charge(deps: Deps, holder: string, resource: Resource, amount: number): Promise<void> {
  const kind = holder.slice(0, 4);
  const tenantId = await tenantOf(deps, holder);
  if (tenantId === null) return;
  await deps.db
    .insert(charges)
    .values({
      id: deps.newId("chg"),
      envelopeId: nearestEnvelope(tenantId, resource),
      resource,
      amount,
      ...(kind === "svc_" ? { serviceId: holder } : kind === "snp_" ? { snapshotId: holder } : { backupId: holder }),
      createdAt: deps.now(),
    })
    // Charged in the meantime: that is what was wanted.
    .onConflictDoNothing();
}

async function tenantOf(deps: Deps, holder: string): Promise<string | null> {
  const rows = await deps.db.all<{ tenant_id: string }>(sql`
    select tenant_id from services where id = ${holder} union all select tenant_id from snapshots where id = ${holder}
    union all select tenant_id from backups where id = ${holder}`);
  return rows[0]?.tenant_id ?? null;
}

/** The sum is taken in the statement that writes it; the count of moves goes along, as the database demands. */
async function addUp(deps: Deps, envelopeId: string): Promise<void> {
  await deps.db
    .update(envelopes)
    .set({
      used: sql`(select coalesce(sum(amount), 0) from charges where envelope_id = ${envelopeId})`,
      moves: sql`moves + 1`,
    })
    .where(eq(envelopes.id, envelopeId));
}

/**
 * Frees a service from an operation that has ended or never was. One that was being made or deleted is deleted for good: the
 * portal cannot tell how far that had come.
 */
export async function freeService(deps: Deps, tenantId: string, serviceId: string, lockedBy: string): Promise<void> {
  await deps.db
    .update(services)
    .set({ operationId: null })
    .where(
      and(
        eq(services.id, serviceId),
        eq(services.operationId, lockedBy),
        sql`not exists (select 1 from operations o where o.id = ${lockedBy} and o.ended_at is null)`,
      ),
    );
  const [row] = await deps.db
    .select({ state: services.state })
    .from(services)
    .where(
      and(eq(services.id, serviceId), isNull(services.operationId), inArray(services.state, ["creating", "deleting"])),
    );
  if (row) await beginSystemOperation(deps, tenantId, serviceId, "delete");
}

/** The number of an operation's next run, claimed whether or not the present one is presumed alive; null where it has ended. */
export async function claimNextRun(deps: Deps, operationId: string): Promise<number | null> {
  const [row] = await deps.db
    .update(operations)
    .set({ attempt: sql`attempt + 1`, leaseUntil: deps.now() + deps.config.OPERATION_LEASE_MS })
    .where(and(eq(operations.id, operationId), isNull(operations.endedAt)))
    .returning({ attempt: operations.attempt });
  return row?.attempt ?? null;
}
