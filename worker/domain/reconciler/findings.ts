// The findings as rows: noted while they last, closed when they are gone, shown to operators.
import { and, desc, eq, gte, isNull, or } from "drizzle-orm";
import { clusters, findings, services, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { FindingStatus } from "../../rules/views.ts";
import { repairsOf } from "../../rules/views-findings.ts";
import type { FindingsPage, FindingView } from "../../rules/views-findings.ts";
import { trail } from "../audit.ts";
import type { Statement } from "../ledger.ts";
import type { Checked, Found } from "./survey.ts";

export type FindingRow = typeof findings.$inferSelect;

/** How many findings one page shows. */
const PAGE = 200;

/**
 * Writes down what a run has found: what was known is seen again, what is new begins, what was repaired by itself is told as
 * such, and what the run has looked for in vain is gone.
 */
export async function noteFindings(
  deps: Deps,
  clusterId: string | null,
  checks: readonly Checked[],
  repaired: ReadonlySet<Found>,
): Promise<void> {
  const now = deps.now();
  const open = await deps.db
    .select()
    .from(findings)
    .where(
      and(
        isNull(findings.closedAt),
        clusterId === null ? isNull(findings.clusterId) : eq(findings.clusterId, clusterId),
      ),
    );
  const found = checks.flatMap((check) => check.found);
  const isThere = new Set(found.map((row) => keyOf(row)));
  const gone = open.filter(
    (row) => !isThere.has(keyOf(row)) && checks.some((check) => check.sees(row.kind, row.subject)),
  );
  const statements: Statement[] = [
    ...found.map((row) => noteOne(deps, clusterId, row, now)),
    ...found.filter((row) => repaired.has(row)).map((row) => closeOpen(deps, row, "repaired", "system", now)),
    ...gone.map((row) => closeOpen(deps, row, "gone", "system", now)),
  ];
  for (let start = 0; start < statements.length; start += 50) {
    const [first, ...rest] = statements.slice(start, start + 50);
    if (first) await deps.db.batch([first, ...rest]);
  }
}

function keyOf(row: Pick<Found, "kind" | "subject">): string {
  return `${row.kind} ${row.subject}`;
}

function noteOne(deps: Deps, clusterId: string | null, row: Found, now: number): Statement {
  return deps.db
    .insert(findings)
    .values({
      id: deps.newId("fnd"),
      clusterId,
      kind: row.kind,
      subject: row.subject,
      tenantId: row.tenantId,
      serviceId: row.serviceId,
      details: row.details,
      status: "offered",
      firstSeenAt: now,
      lastSeenAt: now,
    })
    .onConflictDoUpdate({
      target: [findings.kind, findings.subject],
      targetWhere: isNull(findings.closedAt),
      set: { details: row.details, lastSeenAt: now },
    });
}

function closeOpen(
  deps: Deps,
  row: Pick<Found, "kind" | "subject">,
  status: Extract<FindingStatus, "repaired" | "gone">,
  closedBy: string,
  now: number,
): Statement {
  return deps.db
    .update(findings)
    .set({ status, closedAt: now, closedBy })
    .where(and(eq(findings.kind, row.kind), eq(findings.subject, row.subject), isNull(findings.closedAt)));
}

/** A finding that is still open. @throws AppError `not_found` */
export async function openFinding(deps: Deps, findingId: string): Promise<FindingRow> {
  const [row] = await deps.db
    .select()
    .from(findings)
    .where(and(eq(findings.id, findingId), isNull(findings.closedAt)));
  if (!row) throw new AppError("not_found");
  return row;
}

/** Closes a finding as repaired by somebody. */
export async function closeRepaired(deps: Deps, row: FindingRow, closedBy: string): Promise<void> {
  await closeOpen(deps, row, "repaired", closedBy, deps.now());
}

/** Lets a finding be until it is gone by itself. @throws AppError `not_found` */
export async function ignoreFinding(deps: Deps, findingId: string, byUserId: string): Promise<FindingView> {
  const row = await openFinding(deps, findingId);
  trail(deps, { target: { type: "finding", id: row.id, name: row.kind }, before: { status: row.status } });
  await deps.db.update(findings).set({ status: "ignored", closedBy: byUserId }).where(eq(findings.id, row.id));
  return findingView(deps, row.id);
}

export async function findingView(deps: Deps, findingId: string): Promise<FindingView> {
  const [row] = await select(deps).where(eq(findings.id, findingId));
  if (!row) throw new AppError("not_found");
  return viewOf(row);
}

/** The latest findings: those of one status, or those that wait and those that were put right since then. */
export async function listFindings(
  deps: Deps,
  wanted: { status: FindingStatus } | { since: number },
): Promise<FindingsPage["findings"]> {
  const condition =
    "status" in wanted
      ? eq(findings.status, wanted.status)
      : or(eq(findings.status, "offered"), and(eq(findings.status, "repaired"), gte(findings.closedAt, wanted.since)));
  const rows = await select(deps).where(condition).orderBy(desc(findings.lastSeenAt)).limit(PAGE);
  return rows.map(viewOf);
}

function select(deps: Deps) {
  return deps.db
    .select({
      finding: findings,
      cluster: { id: clusters.id, name: clusters.name },
      tenant: { id: tenants.id, name: tenants.name },
      service: { id: services.id, name: services.name },
    })
    .from(findings)
    .leftJoin(clusters, eq(clusters.id, findings.clusterId))
    .leftJoin(tenants, eq(tenants.id, findings.tenantId))
    .leftJoin(services, eq(services.id, findings.serviceId));
}

function viewOf(row: Awaited<ReturnType<typeof select>>[number]): FindingView {
  const { finding } = row;
  return {
    id: finding.id,
    kind: finding.kind,
    subject: finding.subject,
    cluster: row.cluster,
    tenant: row.tenant,
    service: row.service,
    details: finding.details,
    status: finding.status,
    repairs: finding.closedAt === null ? repairsOf(finding.kind, finding.details) : [],
    firstSeenAt: finding.firstSeenAt,
    lastSeenAt: finding.lastSeenAt,
    closedAt: finding.closedAt,
  };
}
