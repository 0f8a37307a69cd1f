// The ledger's own honesty: what triggers and checks of the database refuse, each of which the test of it would miss.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { ROOT } from "../lab/stack/stack.ts";
import { faultsIn } from "./harness/invariants.ts";
import { envelopeRow, freshDatabase, MIGRATIONS, migrate, seedTree } from "./harness/ledger-database.ts";
import { ON_CHARGES } from "./ledger/charges.ts";
import { CHECKS } from "./ledger/checks.ts";
import { ON_HOLDERS } from "./ledger/holders.ts";
import { ON_OTHERS } from "./ledger/others.ts";

const CASES = { ...ON_CHARGES, ...ON_HOLDERS, ...ON_OTHERS };

function seeded(): DatabaseSync {
  const database = freshDatabase();
  seedTree(database);
  return database;
}

const namesOf = (type: string) =>
  freshDatabase()
    .prepare("select name, sql from sqlite_master where type = ? order by name")
    .all(type)
    .map((row) => ({ name: String(row["name"]), sql: String(row["sql"]) }));

it("docs/STORAGE.md names every table, trigger and CHECK", () => {
  const text = readFileSync(join(ROOT, "docs/STORAGE.md"), "utf8");
  const tables = namesOf("table").filter(({ name }) => !name.startsWith("sqlite_"));
  const quoted = [...namesOf("trigger").map(({ name }) => name), ...Object.keys(CHECKS)];
  expect(tables.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(text)).map(({ name }) => name)).toEqual([]);
  expect(quoted.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

describe("triggers", () => {
  it("are all tried here", () => {
    expect(namesOf("trigger").map((row) => row.name)).toEqual(Object.keys(CASES).toSorted());
  });

  it.each(Object.entries(CASES))("%s", (name, attempt) => {
    const database = seeded();
    expect(faultsIn(database)).toEqual([]);
    attempt(database);
    expect(faultsIn(database)).toEqual([]);
    // Without the trigger the very same attempt goes wrong: it is this one that holds.
    const without = seeded();
    without.exec(`drop trigger ${name}`);
    expect(() => {
      attempt(without);
      expect(faultsIn(without)).toEqual([]);
    }).toThrow();
  });
});

describe("checks", () => {
  it("are all tried here", () => {
    const found = namesOf("table").flatMap(({ sql }) =>
      [...sql.matchAll(/CONSTRAINT "(\w+)" CHECK/g)].map(([, name]) => name),
    );
    expect(found.toSorted()).toEqual(Object.keys(CHECKS).toSorted());
  });

  it.each(Object.entries(CHECKS))("%s", (name, statements) => {
    for (const sql of statements) {
      const database = seeded();
      expect(() => database.exec(sql)).toThrow(name);
      database.exec("pragma ignore_check_constraints = on");
      expect(() => database.exec(sql)).not.toThrow(name);
    }
  });
});

describe("keys", () => {
  it.each([
    ["an envelope that is charged, deleted", "delete from envelopes where id = 'env_ana_vcpu'", "FOREIGN KEY"],
    [
      "an envelope that is charged, replaced",
      `insert or replace into envelopes (id, tenant_id, resource, "limit") values ('env_ana_vcpu', 'ten_ana', 'vcpu', 0)`,
      "FOREIGN KEY",
    ],
    ["a service that is charged, deleted", "delete from services where id = 'svc_one'", "FOREIGN KEY"],
    [
      "a service that is charged, replaced by one of its name",
      "update or replace services set name = 'svc_one' where id = 'svc_two'",
      "FOREIGN KEY",
    ],
    [
      "a service that is charged, replaced by one of its number",
      "update or replace services set vmid = 10000 where id = 'svc_two'",
      "FOREIGN KEY",
    ],
    ["a number used twice on a cluster", "update services set vmid = 10000 where id = 'svc_two'", "UNIQUE"],
    ["a tenant with envelopes, deleted", "delete from tenants where id = 'ten_ana'", "FOREIGN KEY"],
    [
      "a charge without an envelope",
      "insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', null, 'publicIps', 1, 'svc_two', 0)",
      "charges.envelope_id",
    ],
    [
      "a second open request for more",
      "insert into quota_requests (id, tenant_id, parent_id, wanted, message, asked_by, asker_name, created_at) values ('q1', 'ten_ana', 'ten_rita', '{}', '', 'u', 'U', 0), ('q2', 'ten_ana', 'ten_rita', '{}', '', 'u', 'U', 0)",
      "UNIQUE",
    ],
  ])("refuse %s", (_what, sql, word) => {
    const database = seeded();
    expect(() => database.exec(sql)).toThrow(word);
    expect(faultsIn(database)).toEqual([]);
    expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 10, used: 6 });
  });
});

/** Ways to write that ask SQLite not to refuse: a sum that does not fit is refused all the same, and nothing of it stays. */
describe.each(["ignore", "replace", "fail"])("writing 'or %s'", (policy) => {
  it.each([
    ["a limit above the parent's", `update or ${policy} envelopes set "limit" = 31 where id = 'env_ana_vcpu'`],
    ["a bigger service", `update or ${policy} services set cores = 9 where id = 'svc_one'`],
    [
      "a charge that is there",
      `insert or ${policy} into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_ana_vcpu', 'vcpu', 4, 'svc_one', 0)`,
    ],
    ["less capacity than is handed out", `update or ${policy} capacity set physical = 29 where resource = 'vcpu'`],
  ])("keeps the sums: %s", (_what, sql) => {
    const database = seeded();
    database.exec("update envelopes set \"limit\" = 0 where id = 'env_ana_snapshots'");
    // The platform itself hands out 30, as the root of these tests does.
    database.exec(`insert into tenants (id, kind, parent_id, name, slug, created_at) values ('ten_x', 'tenant', 'ten_platform', 'X', 'x', 0);
      insert into envelopes (id, tenant_id, resource, "limit") values ('env_x', 'ten_x', 'vcpu', 0);
      insert into charges (id, envelope_id, resource, amount, child_envelope_id, created_at) values ('carve_x', 'env_platform_vcpu', 'vcpu', 0, 'env_x', 0);
      update envelopes set "limit" = 30 where id = 'env_x'`);
    expect(() => database.exec(sql)).toThrow(/quota_exceeded|charged_already/);
    expect(faultsIn(database)).toEqual([]);
    expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 10, used: 6 });
  });
});

describe("migrations", () => {
  it.each(MIGRATIONS.map((name, index) => [name, index + 1] as const))(
    "what was there after %s is there after all of them",
    (_name, applied) => {
      const database = freshDatabase(applied);
      seedTree(database);
      if (!hasTriggers(database)) {
        // Then the sums are the writer's own business.
        database.exec(`
          update charges set amount = (select e."limit" from envelopes e where e.id = child_envelope_id) where child_envelope_id is not null;
          update envelopes set used = (select coalesce(sum(amount), 0) from charges where envelope_id = envelopes.id)`);
      }
      const before = contentsOf(database);
      migrate(database, applied);
      expect(lostFrom(before, contentsOf(database))).toEqual([]);
      expect(faultsIn(database)).toEqual([]);
      expect(database.prepare("pragma foreign_key_check").all()).toEqual([]);
      expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 10, used: 6 });
      expect(() => database.exec("update services set cores = 9 where id = 'svc_one'")).toThrow("quota_exceeded");
    },
  );
});

function hasTriggers(database: DatabaseSync): boolean {
  return database.prepare("select 1 from sqlite_master where name = 'charges_insert_takes'").get() !== undefined;
}

type Contents = Record<string, Record<string, unknown>[]>;

function contentsOf(database: DatabaseSync): Contents {
  const tables = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), database.prepare(`select * from ${String(name)}`).all()]),
  );
}

/** Rows that are gone or have another value in a column that was there before. */
function lostFrom(before: Contents, after: Contents): string[] {
  return Object.entries(before).flatMap(([table, rows]) =>
    rows
      .filter(
        (row) => !after[table]?.some((now) => Object.entries(row).every(([column, value]) => now[column] === value)),
      )
      .map((row) => `${table}: ${JSON.stringify(row)}`),
  );
}
