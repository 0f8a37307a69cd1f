// The ledger's own honesty: what triggers and checks of the database refuse, and that migrations keep it.
import type { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import {
  envelopeRow,
  faultsOfSums,
  freshDatabase,
  insertCharge,
  MIGRATIONS,
  migrate,
  seedChild,
  seedEnvelope,
  seedOperation,
  seedRoot,
  seedService,
} from "./harness/ledger-database.ts";

/** Root with 100 vCPU, Ana's tenant with 10 of them, two services, one of which holds 4. */
function seeded(): DatabaseSync {
  const database = freshDatabase();
  seedRoot(database, 100);
  seedChild(database, "ana", "ten_root", "env_root");
  database.exec(`update envelopes set "limit" = 10 where id = 'env_ana'`);
  seedService(database, "svc_one", "ten_ana", 10_000);
  seedService(database, "svc_two", "ten_ana", null, "creating");
  insertCharge(database, { id: "chg_one", envelope: "env_ana", amount: 4, service: "svc_one" });
  return database;
}

/** What each trigger is for: writes that it refuses, with its word for it, or what it does by itself. */
const TRIGGERS: Record<string, { refuses?: [sql: string, word: string][]; does?: (database: DatabaseSync) => void }> = {
  charges_insert_matches: {
    refuses: [
      [
        "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_ana', 'diskGiB', 1, 'svc_two', 0)",
        "charge_resource_mismatch",
      ],
      [
        "insert into tenants (id, kind, parent_id, name, slug, status, created_at) values ('ten_bob', 'tenant', 'ten_root', 'b', 'b', 'active', 0); insert into envelopes (id, tenant_id, resource, \"limit\") values ('env_bob', 'ten_bob', 'diskGiB', 0); insert into charges (id, envelope_id, resource, amount, child_envelope_id, created_at) values ('c', 'env_root', 'vcpu', 0, 'env_bob', 0)",
        "charge_resource_mismatch",
      ],
    ],
  },
  charges_insert_takes: {
    does: (database) => {
      insertCharge(database, { id: "c", envelope: "env_ana", amount: 6, service: "svc_two" });
      expect(envelopeRow(database, "env_ana")).toEqual({ limit: 10, used: 10 });
    },
  },
  charges_delete_gives_back: {
    does: (database) => {
      database.exec("delete from charges where id = 'chg_one'");
      expect(envelopeRow(database, "env_ana").used).toBe(0);
    },
  },
  charges_amount_follows: {
    does: (database) => {
      database.exec("update charges set amount = 9 where id = 'chg_one'");
      expect(envelopeRow(database, "env_ana").used).toBe(9);
      database.exec("update charges set amount = 1 where id = 'chg_one'");
      expect(envelopeRow(database, "env_ana").used).toBe(1);
    },
  },
  charges_stay_put: {
    refuses: [
      ["update charges set envelope_id = 'env_root' where id = 'chg_one'", "charge_is_fixed"],
      ["update charges set resource = 'diskGiB' where id = 'chg_one'", "charge_is_fixed"],
      ["update charges set service_id = 'svc_two' where id = 'chg_one'", "charge_is_fixed"],
      ["update charges set child_envelope_id = null, service_id = 'svc_two' where id = 'carve_ana'", "charge_is_fixed"],
      ["update charges set id = 'other' where id = 'chg_one'", "charge_is_fixed"],
    ],
  },
  envelopes_start_empty: {
    refuses: [
      [
        `insert into envelopes (id, tenant_id, resource, "limit") values ('e', 'ten_ana', 'diskGiB', 5)`,
        "envelope_starts_empty",
      ],
      [
        `insert into envelopes (id, tenant_id, resource, "limit", used) values ('e', 'ten_root', 'diskGiB', 5, 1)`,
        "envelope_starts_empty",
      ],
    ],
  },
  envelopes_are_carved: {
    does: (database) => {
      seedEnvelope(database, "ten_ana", "env_loose", "diskGiB");
      expect(() => database.exec(`update envelopes set "limit" = 5 where id = 'env_loose'`)).toThrow(
        "envelope_without_carve",
      );
    },
  },
  envelopes_limit_charges_parent: {
    does: (database) => {
      expect(envelopeRow(database, "env_root").used).toBe(10);
      database.exec(`update envelopes set "limit" = 30 where id = 'env_ana'`);
      expect(envelopeRow(database, "env_root").used).toBe(30);
      expect(() => database.exec(`update envelopes set "limit" = 101 where id = 'env_ana'`)).toThrow("quota_exceeded");
      expect(envelopeRow(database, "env_ana").limit).toBe(30);
    },
  },
  envelopes_stay_put: {
    refuses: [
      ["update envelopes set tenant_id = 'ten_root' where id = 'env_ana'", "envelope_is_fixed"],
      ["update envelopes set resource = 'diskGiB' where id = 'env_ana'", "envelope_is_fixed"],
      ["update envelopes set id = 'e' where id = 'env_ana'", "envelope_is_fixed"],
    ],
  },
  carves_stay: { refuses: [["delete from charges where id = 'carve_ana'", "carve_in_use"]] },
  carves_match: { refuses: [["update charges set amount = 3 where id = 'carve_ana'", "carve_differs_from_limit"]] },
  carves_insert_empty: {
    does: (database) => {
      seedEnvelope(database, "ten_ana", "env_loose", "diskGiB");
      seedEnvelope(database, "ten_root", "env_root_disk", "diskGiB", 50);
      const carve = { id: "c", envelope: "env_root_disk", resource: "diskGiB", amount: 5, child: "env_loose" };
      expect(() => insertCharge(database, carve)).toThrow("carve_starts_empty");
    },
  },
  services_numbers_stay: {
    refuses: [
      ["update services set vmid = 10001 where id = 'svc_one'", "vmid_is_fixed"],
      ["update services set vmid = null where id = 'svc_one'", "vmid_is_fixed"],
    ],
    does: (database) => database.exec("update services set vmid = 10001 where id = 'svc_two'"),
  },
  clusters_numbers_grow: { refuses: [["update clusters set vmid_next = 9999", "vmid_counter_went_back"]] },
  operations_one_at_a_time: {
    does: (database) => {
      expect(() => seedOperation(database, "op_unlocked", "ten_ana", "svc_one", false)).toThrow("service_busy");
      seedOperation(database, "op_first", "ten_ana", "svc_one");
      expect(() => seedOperation(database, "op_second", "ten_ana", "svc_one")).toThrow("service_busy");
    },
  },
  operations_end_once: {
    does: (database) => {
      seedOperation(database, "op_a", "ten_ana", "svc_one");
      database.exec("update operations set ended_at = 1 where id = 'op_a'");
      expect(() => database.exec("update operations set status = 'failed' where id = 'op_a'")).toThrow(
        "operation_has_ended",
      );
      database.exec("update services set operation_id = null where id = 'svc_one'");
    },
  },
  operations_latest_run_writes: {
    does: (database) => {
      seedOperation(database, "op_a", "ten_ana", "svc_one");
      database.exec("update operations set attempt = 3 where id = 'op_a'");
      expect(() => database.exec("update operations set attempt = 2 where id = 'op_a'")).toThrow("run_superseded");
      database.exec("update operations set attempt = 3, status = 'running' where id = 'op_a'");
    },
  },
};

describe("triggers", () => {
  it("are all tried here", () => {
    const rows = freshDatabase().prepare("select name from sqlite_master where type = 'trigger' order by name").all();
    expect(rows.map((row) => row["name"])).toEqual(Object.keys(TRIGGERS).toSorted());
  });

  it.each(Object.entries(TRIGGERS))("%s", (_name, { refuses, does }) => {
    const database = seeded();
    expect(faultsOfSums(database)).toEqual([]);
    for (const [sql, word] of refuses ?? []) {
      expect(() => database.exec(sql)).toThrow(word);
    }
    does?.(database);
    expect(faultsOfSums(database)).toEqual([]);
  });
});

describe("checks and keys", () => {
  it.each([
    [
      "a charge over the limit",
      "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_ana', 'vcpu', 7, 'svc_two', 0)",
      "quota_exceeded",
    ],
    ["a charge grown over the limit", "update charges set amount = 11 where id = 'chg_one'", "quota_exceeded"],
    [
      "a negative charge",
      "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_ana', 'vcpu', -1, 'svc_two', 0)",
      "charges_amount_positive",
    ],
    [
      "a charge of nobody",
      "insert into charges (id, envelope_id, resource, amount, created_at) values ('c', 'env_ana', 'vcpu', 1, 0)",
      "charges_one_holder",
    ],
    [
      "a charge of two",
      "insert into charges (id, envelope_id, resource, amount, service_id, child_envelope_id, created_at) values ('c', 'env_root', 'vcpu', 0, 'svc_two', 'env_ana', 0)",
      "charges_one_holder",
    ],
    [
      "a second charge of a service for a resource",
      "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_ana', 'vcpu', 1, 'svc_one', 0)",
      "UNIQUE",
    ],
    [
      "a second carve of an envelope",
      "insert into charges (id, envelope_id, resource, amount, child_envelope_id, created_at) values ('c', 'env_root', 'vcpu', 0, 'env_ana', 0)",
      "UNIQUE",
    ],
    [
      "a charge without an envelope",
      "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', null, 'vcpu', 1, 'svc_two', 0)",
      "charges.envelope_id",
    ],
    ["a limit below what is used", `update envelopes set "limit" = 3 where id = 'env_ana'`, "quota_exceeded"],
    ["a used that fell below zero", "update envelopes set used = -1 where id = 'env_ana'", "envelopes_used_positive"],
    ["an envelope that is charged, deleted", "delete from envelopes where id = 'env_ana'", "FOREIGN KEY"],
    ["a service that is charged, deleted", "delete from services where id = 'svc_one'", "FOREIGN KEY"],
    [
      "a tenant without anybody above",
      "insert into tenants (id, kind, parent_id, name, slug, created_at) values ('t', 'tenant', null, 'T', 't', 0)",
      "tenants_root",
    ],
    ["a number used twice on a cluster", "update services set vmid = 10000 where id = 'svc_two'", "UNIQUE"],
    [
      "a role that is none",
      "insert into members (tenant_id, user_id, role, created_at) values ('ten_ana', 'usr_a', 'admin', 0)",
      "members_role",
    ],
  ])("refuse %s", (_what, sql, word) => {
    const database = seeded();
    expect(() => database.exec(sql)).toThrow(word);
    expect(faultsOfSums(database)).toEqual([]);
    expect(envelopeRow(database, "env_ana")).toEqual({ limit: 10, used: 4 });
  });
});

describe("migrations", () => {
  it.each(MIGRATIONS.map((name, index) => [name, index + 1] as const))(
    "what was there after %s is there after all of them",
    (_name, applied) => {
      const database = freshDatabase(applied);
      seedRoot(database, 100);
      seedChild(database, "ana", "ten_root", "env_root");
      seedService(database, "svc_one", "ten_ana", 10_000);
      database.exec(`update envelopes set "limit" = 10 where id = 'env_ana'`);
      // Before the triggers came, the sums were the writer's own business.
      database.exec("update charges set amount = 10 where id = 'carve_ana'");
      insertCharge(database, { id: "chg_one", envelope: "env_ana", amount: 4, service: "svc_one" });
      database.exec(
        "update envelopes set used = (select coalesce(sum(amount), 0) from charges where envelope_id = envelopes.id)",
      );
      const before = countsOf(database);
      migrate(database, applied);
      const after = countsOf(database);
      const lost = Object.entries(before).filter(([table, count]) => (after[table] ?? 0) < count);
      expect(lost).toEqual([]);
      expect(faultsOfSums(database)).toEqual([]);
      expect(database.prepare("pragma foreign_key_check").all()).toEqual([]);
      expect(() => database.exec("update charges set amount = 11 where id = 'chg_one'")).toThrow("quota_exceeded");
      expect(envelopeRow(database, "env_ana")).toEqual({ limit: 10, used: 4 });
    },
  );
});

function countsOf(database: DatabaseSync): Record<string, number> {
  const tables = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => [
      String(name),
      Number(database.prepare(`select count(*) as n from ${String(name)}`).get()?.["n"]),
    ]),
  );
}
