// A database of one's own with the migrations applied, and the rows that tests of the ledger stand on.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "../../lab/stack/stack.ts";
import { faultsIn } from "./portal.ts";

const FOLDER = join(ROOT, "migrations");
export const MIGRATIONS = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sql"))
  .toSorted();

/** In memory, foreign keys on as D1 has them, with the migrations from one (included) to another (excluded). */
export function freshDatabase(upTo = MIGRATIONS.length): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  database.exec("pragma foreign_keys = on");
  migrate(database, 0, upTo);
  return database;
}

export function migrate(database: DatabaseSync, from: number, upTo = MIGRATIONS.length): void {
  for (const name of MIGRATIONS.slice(from, upTo)) database.exec(readFileSync(join(FOLDER, name), "utf8"));
}

/** A root of its own beside the platform's, so that it can be made before the platform's row is. */
export function seedRoot(database: DatabaseSync, limit: number): string {
  database.exec(`
    insert into users (id, name, email, email_verified, created_at, updated_at) values ('usr_a', 'Ana', 'ana@people.test', 1, 0, 0);
    insert into tenants (id, kind, parent_id, name, slug, created_at) values ('ten_root', 'platform', null, 'Root', 'root', 0);
    insert into clusters (id, name, url, token_id, token_secret_sealed, pool, tenant_group, tenant_role, storage, vmid_next, vmid_to, status, missing, nodes, created_at)
      values ('clu_a', 'A', 'https://pve.test:8006', 'nubemox@pve!portal', 'k1.x.y', 'nubemox', 'tenants', 'Tenant', 'local', 10000, 99999, 'ok', '[]', '[]', 0);
    insert into templates (id, cluster_id, vmid, node, kind, name, description, logo, category, min_cores, min_memory_mib, min_disk_gib, default_user, active, created_at)
      values ('tpl_a', 'clu_a', 9000, 'pve1', 'vm', 'T', '', 'linux', 'Systems', 1, 128, 1, 'user', 1, 0);
  `);
  return seedEnvelope(database, "ten_root", "env_root", "vcpu", limit);
}

/** An envelope with nothing charged; only a platform's may start with a limit. */
export function seedEnvelope(
  database: DatabaseSync,
  tenantId: string,
  id: string,
  resource: string,
  limit = 0,
): string {
  database
    .prepare('insert into envelopes (id, tenant_id, resource, "limit") values (?, ?, ?, ?)')
    .run(id, tenantId, resource, limit);
  return id;
}

/** A tenant below another, with one empty envelope charged to an envelope above. */
export function seedChild(
  database: DatabaseSync,
  name: string,
  parentId: string,
  parentEnvelope: string,
  resource = "vcpu",
): string {
  database
    .prepare("insert into tenants (id, kind, parent_id, name, slug, created_at) values (?, 'tenant', ?, ?, ?, 0)")
    .run(`ten_${name}`, parentId, name, name);
  const envelope = seedEnvelope(database, `ten_${name}`, `env_${name}`, resource);
  insertCharge(database, { id: `carve_${name}`, envelope: parentEnvelope, resource, amount: 0, child: envelope });
  return envelope;
}

/** A free service with a number; `state` is `ready` unless told otherwise. */
export function seedService(
  database: DatabaseSync,
  id: string,
  tenantId: string,
  vmid: number | null = null,
  state = "ready",
): void {
  database
    .prepare(
      `insert into services (id, tenant_id, cluster_id, template_id, kind, name, state, cores, memory_mib, disk_gib, vmid, login_user, ssh_keys, created_at)
       values (?, ?, 'clu_a', 'tpl_a', 'vm', ?, ?, 1, 128, 1, ?, 'ana', '', 0)`,
    )
    .run(id, tenantId, id, state, vmid);
}

/** An operation that runs on a service; the lock is taken with it unless `locked` is false. */
export function seedOperation(
  database: DatabaseSync,
  id: string,
  tenantId: string,
  serviceId: string,
  locked = true,
): void {
  if (locked)
    database.prepare("update services set operation_id = ? where id = ? and operation_id is null").run(id, serviceId);
  database
    .prepare(
      `insert into operations (id, tenant_id, service_id, service_name, kind, status, actor_id, actor_name, idempotency_key, request_hash, steps, facts, lease_until, started_at)
       values (?, ?, ?, 'name', 'start', 'running', 'usr_a', 'Ana', ?, 'hash', '[]', '{}', 0, 0)`,
    )
    .run(id, tenantId, serviceId, `key-${id}`);
}

export interface ChargeRow {
  id: string;
  envelope: string;
  resource?: string;
  amount: number;
  service?: string;
  child?: string;
}

export function insertCharge(database: DatabaseSync, row: ChargeRow): void {
  database
    .prepare(
      "insert into charges (id, envelope_id, resource, amount, service_id, child_envelope_id, created_at) values (?, ?, ?, ?, ?, ?, 0)",
    )
    .run(row.id, row.envelope, row.resource ?? "vcpu", row.amount, row.service ?? null, row.child ?? null);
}

export function envelopeRow(database: DatabaseSync, id: string): { limit: number; used: number } {
  const row = database.prepare('select "limit" as "limit", used from envelopes where id = ?').get(id);
  return { limit: Number(row?.["limit"]), used: Number(row?.["used"]) };
}

/** The invariants of the sums; services of these tests have a charge for vCPU alone, which is not what a launch makes. */
export function faultsOfSums(database: DatabaseSync): string[] {
  return faultsIn(database).filter((fault) => !/^(service without|charge differs from size)/.test(fault));
}
