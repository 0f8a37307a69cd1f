// The ledger against what it is about: charges without a holder, holders without a charge, sums and sizes that differ; stuck operations.
import { and, gte, isNull, lt, or, sql } from "drizzle-orm";
import { operations } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Checked, Found } from "./survey.ts";

/** Most that one run tells of each; the rest comes out when these are put right. */
const ROWS = sql.raw("limit 200");

/**
 * Everything here is one statement each, so that no row is seen half-way between two states. (D1 takes five parts of a union
 * at most.)
 */
export async function checkCharges(deps: Deps): Promise<Checked> {
  const lists = await Promise.all([leaked(deps), missingCharges(deps), differing(deps), sums(deps)]);
  const found = lists.flat();
  return { found, sees: (kind) => kind === "charge_leaked" || kind === "charge_missing" || kind === "charge_differs" };
}

interface ChargeRow {
  id: string;
  tenant_id: string | null;
  service_id: string | null;
  holder: string;
  resource: string;
  amount: number;
  wanted: number;
}

async function leaked(deps: Deps): Promise<Found[]> {
  const rows = await deps.db.all<ChargeRow>(sql`
    select c.id, coalesce(s.tenant_id, e.tenant_id) as tenant_id, c.service_id, c.resource, c.amount, 0 as wanted,
      coalesce(c.service_id, c.snapshot_id, c.backup_id) as holder
    from charges c
    join envelopes e on e.id = c.envelope_id
    left join services s on s.id = c.service_id
    left join snapshots n on n.id = c.snapshot_id
    left join backups b on b.id = c.backup_id
    where (c.service_id is not null and (s.id is null or s.state in ('failed', 'deleted')))
      or (c.snapshot_id is not null and n.id is null) or (c.backup_id is not null and b.id is null) ${ROWS}`);
  return rows.map((row) => chargeFinding("charge_leaked", row.id, row));
}

async function missingCharges(deps: Deps): Promise<Found[]> {
  const rows = await deps.db.all<ChargeRow>(sql`
    with due(holder, tenant_id, service_id, resource, amount, is_service, is_snapshot, is_backup) as (
      select s.id, s.tenant_id, s.id, r.value,
        case r.value when 'vcpu' then s.cores when 'memoryMiB' then s.memory_mib when 'diskGiB' then s.disk_gib else 1 end, 1, 0, 0
      from services s, json_each('["vcpu", "memoryMiB", "diskGiB", "services"]') r where s.state in ('creating', 'ready', 'deleting')
      union all select id, tenant_id, service_id, 'snapshots', 1, 0, 1, 0 from snapshots
      union all select b.id, b.tenant_id, b.service_id, r.value, case r.value when 'backups' then 1 else b.charged_gib end, 0, 0, 1
      from backups b, json_each('["backups", "backupGiB"]') r
    )
    select d.holder as id, d.holder, d.tenant_id, d.service_id, d.resource, 0 as amount, d.amount as wanted from due d
    where not (d.is_service and exists (select 1 from charges c where c.service_id = d.holder and c.resource = d.resource))
      and not (d.is_snapshot and exists (select 1 from charges c where c.snapshot_id = d.holder and c.resource = d.resource))
      and not (d.is_backup and exists (select 1 from charges c where c.backup_id = d.holder and c.resource = d.resource)) ${ROWS}`);
  return rows.map((row) => chargeFinding("charge_missing", `${row.holder}:${row.resource}`, row));
}

async function differing(deps: Deps): Promise<Found[]> {
  const rows = await deps.db.all<ChargeRow>(sql`
    select * from (
      select c.id, s.tenant_id, c.service_id, c.service_id as holder, c.resource, c.amount,
        case c.resource when 'vcpu' then s.cores when 'memoryMiB' then s.memory_mib when 'diskGiB' then s.disk_gib else 1 end as wanted
      from charges c join services s on s.id = c.service_id
      where c.resource <> 'publicIps' and s.state in ('creating', 'ready', 'deleting')
      union all
      select c.id, n.tenant_id, n.service_id, n.id, c.resource, c.amount, 1 from charges c join snapshots n on n.id = c.snapshot_id
      union all
      select c.id, b.tenant_id, b.service_id, b.id, c.resource, c.amount, case c.resource when 'backups' then 1 else b.charged_gib end
      from charges c join backups b on b.id = c.backup_id
      union all
      select c.id, e.tenant_id, null, e.id, c.resource, c.amount, e."limit" from charges c join envelopes e on e.id = c.child_envelope_id
    ) where amount <> wanted ${ROWS}`);
  return rows.map((row) => chargeFinding("charge_differs", row.id, row));
}

async function sums(deps: Deps): Promise<Found[]> {
  const rows = await deps.db.all<ChargeRow>(sql`
    select * from (
      select e.id, e.tenant_id, null as service_id, e.id as holder, e.resource, e.used as amount,
        (select coalesce(sum(c.amount), 0) from charges c where c.envelope_id = e.id) as wanted
      from envelopes e
    ) where amount <> wanted ${ROWS}`);
  return rows.map((row) => chargeFinding("charge_differs", row.id, row));
}

function chargeFinding(
  kind: "charge_leaked" | "charge_missing" | "charge_differs",
  subject: string,
  row: ChargeRow,
): Found {
  return {
    kind,
    subject,
    tenantId: row.tenant_id,
    serviceId: row.service_id,
    details: { holder: row.holder, resource: row.resource, amount: row.amount, wanted: row.wanted },
  };
}

/** Runs that an operation may have had before somebody should look. */
const MANY_RUNS = 5;
/** An operation that takes so many times the budget of a step is not getting anywhere. */
const LONG_STEPS = 10;

/** Operations that do not come to an end, and services that are held by none. */
export async function checkOperations(deps: Deps): Promise<Checked> {
  const since = deps.now() - LONG_STEPS * deps.config.STEP_BUDGET_MS;
  const [slow, locks] = await Promise.all([
    deps.db
      .select()
      .from(operations)
      .where(and(isNull(operations.endedAt), or(gte(operations.attempt, MANY_RUNS), lt(operations.startedAt, since))))
      .limit(200),
    deps.db.all<{ id: string; tenant_id: string; state: string; operation_id: string }>(sql`
      select s.id, s.tenant_id, s.state, s.operation_id from services s left join operations o on o.id = s.operation_id
      where s.operation_id is not null and (o.id is null or o.ended_at is not null) ${ROWS}`),
  ]);
  const found: Found[] = [
    ...slow.map((row): Found => ({
      kind: "operation_stuck",
      subject: row.id,
      tenantId: row.tenantId,
      serviceId: row.serviceId,
      details: {
        operation: row.kind,
        status: row.status,
        step: row.steps.find((step) => step.status !== "done")?.name ?? "",
        runs: row.attempt,
        minutes: Math.floor((deps.now() - row.startedAt) / 60_000),
      },
    })),
    ...locks.map((row): Found => ({
      kind: "operation_stuck",
      subject: `lock:${row.id}`,
      tenantId: row.tenant_id,
      serviceId: row.id,
      details: { lock: row.operation_id, state: row.state },
    })),
  ];
  return { found, sees: (kind) => kind === "operation_stuck" };
}
