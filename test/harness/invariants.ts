// What must always be true of the ledger and the tree, asked of the database directly; the triggers are not taken at their word.
import type { DatabaseSync } from "node:sqlite";

/** What breaks an invariant, one line each; empty when all is well. */
export function faultsIn(database: DatabaseSync): string[] {
  return CHECKS.flatMap((text) => (database.prepare(text).all() as { fault: string }[]).map((row) => row.fault));
}

/** The tenants at and above one, the nearest first. */
const upFrom = (tenantId: string) => `with recursive up(id, parent_id, status, depth) as (
  select t.id, t.parent_id, t.status, 0 from tenants t where t.id = ${tenantId}
  union all select t.id, t.parent_id, t.status, up.depth + 1 from tenants t join up on t.id = up.parent_id)`;

/** Whose each charge is: a carve is the business of the tenant above the one that it is for. */
const HOLDER = `coalesce(
  (select tenant_id from services where id = c.service_id),
  (select tenant_id from snapshots where id = c.snapshot_id),
  (select tenant_id from backups where id = c.backup_id),
  (select t.parent_id from envelopes e join tenants t on t.id = e.tenant_id where e.id = c.child_envelope_id))`;

const LIVE = "('creating', 'ready', 'deleting')";
const SIZES = "('vcpu', 'memoryMiB', 'diskGiB', 'services')";

const CHECKS = [
  // Sums
  `select 'used differs from charges in ' || e.id as fault from envelopes e
     where e.used <> (select coalesce(sum(c.amount), 0) from charges c where c.envelope_id = e.id)`,
  `select 'used above limit in ' || id as fault from envelopes where used > "limit" or used < 0`,
  `select 'carved more than the limit of ' || e.id as fault from envelopes e
     where e."limit" < (select coalesce(sum(c."limit"), 0) from envelopes c join charges t on t.child_envelope_id = c.id
       where t.envelope_id = e.id)`,
  `select 'carve differs from limit: ' || e.id as fault from envelopes e join charges c on c.child_envelope_id = e.id
     where c.amount <> e."limit" or c.resource <> e.resource`,
  `select 'envelope without a carve: ' || e.id as fault from envelopes e join tenants t on t.id = e.tenant_id
     where t.kind <> 'platform' and not exists (select 1 from charges c where c.child_envelope_id = e.id)`,
  `select 'rejects and has a limit: ' || id as fault from envelopes where mode = 'reject' and "limit" <> 0`,
  `select 'platform differs from capacity: ' || e.resource as fault from envelopes e
     join capacity k on k.resource = e.resource
     where e.tenant_id = 'ten_platform' and e."limit" <> k.physical * k.ratio_percent / 100`,
  // Every charge where it belongs
  `select 'charge is not on the nearest envelope: ' || c.id as fault from charges c
     where c.envelope_id is not (${upFrom(HOLDER)}
       select e.id from up cross join envelopes e on e.tenant_id = up.id and e.resource = c.resource
       order by up.depth limit 1)`,
  // Services
  `select 'charge without a live service: ' || c.id as fault from charges c join services s on s.id = c.service_id
     where s.state not in ${LIVE}`,
  // One that failed holds nothing, also while it is being removed.
  `select 'service without its charges: ' || s.id as fault from services s
     join (select s.id as id, count(c.id) as charges from services s
       left join charges c on c.service_id = s.id and c.resource in ${SIZES} group by s.id) n on n.id = s.id
     where s.state in ${LIVE} and n.charges <> 4 and not (s.state = 'deleting' and n.charges = 0)`,
  `select 'charge differs from size: ' || s.id as fault from services s join charges c on c.service_id = s.id
     where (c.resource = 'vcpu' and c.amount <> s.cores) or (c.resource = 'memoryMiB' and c.amount <> s.memory_mib)
        or (c.resource = 'diskGiB' and c.amount <> s.disk_gib) or (c.resource = 'services' and c.amount <> 1)`,
  `select 'lock without a running operation: ' || s.id as fault from services s join operations o on o.id = s.operation_id
     where o.ended_at is not null`,
  // Snapshots and backups
  `select 'snapshot without its charge: ' || s.id as fault from snapshots s
     where (select coalesce(sum(c.amount), 0) from charges c where c.snapshot_id = s.id and c.resource = 'snapshots') <> 1`,
  `select 'snapshot of no live service: ' || p.id as fault from snapshots p join services s on s.id = p.service_id
     where s.state not in ${LIVE} or s.tenant_id <> p.tenant_id`,
  `select 'backup without its charges: ' || b.id as fault from backups b
     where (select count(*) from charges c where c.backup_id = b.id) <> 2
       or (select sum(amount) from charges c where c.backup_id = b.id and c.resource = 'backups') is not 1
       or (select sum(amount) from charges c where c.backup_id = b.id and c.resource = 'backupGiB') is not b.charged_gib`,
  // The tree
  `select 'held by another than it says: ' || h.id as fault from tenants h
     where h.held_by is not (${upFrom("h.id")} select id from up where status <> 'active' order by depth limit 1)`,
  `select 'deleted and not empty: ' || t.id as fault from tenants t where t.status = 'deleted' and (
     exists (select 1 from envelopes where tenant_id = t.id) or exists (select 1 from backups where tenant_id = t.id)
     or exists (select 1 from services where tenant_id = t.id and state <> 'deleted')
     or exists (select 1 from identities where tenant_id = t.id))`,
  `select 'below a tenant that has no children: ' || t.id as fault from tenants t join tenants p on p.id = t.parent_id
     where p.kind = 'tenant'`,
];
