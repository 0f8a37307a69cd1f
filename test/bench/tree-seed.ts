// Fills the database with tenants as a platform of some years would have them: each with envelopes, people, services and a past.
import { DatabaseSync } from "node:sqlite";
import { RESOURCES } from "../../worker/rules/views.ts";

/** What each tenant has, and room for it. */
export interface Belongings {
  services: number;
  /** Past operations of each service. */
  operations: number;
  audit: number;
  room: number;
}

const BELONGINGS: Belongings = { services: 2, operations: 4, audit: 6, room: 8 };

/**
 * Adds tenants numbered `from` to `to` (exclusive), a hundred below each reseller, straight to the file, in one transaction
 * and through the ledger's own triggers. The Worker must not run.
 */
export function seedTenants(file: string, from: number, to: number, each: Belongings = BELONGINGS): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("pragma busy_timeout = 20000; pragma foreign_keys = on; begin immediate");
    const template = database
      .prepare("select id, cluster_id, node from templates where volume is null limit 1")
      .get() as {
      id: string;
      cluster_id: string;
      node: string;
    };
    database.exec("update capacity set physical = 1000000000, ratio_percent = 100");
    const insert = statements(database);
    for (let index = from; index < to; index += 1) {
      const reseller = `ten_seedreseller${Math.floor(index / 100)}`;
      if (index % 100 === 0 || index === from)
        seedTenant(insert, reseller, "reseller", "ten_platform", 125 * each.room);
      const id = `ten_seed${index}`;
      seedTenant(insert, id, "tenant", reseller, each.room);
      seedPast(insert, id, template, each);
    }
    database.exec("commit; pragma wal_checkpoint(passive)");
  } finally {
    database.close();
  }
}

type Inserts = ReturnType<typeof statements>;

function statements(database: DatabaseSync) {
  const prepare = (text: string) => {
    const statement = database.prepare(text);
    return (...values: (string | number | null)[]) => statement.run(...values);
  };
  return {
    tenant: prepare(
      "insert into tenants (id, kind, parent_id, name, slug, created_at) values (?, ?, ?, ?, ?, 0) on conflict do nothing",
    ),
    user: prepare(
      "insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 1, 0, 0) on conflict do nothing",
    ),
    member: prepare(
      "insert into members (tenant_id, user_id, role, created_at) values (?, ?, 'owner', 0) on conflict do nothing",
    ),
    envelope: prepare(
      `insert into envelopes (id, tenant_id, resource, "limit") values (?, ?, ?, 0) on conflict do nothing`,
    ),
    carve: prepare(`insert into charges (id, envelope_id, resource, amount, child_envelope_id, created_at)
      select ?, (select id from envelopes where tenant_id = ? and resource = ?), ?, 0, e.id, 0 from envelopes e
      where e.id = ? and not exists (select 1 from charges where child_envelope_id = e.id)`),
    limit: prepare('update envelopes set "limit" = ? where id = ?'),
    service:
      prepare(`insert into services (id, tenant_id, cluster_id, template_id, kind, name, state, power, cores, memory_mib, disk_gib,
      node, login_user, ssh_keys, created_at) values (?, ?, ?, ?, 'vm', ?, 'creating', 'stopped', 1, 1, 1, ?, 'ana', '', ?)`),
    charge: prepare(`insert into charges (id, envelope_id, resource, amount, service_id, created_at)
      values (?, (select id from envelopes where tenant_id = ? and resource = ?), ?, 1, ?, 0)`),
    ready: prepare("update services set state = 'ready' where id = ?"),
    lock: prepare("update services set operation_id = ? where id = ?"),
    operation:
      prepare(`insert into operations (id, tenant_id, service_id, service_name, kind, status, actor_id, actor_name, idempotency_key,
      request_hash, steps, facts, lease_until, started_at, ended_at)
      values (?, ?, ?, 'x', 'start', 'succeeded', 'u', 'U', ?, '', '[]', '{}', 0, ?, 1)`),
    audit:
      prepare(`insert into audit_entries (id, chain, seq, at, actor_kind, actor_id, actor_name, action, outcome, request_id, prev_hash, hash)
      values (?, ?, ?, ?, 'person', 'u', 'U', 'service.power', 'done', '', ?, ?)`),
  };
}

function seedTenant(insert: Inserts, id: string, kind: string, parentId: string, room: number): void {
  insert.tenant(id, kind, parentId, id, id);
  insert.user(`user_${id}`, id, `${id}@people.test`);
  insert.member(id, `user_${id}`);
  for (const resource of RESOURCES) {
    if (resource === "publicIps") continue;
    const envelope = `env_${id}_${resource}`;
    insert.envelope(envelope, id, resource);
    insert.carve(`chg_${envelope}`, parentId, resource, resource, envelope);
    insert.limit(room, envelope);
  }
}

function seedPast(
  insert: Inserts,
  id: string,
  template: { id: string; cluster_id: string; node: string },
  each: Belongings,
): void {
  for (let index = 0; index < each.services; index += 1) {
    const service = `svc_${id}_${index}`;
    insert.service(service, id, template.cluster_id, template.id, `seed-${index}`, template.node, index);
    for (const resource of ["vcpu", "memoryMiB", "diskGiB", "services"]) {
      insert.charge(`chg_${service}_${resource}`, id, resource, resource, service);
    }
    insert.ready(service);
    for (let turn = 0; turn < each.operations; turn += 1) {
      const operation = `op_${service}_${turn}`;
      insert.lock(operation, service);
      insert.operation(operation, id, service, operation, turn);
    }
    insert.lock(null, service);
  }
  for (let seq = 1; seq <= each.audit; seq += 1) {
    const hash = `${id}-${seq}`;
    insert.audit(`aud_${id}_${seq}`, id, seq, seq, seq === 1 ? "" : `${id}-${seq - 1}`, hash);
  }
}
