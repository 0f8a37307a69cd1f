// What each trigger on services, snapshots and backups is for: writes that it refuses, or what it does by itself.
import { expect } from "vitest";
import { seedBackup, seedSnapshot } from "../harness/ledger-database.ts";
import { all, refuses, used, withSharer } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";

export const ON_HOLDERS: Record<string, Attempt> = {
  services_start_creating: (database) => {
    const insert = (state: string, vmid: string) =>
      `insert into services (id, tenant_id, cluster_id, template_id, kind, name, state, cores, memory_mib, disk_gib, vmid, login_user, ssh_keys, created_at)
       values ('svc_new', 'ten_ana', 'clu_a', 'tpl_a', 'vm', 'new', '${state}', 1, 128, 1, ${vmid}, 'ana', '', 0)`;
    refuses("service_starts_creating", insert("ready", "null"), insert("creating", "10009"))(database);
  },
  services_stay_put: refuses(
    "service_is_fixed",
    "update services set tenant_id = 'ten_rita' where id = 'svc_one'",
    "update services set id = 'other' where id = 'svc_one'",
  ),
  services_stay_deleted: (database) => {
    database.exec("update services set state = 'deleted', deleted_at = 1 where id = 'svc_two'");
    refuses("service_is_gone", "update services set state = 'creating' where id = 'svc_two'")(database);
  },
  services_size_is_charged: (database) => {
    database.exec("update services set cores = 5, memory_mib = 2048, disk_gib = 20 where id = 'svc_one'");
    expect(["vcpu", "memoryMiB", "diskGiB"].map((resource) => used(database, `env_ana_${resource}`))).toEqual([
      7, 2_560, 25,
    ]);
  },
  services_end_gives_back: (database) => {
    seedSnapshot(database, "one");
    database.exec("update snapshots set state = 'ready' where id = 'one'");
    database.exec("update services set state = 'deleting' where id = 'svc_one'");
    expect(used(database, "env_ana_vcpu")).toBe(6);
    database.exec("update services set state = 'deleted', deleted_at = 1 where id = 'svc_one'");
    expect([used(database, "env_ana_vcpu"), used(database, "env_ana_snapshots")]).toEqual([2, 0]);
    expect(database.prepare("select count(*) as n from snapshots").get()?.["n"]).toBe(0);
  },
  services_number_needs_charges: (database) => {
    withSharer(database);
    refuses("service_not_charged", "update services set vmid = 10005 where id = 'svc_sam'")(database);
    database.exec("update services set state = 'failed' where id = 'svc_sam'");
  },
  services_ready_needs_charges: (database) => {
    withSharer(database);
    refuses("service_not_charged", "update services set state = 'ready' where id = 'svc_sam'")(database);
    database.exec("update services set state = 'failed' where id = 'svc_sam'");
    refuses("service_not_charged", "update services set state = 'ready' where id = 'svc_sam'")(database);
  },
  services_numbers_stay: all(
    refuses(
      "vmid_is_fixed",
      "update services set vmid = 10001 where id = 'svc_one'",
      "update services set vmid = null where id = 'svc_one'",
    ),
    (database) => database.exec("update services set vmid = 10001 where id = 'svc_two'"),
  ),
  snapshots_start_creating: refuses(
    "snapshot_starts_creating",
    "insert into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at) values ('s', 'ten_ana', 'svc_one', 's', '', 0, 'ready', 0)",
    "insert into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at) values ('s', 'ten_rita', 'svc_one', 's', '', 0, 'creating', 0)",
  ),
  snapshots_are_not_replaced: all(
    (database) => seedSnapshot(database, "one"),
    refuses(
      "snapshots.name",
      "insert or replace into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at) values ('two', 'ten_ana', 'svc_one', 'one', '', 0, 'creating', 0)",
      "insert or replace into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at) values ('one', 'ten_ana', 'svc_one', 'two', '', 0, 'creating', 0)",
    ),
  ),
  snapshots_stay_put: all(
    (database) => seedSnapshot(database, "one"),
    refuses(
      "snapshot_is_fixed",
      "update snapshots set service_id = 'svc_two' where id = 'one'",
      "update snapshots set tenant_id = 'ten_rita' where id = 'one'",
      "update snapshots set name = 'other' where id = 'one'",
    ),
  ),
  snapshots_ready_needs_charge: (database) => {
    database.exec(
      "insert into snapshots (id, tenant_id, service_id, name, description, with_memory, state, created_at) values ('s', 'ten_ana', 'svc_one', 's', '', 0, 'creating', 0)",
    );
    refuses("snapshot_not_charged", "update snapshots set state = 'ready' where id = 's'")(database);
    database.exec("delete from snapshots where id = 's'");
  },
  snapshots_ready_stay: (database) => {
    seedSnapshot(database, "one");
    database.exec("update snapshots set state = 'ready' where id = 'one'");
    refuses("snapshot_in_use", "delete from snapshots where id = 'one'")(database);
    database.exec("update snapshots set state = 'deleting' where id = 'one'; delete from snapshots where id = 'one'");
    expect(used(database, "env_ana_snapshots")).toBe(0);
  },
  backups_start_creating: refuses(
    "backup_starts_creating",
    "insert into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at) values ('b', 'ten_ana', 'svc_one', 'clu_a', 'n', 's', 1, 1, 1, 1, '', 0, 'ready', 0)",
    "insert into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at) values ('b', 'ten_rita', 'svc_one', 'clu_a', 'n', 's', 1, 1, 1, 1, '', 0, 'creating', 0)",
  ),
  backups_are_not_replaced: all(
    (database) => seedBackup(database, "bak_one"),
    refuses(
      "backups.volid",
      "insert or replace into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at) values ('bak_one', 'ten_ana', 'svc_one', 'clu_a', 'n', 's', 1, 1, 1, 1, '', 0, 'creating', 0)",
    ),
  ),
  backups_stay_put: all(
    (database) => seedBackup(database, "bak_one"),
    refuses(
      "backup_is_fixed",
      "update backups set service_id = 'svc_two' where id = 'bak_one'",
      "update backups set tenant_id = 'ten_rita' where id = 'bak_one'",
      "update backups set id = 'other' where id = 'bak_one'",
    ),
  ),
  backups_volumes_differ: (database) => {
    seedBackup(database, "bak_one");
    seedBackup(database, "bak_two");
    database.exec("update backups set volid = 'local:backup/a' where id = 'bak_one'");
    refuses("backups.volid", "update or replace backups set volid = 'local:backup/a' where id = 'bak_two'")(database);
    expect(used(database, "env_ana_backups")).toBe(2);
  },
  backups_ready_needs_charges: (database) => {
    database.exec(
      "insert into backups (id, tenant_id, service_id, cluster_id, node, storage, charged_gib, cores, memory_mib, disk_gib, notes, protected, state, created_at) values ('b', 'ten_ana', 'svc_one', 'clu_a', 'n', 's', 1, 1, 1, 1, '', 0, 'creating', 0)",
    );
    refuses("backup_not_charged", "update backups set state = 'ready' where id = 'b'")(database);
    database.exec("delete from backups where id = 'b'");
  },
  backups_size_is_charged: (database) => {
    seedBackup(database, "bak_one");
    database.exec("update backups set charged_gib = 3, state = 'ready' where id = 'bak_one'");
    expect(used(database, "env_ana_backupGiB")).toBe(3);
    refuses("quota_exceeded", "update or ignore backups set charged_gib = 31 where id = 'bak_one'")(database);
  },
  backups_ready_stay: (database) => {
    seedBackup(database, "bak_one");
    database.exec("update backups set state = 'ready' where id = 'bak_one'");
    refuses("backup_in_use", "delete from backups where id = 'bak_one'")(database);
    database.exec(
      "update backups set state = 'deleting' where id = 'bak_one'; delete from backups where id = 'bak_one'",
    );
    expect([used(database, "env_ana_backups"), used(database, "env_ana_backupGiB")]).toEqual([0, 0]);
  },
};
