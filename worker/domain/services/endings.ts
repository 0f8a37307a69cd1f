// How services end by themselves: a date at which one expires, a deletion with grace; seen to with every poll and tick.
import { and, eq, isNull, sql } from "drizzle-orm";
import { operations, services, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { expiryStageAt, WARNINGS_MS } from "../../rules/expiry.ts";
import type { ExpiryStage } from "../../rules/expiry.ts";
import type { ServiceView } from "../../rules/views.ts";
import { ownDeed, SYSTEM, trail } from "../audit.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { mailOwners } from "../tenants/owners.ts";
import { refuseEnding } from "./begin.ts";
import { beginSystemOperation, UNYIELDING } from "./change.ts";
import { EXPIRED, publishService, serviceOf, viewOfService } from "./services.ts";
import type { ServiceRow } from "./services.ts";

/**
 * Sets the date at which a service expires, or none; whatever has come of an earlier date is forgotten.
 * @throws AppError `not_found`, `service_leaving`, `tenant_suspended`.
 */
export async function setExpiry(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  expiresAt: number | null,
): Promise<ServiceView> {
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { expiresAt: service.expiresAt }, after: { expiresAt } });
  refuseEnding(service);
  await deps.db.update(services).set({ expiresAt, expiryStage: 0 }).where(eq(services.id, service.id));
  return told(deps, service);
}

/**
 * Keeps a service that was deleted with grace. One that is not marked is left as it is.
 * @throws AppError `not_found`, `service_not_ready` where the time is over and it is being removed.
 */
export async function keepService(deps: Deps, scope: Scope, serviceId: string): Promise<ServiceView> {
  const service = await serviceOf(deps, scope, serviceId);
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { deleteAt: service.deleteAt }, after: { deleteAt: null } });
  if (service.deleteAt !== null) {
    const kept = await deps.db
      .update(services)
      .set({ deleteAt: null })
      .where(and(eq(services.id, service.id), eq(services.state, "ready")))
      .returning({ id: services.id });
    if (kept.length === 0) throw new AppError("service_not_ready");
  }
  return told(deps, service);
}

async function told(deps: Deps, service: ServiceRow): Promise<ServiceView> {
  await publishService(deps, service.tenantId, service.id);
  const view = await viewOfService(deps, service.id);
  if (!view) throw new AppError("not_found");
  return view;
}

/** How many services one pass looks after; the rest waits for the next. */
const PASS_SIZE = 50;
/** After a deletion or a shutdown has failed, the next one waits for so many polls: what stands in the way needs time. */
const RETRY_POLLS = 30;

/**
 * Warns, shuts down and deletes what has come to its end. Any number of passes may run at the same time: each stage is claimed
 * by one of them, and what is begun holds its service.
 */
export async function settleEndings(deps: Deps): Promise<void> {
  const now = deps.now();
  const [leaving, expiring] = await deps.db.batch([
    deps.db
      .select()
      .from(services)
      .where(sql`${services.deleteAt} is not null and ${services.deleteAt} <= ${now} and ${isAtRest()}`)
      .limit(PASS_SIZE),
    deps.db
      .select()
      .from(services)
      .where(
        sql`${services.expiresAt} is not null and ${services.expiresAt} <= ${now + WARNINGS_MS[0]} and ${isAtRest()}`,
      )
      // By lot, so that those that have nothing to do now do not hold up the others.
      .orderBy(sql`random()`)
      .limit(PASS_SIZE),
  ]);
  for (const service of [...leaving, ...expiring]) {
    try {
      if (service.deleteAt !== null && service.deleteAt <= now) await remove(deps, service);
      else await advanceExpiry(deps, service, now);
    } catch (error) {
      deps.log("warn", "ending_not_settled", { serviceId: service.id, error: String(error) });
    }
  }
}

function isAtRest() {
  return sql`${services.state} = 'ready' and ${services.operationId} is null`;
}

async function advanceExpiry(deps: Deps, service: ServiceRow, now: number): Promise<void> {
  const { expiresAt, expiryStage, deleteAt } = service;
  if (expiresAt === null) return;
  const stage = expiryStageAt(expiresAt, now);
  if (stage > expiryStage && !(await claim(deps, service, stage))) return;
  if (stage > expiryStage && stage <= EXPIRED && deleteAt === null) await warn(deps, service, stage);
  if (stage > EXPIRED) await remove(deps, service);
  else if (stage === EXPIRED && service.power !== "stopped") await shutDown(deps, service);
}

/** One pass alone gets a stage; it is told once, however many look at the same time. */
async function claim(deps: Deps, service: ServiceRow, stage: ExpiryStage): Promise<boolean> {
  const claimed = await deps.db
    .update(services)
    .set({ expiryStage: stage })
    .where(
      and(
        eq(services.id, service.id),
        eq(services.expiryStage, service.expiryStage),
        sql`${services.expiresAt} is ${service.expiresAt}`,
        isNull(services.deletedAt),
      ),
    )
    .returning({ id: services.id });
  if (claimed.length === 0) return false;
  await publishService(deps, service.tenantId, service.id);
  if (stage >= EXPIRED && service.expiryStage < EXPIRED) await note(deps, service, "service.expired");
  return true;
}

async function warn(deps: Deps, service: ServiceRow, stage: ExpiryStage): Promise<void> {
  const [tenant] = await deps.db.select({ name: tenants.name }).from(tenants).where(eq(tenants.id, service.tenantId));
  const date = `${new Date(service.expiresAt ?? 0).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const params = { service: service.name, tenant: tenant?.name ?? "", date };
  await mailOwners(deps, service.tenantId, stage >= EXPIRED ? "service_expired" : "service_expires", params);
}

async function shutDown(deps: Deps, service: ServiceRow): Promise<void> {
  if (await hasJustFailed(deps, service, "shutdown")) return;
  await beginSystemOperation(deps, service.tenantId, service.id, "shutdown", UNYIELDING);
}

async function remove(deps: Deps, service: ServiceRow): Promise<void> {
  if (await hasJustFailed(deps, service, "delete")) return;
  const begun = await beginSystemOperation(deps, service.tenantId, service.id, "delete");
  if (begun !== null) await note(deps, service, "service.delete");
}

/** Whoever looks into the audit finds what the portal has done of its own accord. */
async function note(deps: Deps, service: ServiceRow, action: "service.expired" | "service.delete"): Promise<void> {
  const target = { type: "service", id: service.id, name: service.name };
  const after = { expiresAt: service.expiresAt, deleteAt: service.deleteAt };
  const deed = ownDeed(deps, { chain: service.tenantId, actor: SYSTEM, action, outcome: "done", target, after });
  await deps.db.batch([deed.note]);
  await deed.tell();
}

async function hasJustFailed(deps: Deps, service: ServiceRow, kind: "shutdown" | "delete"): Promise<boolean> {
  const since = deps.now() - RETRY_POLLS * deps.config.POLL_PERIOD_MS;
  const [last] = await deps.db
    .select({ id: operations.id })
    .from(operations)
    .where(
      and(
        eq(operations.serviceId, service.id),
        eq(operations.kind, kind),
        eq(operations.actorId, SYSTEM.id),
        sql`${operations.endedAt} > ${since} and ${operations.status} <> 'succeeded'`,
      ),
    )
    .limit(1);
  return last !== undefined;
}
