// What each trigger on tenants, members, operations, clusters and the audit is for.
import type { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { seedBackup, seedOperation, seedSnapshot, seedTenant } from "../harness/ledger-database.ts";
import { all, refuses } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";

export const ON_OTHERS: Record<string, Attempt> = {
  tenants_state_holds_below: (database) => {
    const ids = ["ten_rita", "ten_ana"];
    const held = () => ids.map((id) => heldBy(database, id));
    database.exec("update tenants set status = 'suspended' where id = 'ten_rita'");
    expect(held()).toEqual(["ten_rita", "ten_rita"]);
    database.exec("update tenants set status = 'suspended' where id = 'ten_ana'");
    expect(held()).toEqual(["ten_rita", "ten_ana"]);
    database.exec("update tenants set status = 'active' where id = 'ten_rita'");
    expect(held()).toEqual([null, "ten_ana"]);
    database.exec("update tenants set status = 'active' where id = 'ten_ana'");
    expect(held()).toEqual([null, null]);
  },
  tenants_start_held: (database) => {
    database.exec(
      "insert into tenants (id, kind, parent_id, name, slug, status, created_at) values ('ten_new', 'tenant', 'ten_rita', 'N', 'n', 'pending', 0)",
    );
    expect(heldBy(database, "ten_new")).toBe("ten_new");
  },
  operations_not_while_held: (database) => {
    database.exec("update tenants set status = 'suspended' where id = 'ten_rita'");
    expect(() => seedOperation(database, "op_a", "ten_ana", "svc_one")).toThrow("tenant_suspended");
    database.exec("update services set operation_id = null where id = 'svc_one'");
    seedOperation(database, "op_b", "ten_ana", "svc_one", { kind: "stop" });
  },
  tenants_not_below_held: (database) => {
    database.exec("update tenants set status = 'suspended' where id = 'ten_rita'");
    expect(() => seedTenant(database, "new", "ten_rita")).toThrow("tenant_suspended");
  },
  tenants_below_resellers_only: (database) => {
    expect(() => seedTenant(database, "new", "ten_ana")).toThrow("tenant_has_no_children");
    // Its own parent: a circle, which a foreign key would take.
    expect(() => seedTenant(database, "new", "ten_new")).toThrow("tenant_has_no_children");
  },
  tenants_stay_put: refuses(
    "tenant_is_fixed",
    "update tenants set parent_id = 'ten_root' where id = 'ten_ana'",
    "update tenants set kind = 'reseller' where id = 'ten_ana'",
    "update tenants set slug = 'other' where id = 'ten_ana'",
  ),
  tenants_end_empty: (database) => {
    refuses("tenant_not_empty", "update tenants set status = 'deleted' where id = 'ten_ana'")(database);
    seedTenant(database, "bob", "ten_root", "reseller");
    seedTenant(database, "carl", "ten_bob");
    refuses("tenant_not_empty", "update tenants set status = 'deleted' where id = 'ten_bob'")(database);
    database.exec(
      "update tenants set status = 'deleted' where id = 'ten_carl'; update tenants set status = 'deleted' where id = 'ten_bob'",
    );
    seedTenant(database, "dora", "ten_root");
    database.exec(
      "insert into identities (tenant_id, cluster_id, pool, token_id, token_secret_sealed, created_at) values ('ten_dora', 'clu_a', 'p', 't', 's', 0)",
    );
    refuses("tenant_not_empty", "update tenants set status = 'deleted' where id = 'ten_dora'")(database);
  },
  members_keep_an_owner_leaving: (database) => {
    addMembers(database);
    refuses(
      "last_owner",
      "delete from members where user_id = 'usr_a'",
      "delete from users where id = 'usr_a'",
    )(database);
    database.exec(
      "update members set role = 'owner' where user_id = 'usr_b'; delete from members where user_id = 'usr_a'",
    );
  },
  members_keep_an_owner_changing: (database) => {
    addMembers(database);
    refuses("last_owner", "update members set role = 'viewer' where user_id = 'usr_a'")(database);
    database.exec(
      "update members set role = 'owner' where user_id = 'usr_b'; update members set role = 'viewer' where user_id = 'usr_a'",
    );
  },
  members_keep_an_owner_replaced: (database) => {
    addMembers(database);
    refuses(
      "last_owner",
      "insert or replace into members (tenant_id, user_id, role, created_at) values ('ten_ana', 'usr_a', 'viewer', 0)",
    )(database);
  },
  members_stay_put: all(
    (database) => addMembers(database),
    refuses("member_is_fixed", "update members set tenant_id = 'ten_rita' where user_id = 'usr_a'"),
  ),
  audit_only_grows_changed: all(
    (database) => addEntry(database, 1, ""),
    refuses("audit_is_append_only", "update audit_entries set action = 'other'"),
  ),
  audit_only_grows_removed: all(
    (database) => addEntry(database, 1, ""),
    refuses("audit_is_append_only", "delete from audit_entries"),
  ),
  audit_only_grows_replaced: (database) => {
    addEntry(database, 1, "");
    expect(() => addEntry(database, 2, "h1", "or replace", "aud_1")).toThrow("audit_is_append_only");
  },
  audit_is_chained: (database) => {
    addEntry(database, 1, "");
    expect(() => addEntry(database, 3, "h1")).toThrow("audit_chain_moved");
    expect(() => addEntry(database, 2, "h0")).toThrow("audit_chain_moved");
    addEntry(database, 2, "h1");
  },
  clusters_numbers_grow: refuses("vmid_counter_went_back", "update clusters set vmid_next = 9999"),
  operations_one_at_a_time: (database) => {
    expect(() => seedOperation(database, "op_a", "ten_ana", "svc_one", { locked: false })).toThrow("service_busy");
    seedOperation(database, "op_b", "ten_ana", "svc_one");
    expect(() => seedOperation(database, "op_c", "ten_ana", "svc_one")).toThrow("service_busy");
  },
  operations_hold_their_source: (database) => {
    expect(() =>
      seedOperation(database, "op_a", "ten_ana", "svc_two", { kind: "clone", facts: { sourceId: "svc_one" } }),
    ).toThrow("service_busy");
    database.exec("update services set operation_id = 'op_a' where id = 'svc_one'");
    seedOperation(database, "op_a", "ten_ana", "svc_two", { kind: "clone", facts: { sourceId: "svc_one" } });
  },
  operations_hold_their_backup: (database) => {
    seedBackup(database, "bak_one");
    const facts = { backupId: "bak_one" };
    const refused = (id: string, more: { kind: string; facts: Record<string, string> }) => {
      expect(() => seedOperation(database, id, "ten_ana", "svc_one", more)).toThrow("backup_in_use");
      database.exec("update services set operation_id = null where id = 'svc_one'");
    };
    for (const kind of ["backup", "backup_delete", "restore", "restore_over"]) refused(`op_${kind}`, { kind, facts });
    database.exec("update backups set operation_id = 'op_a' where id = 'bak_one'");
    // Holding one is no leave to use another.
    refused("op_a", { kind: "restore_over", facts: { backupId: "bak_two" } });
    seedOperation(database, "op_a", "ten_ana", "svc_one", { kind: "restore", facts });
  },
  operations_spare_snapshots: (database) => {
    seedSnapshot(database, "snp_one");
    seedBackup(database, "bak_one");
    for (const kind of ["rebuild", "restore_over"]) {
      const attempt = () =>
        seedOperation(database, `op_${kind}`, "ten_ana", "svc_one", { kind, facts: { backupId: "bak_one" } });
      database.exec(`update backups set operation_id = 'op_${kind}'`);
      expect(attempt).toThrow("snapshots_exist");
      database.exec("update services set operation_id = null where id = 'svc_one'");
    }
    database.exec("delete from snapshots where id = 'snp_one'");
    seedOperation(database, "op_a", "ten_ana", "svc_one", { kind: "rebuild" });
  },
  quota_requests_decide_once: (database) => {
    database.exec(
      "insert into quota_requests (id, tenant_id, parent_id, wanted, message, asked_by, asker_name, created_at) values ('q', 'ten_ana', 'ten_rita', '{}', '', 'u', 'U', 0)",
    );
    database.exec("update quota_requests set seen_at = 1; update quota_requests set status = 'approved'");
    refuses("request_decided", "update quota_requests set status = 'declined'")(database);
  },
  operations_end_once: (database) => {
    seedOperation(database, "op_a", "ten_ana", "svc_one");
    database.exec(
      "update operations set status = 'succeeded', ended_at = 1 where id = 'op_a'; update services set operation_id = null",
    );
    refuses("operation_has_ended", "update operations set status = 'failed' where id = 'op_a'")(database);
  },
  operations_latest_run_writes: (database) => {
    seedOperation(database, "op_a", "ten_ana", "svc_one");
    database.exec("update operations set attempt = 3 where id = 'op_a'");
    refuses("run_superseded", "update operations set attempt = 2 where id = 'op_a'")(database);
    database.exec("update operations set attempt = 3, status = 'running' where id = 'op_a'");
  },
};

const heldBy = (database: DatabaseSync, id: string) =>
  database.prepare("select held_by as held from tenants where id = ?").get(id)?.["held"];

function addMembers(database: DatabaseSync): void {
  database.exec(
    "insert into members (tenant_id, user_id, role, created_at) values ('ten_ana', 'usr_a', 'owner', 0), ('ten_ana', 'usr_b', 'viewer', 0)",
  );
}

function addEntry(database: DatabaseSync, seq: number, before: string, policy = "", id = `aud_${seq}`): void {
  database
    .prepare(
      `insert ${policy} into audit_entries (id, chain, seq, at, actor_kind, actor_id, actor_name, action, outcome, request_id, prev_hash, hash)
       values (?, 'ten_ana', ?, 0, 'person', 'usr_a', 'Ana', 'x', 'done', 'req', ?, ?)`,
    )
    .run(id, seq, before, `h${seq}`);
}
