// A database of one's own with the migrations applied, and the rows that tests of the ledger stand on.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "../../lab/stack/stack.ts";

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

/** What the root of these tests has, and in which order its envelopes are made. */
export const ROOT_LIMITS = {
  vcpu: 100,
  memoryMiB: 100_000,
  diskGiB: 1_000,
  services: 50,
  snapshots: 20,
  backups: 20,
  backupGiB: 200,
} as const;

export type SeedResource = keyof typeof ROOT_LIMITS;
export const SEED_RESOURCES = Object.keys(ROOT_LIMITS) as SeedResource[];

/** A root of its own beside the platform's, so that it can be made before the platform's row is; a person, a cluster, a template. */
export function seedRoot(database: DatabaseSync): void {
  database.exec(`
    insert into users (id, name, email, email_verified, created_at, updated_at) values
      ('usr_a', 'Ana', 'ana@people.test', 1, 0, 0), ('usr_b', 'Bob', 'bob@people.test', 1, 0, 0);
    insert into tenants (id, kind, parent_id, name, slug, created_at) values ('ten_root', 'platform', null, 'Root', 'root', 0);
    insert into clusters (id, name, url, token_id, token_secret_sealed, pool, tenant_group, tenant_role, storage, vmid_next, vmid_to, status, missing, nodes, created_at)
      values ('clu_a', 'A', 'https://pve.test:8006', 'nubemox@pve!portal', 'k1.x.y', 'nubemox', 'tenants', 'Tenant', 'local', 10000, 99999, 'ok', '[]', '[]', 0);
    insert into templates (id, cluster_id, vmid, node, kind, name, description, logo, category, min_cores, min_memory_mib, min_disk_gib, default_user, active, created_at)
      values ('tpl_a', 'clu_a', 9000, 'pve1', 'vm', 'T', '', 'linux', 'Systems', 1, 128, 1, 'user', 1, 0);
  `);
  for (const resource of SEED_RESOURCES) {
    seedEnvelope(database, "ten_root", `env_root_${resource}`, resource, ROOT_LIMITS[resource]);
  }
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

/** A tenant `ten_<name>` below another. */
export function seedTenant(database: DatabaseSync, name: string, parentId: string, kind = "tenant"): string {
  database
    .prepare("insert into tenants (id, kind, parent_id, name, slug, created_at) values (?, ?, ?, ?, ?, 0)")
    .run(`ten_${name}`, kind, parentId, name, name);
  return `ten_${name}`;
}

/** Carves an envelope `env_<name>_<resource>` for a tenant out of one above. */
export function seedCarve(
  database: DatabaseSync,
  name: string,
  parentEnvelope: string,
  resource: SeedResource,
  limit: number,
): string {
  const envelope = seedEnvelope(database, `ten_${name}`, `env_${name}_${resource}`, resource);
  const carve = { id: `carve_${name}_${resource}`, envelope: parentEnvelope, resource, amount: 0, child: envelope };
  insertCharge(database, carve);
  database.prepare('update envelopes set "limit" = ? where id = ?').run(limit, envelope);
  return envelope;
}

export interface ServiceSeed {
  id: string;
  tenant: string;
  cores?: number;
  memoryMiB?: number;
  diskGiB?: number;
  /** Number on the cluster; a service that is ready has one. */
  vmid?: number;
  state?: "creating" | "ready";
}

export function seedService(database: DatabaseSync, seed: ServiceSeed): void {
  database
    .prepare(
      `insert into services (id, tenant_id, cluster_id, template_id, kind, name, state, cores, memory_mib, disk_gib, vmid, login_user, ssh_keys, created_at)
       values (?, ?, 'clu_a', 'tpl_a', 'vm', ?, 'creating', ?, ?, ?, null, 'ana', '', 0)`,
    )
    .run(seed.id, seed.tenant, seed.id, seed.cores ?? 1, seed.memoryMiB ?? 128, seed.diskGiB ?? 1);
}

/** The four charges of a service, on the envelopes of `owner` (`env_<owner>_<resource>`), and what follows from having them. */
export function chargeSeeded(database: DatabaseSync, seed: ServiceSeed, owner: string): void {
  const amounts = [
    ["vcpu", seed.cores ?? 1],
    ["memoryMiB", seed.memoryMiB ?? 128],
    ["diskGiB", seed.diskGiB ?? 1],
    ["services", 1],
  ] as const;
  for (const [resource, amount] of amounts) {
    const id = `chg_${seed.id}_${resource}`;
    insertCharge(database, { id, envelope: `env_${owner}_${resource}`, resource, amount, service: seed.id });
  }
  if (seed.vmid !== undefined) database.prepare("update services set vmid = ? where id = ?").run(seed.vmid, seed.id);
  if (seed.state === "ready") database.prepare("update services set state = 'ready' where id = ?").run(seed.id);
}

/** An operation that runs on a service; the lock is taken with it unless `locked` is false. */
export function seedOperation(
  database: DatabaseSync,
  id: string,
  tenantId: string,
  serviceId: string,
  { locked = true, kind = "start", facts = {} } = {},
): void {
  if (locked)
    database.prepare("update services set operation_id = ? where id = ? and operation_id is null").run(id, serviceId);
  database
    .prepare(
      `insert into operations (id, tenant_id, service_id, service_name, kind, status, actor_id, actor_name, idempotency_key, request_hash, steps, facts, lease_until, started_at)
       values (?, ?, ?, 'name', ?, 'running', 'usr_a', 'Ana', ?, 'hash', '[]', ?, 0, 0)`,
    )
    .run(id, tenantId, serviceId, kind, `key-${id}`, JSON.stringify(facts));
}

export interface ChargeRow {
  id: string;
  envelope: string | null;
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

/** A snapshot that is being made, on a service of Ana's. */
export function seedSnapshot(database: DatabaseSync, id: string, service = "svc_one"): void {
  database
    .prepare(
      `insert into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at)
       values (?, 'ten_ana', ?, ?, '', 0, 'creating', 0)`,
    )
    .run(id, service, id);
  database
    .prepare(
      `insert into charges (id, envelope_id, resource, amount, snapshot_id, created_at)
       values (?, 'env_ana_snapshots', 'snapshots', 1, ?, 0)`,
    )
    .run(`chg_${id}`, id);
}

/** A backup that is being made, of a service of Ana's. */
export function seedBackup(database: DatabaseSync, id: string, gib = 10, service = "svc_one"): void {
  database
    .prepare(
      `insert into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at)
       values (?, 'ten_ana', ?, 'clu_a', 'pve1', 'local', ?, 4, 1024, 10, '', 0, 'creating', 0)`,
    )
    .run(id, service, gib);
  for (const [resource, amount] of [
    ["backups", 1],
    ["backupGiB", gib],
  ] as const) {
    database
      .prepare(
        "insert into charges (id, envelope_id, resource, amount, backup_id, created_at) values (?, ?, ?, ?, ?, 0)",
      )
      .run(`chg_${id}_${resource}`, `env_ana_${resource}`, resource, amount, id);
  }
}

/** Root, below it a reseller (Rita), below that a tenant (Ana) with two services: one ready, one being made. */
export function seedTree(database: DatabaseSync): void {
  seedRoot(database);
  seedTenant(database, "rita", "ten_root", "reseller");
  seedTenant(database, "ana", "ten_rita");
  const ritas = { vcpu: 30, memoryMiB: 30_000, diskGiB: 300, services: 20, snapshots: 10, backups: 8, backupGiB: 80 };
  const anas = { vcpu: 10, memoryMiB: 4_096, diskGiB: 50, services: 5, snapshots: 3, backups: 3, backupGiB: 30 };
  for (const resource of SEED_RESOURCES) {
    seedCarve(database, "rita", `env_root_${resource}`, resource, ritas[resource]);
    seedCarve(database, "ana", `env_rita_${resource}`, resource, anas[resource]);
  }
  for (const seed of [ONE, TWO]) {
    seedService(database, seed);
    chargeSeeded(database, seed, "ana");
  }
}

const ONE = {
  id: "svc_one",
  tenant: "ten_ana",
  cores: 4,
  memoryMiB: 1_024,
  diskGiB: 10,
  vmid: 10_000,
  state: "ready",
} as const;
const TWO = { id: "svc_two", tenant: "ten_ana", cores: 2, memoryMiB: 512, diskGiB: 5 } as const;

export function envelopeRow(database: DatabaseSync, id: string): { limit: number; used: number } {
  const row = database.prepare('select "limit" as "limit", used from envelopes where id = ?').get(id);
  return { limit: Number(row?.["limit"]), used: Number(row?.["used"]) };
}
