// The verbs of the ledger as a random test puts them to a database, each through the domain's own code.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { CarvePreview, Demand } from "../../worker/rules/quota.ts";
import type { Limits, Modes } from "../../worker/rules/views-tree.ts";
import { d1Over } from "../harness/sqlite-d1.ts";
import { workerCode } from "../harness/worker-code.ts";

type Deps = object;
type Statement = { toSQL: () => { sql: string; params: SQLInputValue[] } };
interface Carve {
  limits: Limits;
  modes: Modes;
}

interface Ledger {
  chargeService: (deps: Deps, tenant: string, service: string, operation: null, demands: Demand[]) => Statement[];
  chargeSnapshot: (deps: Deps, tenant: string, snapshot: string, operation: null) => Statement[];
  chargeBackup: (deps: Deps, tenant: string, backup: string, operation: null, gib: number) => Statement[];
  quotaOf: (deps: Deps, tenant: string) => Promise<{ resource: string; limit: number; used: number; own: boolean }[]>;
}

interface Carving {
  carveEnvelopes: (deps: Deps, tenant: string, parent: string, carve: Carve) => Statement[];
  setLimits: (deps: Deps, tenant: string, parent: string, carve: Carve) => Promise<void>;
  carvePreview: (deps: Deps, parent: string, child: string | null, carve: Carve) => Promise<CarvePreview>;
}

const { openDatabase } = await workerCode<{ openDatabase: (binding: unknown) => object }>("db/database.ts");
const ledger = await workerCode<Ledger>("domain/ledger.ts");
const carving = await workerCode<Carving>("domain/carving.ts");

/** Code of the refusal, `ok` where there was none; anything that is not a refusal is thrown. */
export type Outcome = "ok" | "refused";

export class Verbs {
  readonly #database: DatabaseSync;
  readonly #deps: Deps;
  #made = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#deps = { db: openDatabase(d1Over(database)), newId: (prefix: string) => this.#next(prefix), now: () => 0 };
  }

  /** Ids of a table's rows that a condition holds for, the oldest first. */
  ids(table: string, where = "1 = 1"): string[] {
    return this.#database
      .prepare(`select id from ${table} where ${where} order by rowid`)
      .all()
      .map((row) => String(row["id"]));
  }

  parentOf(tenant: string): string {
    return String(this.#value("select parent_id from tenants where id = ?", tenant));
  }

  quota(tenant: string) {
    return ledger.quotaOf(this.#deps, tenant);
  }

  newTenant(parent: string, kind: string, carve: Carve): Outcome {
    const id = this.#next("ten");
    return this.#all(
      [
        [
          "insert into tenants (id, kind, parent_id, name, slug, created_at) values (?, ?, ?, ?, ?, 0)",
          id,
          kind,
          parent,
          id,
          id,
        ],
      ],
      carving.carveEnvelopes(this.#deps, id, parent, carve),
    );
  }

  /** Tells as well whether the preview had said that it would go. */
  async change(tenant: string, carve: Carve): Promise<{ outcome: Outcome; isAllowed: boolean }> {
    const parent = this.parentOf(tenant);
    const { allowed } = await carving.carvePreview(this.#deps, parent, tenant, carve);
    try {
      await carving.setLimits(this.#deps, tenant, parent, carve);
      return { outcome: "ok", isAllowed: allowed };
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (!["quota_exceeded", "limit_below_used", "envelope_rejected"].includes(code)) throw error;
      return { outcome: "refused", isAllowed: allowed };
    }
  }

  launch(tenant: string, cores: number): Outcome {
    const id = this.#next("svc");
    const demands: Demand[] = [
      { resource: "vcpu", amount: cores },
      { resource: "memoryMiB", amount: 128 },
      { resource: "diskGiB", amount: 1 },
      { resource: "services", amount: 1 },
    ];
    const insert = `insert into services (id, tenant_id, cluster_id, template_id, kind, name, state, cores, memory_mib, disk_gib, login_user, ssh_keys, created_at)
      values (?, ?, 'clu_a', 'tpl_a', 'vm', ?, 'creating', ?, 128, 1, 'ana', '', 0)`;
    return this.#all([[insert, id, tenant, id, cores]], ledger.chargeService(this.#deps, tenant, id, null, demands), [
      ["update services set vmid = 10000 + rowid, state = 'ready' where id = ?", id],
    ]);
  }

  resize(service: string, cores: number): Outcome {
    return this.#all([["update services set cores = ? where id = ?", cores, service]]);
  }

  end(service: string, state: string): Outcome {
    return this.#all([["update services set state = ?, deleted_at = 0 where id = ?", state, service]]);
  }

  snapshot(service: string): Outcome {
    const id = this.#next("snp");
    const tenant = this.#tenantOf(service);
    const insert = `insert into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at)
      values (?, ?, ?, ?, '', 0, 'creating', 0)`;
    return this.#all([[insert, id, tenant, service, id]], ledger.chargeSnapshot(this.#deps, tenant, id, null), [
      ["update snapshots set state = 'ready' where id = ?", id],
    ]);
  }

  backup(service: string, gib: number): Outcome {
    const id = this.#next("bak");
    const tenant = this.#tenantOf(service);
    const insert = `insert into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at)
      values (?, ?, ?, 'clu_a', 'n', 's', ?, 1, 1, 1, '', 0, 'creating', 0)`;
    return this.#all([[insert, id, tenant, service, gib]], ledger.chargeBackup(this.#deps, tenant, id, null, gib), [
      ["update backups set charged_gib = ?, state = 'ready' where id = ?", Math.ceil(gib / 2), id],
    ]);
  }

  remove(table: "snapshots" | "backups", id: string): Outcome {
    return this.#all([
      [`update ${table} set state = 'deleting' where id = ?`, id],
      [`delete from ${table} where id = ?`, id],
    ]);
  }

  hold(tenant: string, status: string): Outcome {
    return this.#all([["update tenants set status = ? where id = ?", status, tenant]]);
  }

  /** Takes an empty tenant away; refused where it is not. */
  leave(tenant: string): Outcome {
    return this.#all([
      [`update envelopes set "limit" = 0 where tenant_id = ?`, tenant],
      ["delete from charges where child_envelope_id in (select id from envelopes where tenant_id = ?)", tenant],
      ["delete from envelopes where tenant_id = ?", tenant],
      ["update tenants set status = 'deleted' where id = ?", tenant],
    ]);
  }

  #all(...parts: ([string, ...SQLInputValue[]][] | Statement[])[]): Outcome {
    this.#database.exec("begin");
    try {
      for (const part of parts.flat()) {
        const [text, ...values] = Array.isArray(part) ? part : [part.toSQL().sql, ...part.toSQL().params];
        this.#database.prepare(text).run(...values);
      }
      this.#database.exec("commit");
      return "ok";
    } catch (error) {
      this.#database.exec("rollback");
      if (!REFUSALS.test(String(error))) throw error;
      return "refused";
    }
  }

  #tenantOf(service: string): string {
    return String(this.#value("select tenant_id from services where id = ?", service));
  }

  #value(text: string, ...values: SQLInputValue[]): unknown {
    return Object.values(this.#database.prepare(text).get(...values) ?? {})[0];
  }

  #next(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${this.#made}`;
  }
}

/** What the database may say no with; anything else is a fault of the statements. */
const REFUSALS =
  /quota_exceeded|charges\.envelope_id|tenant_suspended|tenant_not_empty|tenant_has_no_children|FOREIGN KEY|service_is_gone|service_not_charged|envelope_rejects/;
