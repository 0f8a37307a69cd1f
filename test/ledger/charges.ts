// What each trigger on charges, envelopes and the capacity is for: writes that it refuses, or what it does by itself.
import { expect } from "vitest";
import {
  envelopeRow,
  insertCharge,
  seedBackup,
  seedCarve,
  seedEnvelope,
  seedService,
  seedSnapshot,
  seedTenant,
} from "../harness/ledger-database.ts";
import { all, insertOf, refuses, used, withSharer } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";

export const ON_CHARGES: Record<string, Attempt> = {
  charges_insert_matches: (database) => {
    seedSnapshot(database, "one");
    seedBackup(database, "bak_one");
    seedTenant(database, "bob", "ten_rita");
    seedEnvelope(database, "ten_bob", "env_bob", "diskGiB");
    refuses(
      "charge_resource_mismatch",
      insertOf("envelope_id, resource, amount, service_id", "'env_ana_snapshots', 'snapshots', 1, 'svc_two'"),
      insertOf("envelope_id, resource, amount, snapshot_id", "'env_ana_vcpu', 'vcpu', 1, 'one'"),
      insertOf("envelope_id, resource, amount, backup_id", "'env_ana_vcpu', 'vcpu', 10, 'bak_one'"),
      insertOf("envelope_id, resource, amount, child_envelope_id", "'env_rita_vcpu', 'vcpu', 0, 'env_bob'"),
    )(database);
    database.exec("delete from envelopes where id = 'env_bob'");
  },
  charges_are_not_replaced: all(
    (database) => seedTenant(database, "bob", "ten_rita"),
    (database) => seedCarve(database, "bob", "env_rita_vcpu", "vcpu", 0),
    (database) => seedService(database, { id: "svc_bob", tenant: "ten_bob" }),
    (database) => seedSnapshot(database, "one"),
    (database) => seedBackup(database, "bak_one"),
    refuses(
      "charged_already",
      "insert or replace into charges (id, envelope_id, resource, amount, service_id, created_at) values ('other', 'env_ana_vcpu', 'vcpu', 4, 'svc_one', 0)",
      "insert or replace into charges (id, envelope_id, resource, amount, snapshot_id, created_at) values ('other', 'env_ana_snapshots', 'snapshots', 1, 'one', 0)",
      "insert or replace into charges (id, envelope_id, resource, amount, backup_id, created_at) values ('other', 'env_ana_backups', 'backups', 1, 'bak_one', 0)",
      "insert or replace into charges (id, envelope_id, resource, amount, child_envelope_id, created_at) values ('other', 'env_rita_vcpu', 'vcpu', 0, 'env_bob_vcpu', 0)",
      "insert or replace into charges (id, envelope_id, resource, amount, service_id, created_at) values ('chg_svc_one_diskGiB', 'env_rita_diskGiB', 'diskGiB', 1, 'svc_bob', 0)",
    ),
    (database) => database.exec("update services set state = 'failed' where id = 'svc_bob'"),
  ),
  charges_insert_falls_near: (database) => {
    withSharer(database);
    refuses(
      "charge_misplaced",
      // On the envelope of the tenant next door, and on one above the nearest.
      insertOf("envelope_id, resource, amount, service_id", "'env_ana_vcpu', 'vcpu', 1, 'svc_sam'"),
      insertOf("envelope_id, resource, amount, service_id", "'env_root_vcpu', 'vcpu', 1, 'svc_sam'"),
    )(database);
    seedEnvelope(database, "ten_sam", "env_sam", "vcpu");
    refuses(
      "charge_misplaced",
      insertOf("envelope_id, resource, amount, child_envelope_id", "'env_root_vcpu', 'vcpu', 0, 'env_sam'"),
    )(database);
    database.exec("delete from envelopes where id = 'env_sam'; delete from services where id = 'svc_sam'");
  },
  charges_insert_equals_size: (database) => {
    withSharer(database);
    refuses(
      "charge_differs_from_size",
      insertOf("envelope_id, resource, amount, service_id", "'env_rita_vcpu', 'vcpu', 2, 'svc_sam'"),
      insertOf("envelope_id, resource, amount, service_id", "'env_rita_memoryMiB', 'memoryMiB', 0, 'svc_sam'"),
      insertOf("envelope_id, resource, amount, service_id", "'env_rita_diskGiB', 'diskGiB', 0, 'svc_sam'"),
      insertOf("envelope_id, resource, amount, service_id", "'env_rita_services', 'services', 0, 'svc_sam'"),
    )(database);
    database.exec("update services set state = 'failed' where id = 'svc_sam'");
    // One that has failed holds nothing.
    refuses(
      "charge_differs_from_size",
      insertOf("envelope_id, resource, amount, service_id", "'env_rita_vcpu', 'vcpu', 1, 'svc_sam'"),
    )(database);
  },
  charges_insert_takes: (database) => {
    withSharer(database);
    database.exec("update services set cores = 20 where id = 'svc_sam'");
    insertCharge(database, { id: "c", envelope: "env_rita_vcpu", amount: 20, service: "svc_sam" });
    expect(envelopeRow(database, "env_rita_vcpu")).toEqual({ limit: 30, used: 30 });
    seedService(database, { id: "svc_more", tenant: "ten_sam" });
    const more =
      "insert or ignore into charges (id, envelope_id, resource, amount, service_id, created_at) values ('d', 'env_rita_vcpu', 'vcpu', 1, 'svc_more', 0)";
    refuses("quota_exceeded", more, more.replace("or ignore", ""), more.replace("ignore", "fail"))(database);
    database.exec("update services set state = 'failed' where tenant_id = 'ten_sam'");
  },
  charges_delete_gives_back: (database) => {
    database.exec("update services set state = 'failed' where id = 'svc_two'");
    expect(used(database, "env_ana_vcpu")).toBe(4);
    expect(used(database, "env_ana_services")).toBe(1);
  },
  charges_amount_follows: (database) => {
    database.exec("update services set cores = 8 where id = 'svc_one'");
    expect(used(database, "env_ana_vcpu")).toBe(10);
    refuses("quota_exceeded", "update or ignore services set cores = 9 where id = 'svc_one'")(database);
    database.exec("update services set cores = 1 where id = 'svc_one'");
    expect(used(database, "env_ana_vcpu")).toBe(3);
  },
  charges_amount_equals_size: all(
    (database) => seedSnapshot(database, "one"),
    (database) => seedBackup(database, "bak_one"),
    refuses(
      "charge_differs_from_size",
      "update charges set amount = 3 where id = 'chg_svc_one_vcpu'",
      "update charges set amount = 2 where id = 'chg_svc_one_services'",
      "update charges set amount = 0 where id = 'chg_one'",
      "update charges set amount = 11 where id = 'chg_bak_one_backupGiB'",
      "update charges set amount = 2 where id = 'chg_bak_one_backups'",
    ),
  ),
  charges_stay_put: refuses(
    "charge_is_fixed",
    "update charges set resource = 'diskGiB' where id = 'chg_svc_one_vcpu'",
    "update charges set service_id = 'svc_two' where id = 'chg_svc_one_vcpu'",
    "update charges set child_envelope_id = null, service_id = 'svc_two' where id = 'carve_ana_vcpu'",
    "update charges set id = 'other' where id = 'chg_svc_one_vcpu'",
  ),
  charges_move_between_neighbours: (database) => {
    seedTenant(database, "bob", "ten_rita");
    seedCarve(database, "bob", "env_rita_vcpu", "vcpu", 8);
    refuses(
      "charge_is_fixed",
      "update charges set envelope_id = 'env_bob_vcpu' where id = 'chg_svc_one_vcpu'",
      "update charges set envelope_id = 'env_root_vcpu' where id = 'chg_svc_one_vcpu'",
      "update charges set envelope_id = 'env_ana_vcpu' where id = 'carve_ana_vcpu'",
      "update charges set envelope_id = 'env_rita_vcpu', amount = 5 where id = 'chg_svc_one_vcpu'",
    )(database);
  },
  charges_move_takes_along: (database) => {
    database.exec("update charges set envelope_id = 'env_rita_vcpu' where envelope_id = 'env_ana_vcpu'");
    expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 4, used: 0 });
    expect(envelopeRow(database, "env_rita_vcpu")).toEqual({ limit: 30, used: 10 });
    database.exec(
      "update charges set envelope_id = 'env_ana_vcpu' where service_id is not null and envelope_id = 'env_rita_vcpu'",
    );
    expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 10, used: 6 });
    expect(envelopeRow(database, "env_rita_vcpu")).toEqual({ limit: 30, used: 10 });
  },
  charges_of_the_living_stay: all(
    (database) => seedSnapshot(database, "one"),
    (database) => seedBackup(database, "bak_one"),
    refuses(
      "charge_in_use",
      "delete from charges where id = 'chg_svc_one_vcpu'",
      "delete from charges where id = 'chg_svc_two_services'",
      "delete from charges where id = 'chg_one'",
      "delete from charges where id = 'chg_bak_one_backups'",
    ),
  ),
  carves_stay: refuses("carve_in_use", "delete from charges where id = 'carve_ana_vcpu'"),
  carves_match: refuses("carve_differs_from_limit", "update charges set amount = 12 where id = 'carve_ana_vcpu'"),
  carves_insert_empty: (database) => {
    seedTenant(database, "bob", "ten_rita");
    seedEnvelope(database, "ten_bob", "env_bob_vcpu", "vcpu");
    refuses(
      "carve_starts_empty",
      insertOf("envelope_id, resource, amount, child_envelope_id", "'env_rita_vcpu', 'vcpu', 5, 'env_bob_vcpu'"),
    )(database);
    database.exec("delete from envelopes where id = 'env_bob_vcpu'");
  },
  envelopes_start_empty: refuses(
    "envelope_starts_empty",
    `insert into envelopes (id, tenant_id, resource, "limit") values ('e', 'ten_ana', 'publicIps', 5)`,
    `insert into envelopes (id, tenant_id, resource, "limit", used) values ('e', 'ten_root', 'publicIps', 5, 1)`,
  ),
  envelopes_are_carved: (database) => {
    seedEnvelope(database, "ten_ana", "env_loose", "publicIps");
    refuses("envelope_without_carve", `update envelopes set "limit" = 5 where id = 'env_loose'`)(database);
    database.exec("delete from envelopes where id = 'env_loose'");
  },
  envelopes_limit_charges_parent: (database) => {
    expect(used(database, "env_rita_vcpu")).toBe(10);
    database.exec(`update envelopes set "limit" = 30 where id = 'env_ana_vcpu'`);
    expect(used(database, "env_rita_vcpu")).toBe(30);
    refuses("quota_exceeded", `update envelopes set "limit" = 31 where id = 'env_ana_vcpu'`)(database);
    expect(envelopeRow(database, "env_ana_vcpu")).toEqual({ limit: 30, used: 6 });
  },
  envelopes_stay_put: refuses(
    "envelope_is_fixed",
    "update envelopes set tenant_id = 'ten_rita' where id = 'env_ana_vcpu'",
    "update envelopes set resource = 'diskGiB' where id = 'env_ana_vcpu'",
    "update envelopes set id = 'e' where id = 'env_ana_vcpu'",
  ),
  envelopes_used_is_derived: refuses("used_is_derived", "update envelopes set used = 0 where id = 'env_ana_vcpu'"),
  envelopes_reject_is_empty: (database) => {
    refuses(
      "envelope_rejects",
      "update envelopes set mode = 'reject' where id = 'env_ana_backups'",
      "update envelopes set mode = 'share' where id = 'env_ana_backups'",
    )(database);
    database.exec(`update envelopes set mode = 'reject', "limit" = 0 where id = 'env_ana_backups'`);
    refuses("envelope_rejects", `update envelopes set "limit" = 1 where id = 'env_ana_backups'`)(database);
  },
  envelopes_mode_is_known: (database) => {
    seedTenant(database, "bob", "ten_rita");
    refuses(
      "envelope_mode_unknown",
      `insert into envelopes (id, tenant_id, resource, "limit", mode) values ('e', 'ten_bob', 'vcpu', 0, 'share')`,
    )(database);
  },
  envelopes_of_the_deleted: (database) => {
    seedTenant(database, "bob", "ten_rita");
    database.exec("update tenants set status = 'deleted' where id = 'ten_bob'");
    refuses(
      "tenant_is_gone",
      `insert into envelopes (id, tenant_id, resource, "limit") values ('e', 'ten_bob', 'vcpu', 0)`,
    )(database);
  },
  capacity_sets_limit: (database) => {
    database.exec("update capacity set physical = 7, ratio_percent = 250 where resource = 'vcpu'");
    expect(envelopeRow(database, "env_platform_vcpu")).toEqual({ limit: 17, used: 0 });
    seedTenant(database, "own", "ten_platform");
    seedCarve(database, "own", "env_platform_vcpu", "vcpu", 17);
    refuses("quota_exceeded", "update or ignore capacity set ratio_percent = 240 where resource = 'vcpu'")(database);
  },
  capacity_stays: refuses("capacity_is_fixed", "delete from capacity where resource = 'vcpu'"),
  capacity_resources_stay: refuses(
    "capacity_is_fixed",
    "update or replace capacity set resource = 'vcpu' where resource = 'diskGiB'",
  ),
  capacity_is_not_replaced: refuses(
    "capacity_is_fixed",
    "insert or replace into capacity (resource, physical, ratio_percent) values ('vcpu', 1, 100)",
  ),
  envelopes_of_platform_follow_capacity: refuses(
    "limit_differs_from_capacity",
    `update envelopes set "limit" = 5 where id = 'env_platform_vcpu'`,
  ),
};
