-- What must always hold, kept by the database itself. Names and reasons are in docs/STORAGE.md.
-- Every sum is refused by its trigger and not by a CHECK alone: with `INSERT OR IGNORE` a CHECK would skip the sum and keep the charge.
CREATE TRIGGER charges_insert_matches BEFORE INSERT ON charges
WHEN (SELECT resource FROM envelopes WHERE id = NEW.child_envelope_id) <> NEW.resource
  OR (NEW.service_id IS NOT NULL AND NEW.resource NOT IN ('vcpu', 'memoryMiB', 'diskGiB', 'services', 'publicIps'))
  OR (NEW.snapshot_id IS NOT NULL AND NEW.resource <> 'snapshots')
  OR (NEW.backup_id IS NOT NULL AND NEW.resource NOT IN ('backups', 'backupGiB'))
BEGIN
  SELECT RAISE(ABORT, 'charge_resource_mismatch');
END;
--> statement-breakpoint
-- `INSERT OR REPLACE` removes a row without its triggers, so what is there is never written over.
CREATE TRIGGER charges_are_not_replaced BEFORE INSERT ON charges
WHEN EXISTS (SELECT 1 FROM charges WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM charges WHERE child_envelope_id = NEW.child_envelope_id)
  OR EXISTS (SELECT 1 FROM charges WHERE service_id = NEW.service_id AND resource = NEW.resource)
  OR EXISTS (SELECT 1 FROM charges WHERE snapshot_id = NEW.snapshot_id AND resource = NEW.resource)
  OR EXISTS (SELECT 1 FROM charges WHERE backup_id = NEW.backup_id AND resource = NEW.resource)
BEGIN
  SELECT RAISE(ABORT, 'charged_already');
END;
--> statement-breakpoint
CREATE TRIGGER charges_insert_falls_near BEFORE INSERT ON charges
WHEN NEW.envelope_id IS NOT (
  WITH RECURSIVE up(id, parent_id, depth) AS (
    SELECT id, parent_id, 0 FROM tenants WHERE id = coalesce(
      (SELECT tenant_id FROM services WHERE id = NEW.service_id),
      (SELECT tenant_id FROM snapshots WHERE id = NEW.snapshot_id),
      (SELECT tenant_id FROM backups WHERE id = NEW.backup_id),
      (SELECT t.parent_id FROM envelopes e JOIN tenants t ON t.id = e.tenant_id WHERE e.id = NEW.child_envelope_id))
    UNION ALL SELECT t.id, t.parent_id, up.depth + 1 FROM tenants t JOIN up ON t.id = up.parent_id)
  SELECT e.id FROM up CROSS JOIN envelopes e ON e.tenant_id = up.id AND e.resource = NEW.resource ORDER BY up.depth LIMIT 1)
BEGIN
  SELECT RAISE(ABORT, 'charge_misplaced');
END;
--> statement-breakpoint
CREATE TRIGGER charges_insert_equals_size BEFORE INSERT ON charges
WHEN (NEW.service_id IS NOT NULL AND NEW.resource <> 'publicIps' AND NEW.amount IS NOT (
       SELECT CASE NEW.resource WHEN 'vcpu' THEN cores WHEN 'memoryMiB' THEN memory_mib WHEN 'diskGiB' THEN disk_gib ELSE 1 END
       FROM services WHERE id = NEW.service_id AND state IN ('creating', 'ready', 'deleting')))
  OR (NEW.snapshot_id IS NOT NULL AND NEW.amount <> 1)
  OR (NEW.backup_id IS NOT NULL AND NEW.amount IS NOT (
       SELECT CASE NEW.resource WHEN 'backups' THEN 1 ELSE charged_gib END FROM backups WHERE id = NEW.backup_id))
BEGIN
  SELECT RAISE(ABORT, 'charge_differs_from_size');
END;
--> statement-breakpoint
CREATE TRIGGER charges_insert_takes AFTER INSERT ON charges
BEGIN
  SELECT RAISE(ABORT, 'quota_exceeded') FROM envelopes WHERE id = NEW.envelope_id AND used + NEW.amount > "limit";
  UPDATE envelopes SET used = used + NEW.amount, moves = moves + 1 WHERE id = NEW.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_delete_gives_back AFTER DELETE ON charges
BEGIN
  UPDATE envelopes SET used = used - OLD.amount, moves = moves + 1 WHERE id = OLD.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_amount_follows AFTER UPDATE OF amount ON charges
BEGIN
  SELECT RAISE(ABORT, 'quota_exceeded') FROM envelopes WHERE id = NEW.envelope_id AND used + NEW.amount - OLD.amount > "limit";
  UPDATE envelopes SET used = used + NEW.amount - OLD.amount, moves = moves + 1 WHERE id = NEW.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_amount_equals_size BEFORE UPDATE OF amount ON charges
WHEN (NEW.service_id IS NOT NULL AND NEW.resource <> 'publicIps' AND NEW.amount IS NOT (
       SELECT CASE NEW.resource WHEN 'vcpu' THEN cores WHEN 'memoryMiB' THEN memory_mib WHEN 'diskGiB' THEN disk_gib ELSE 1 END
       FROM services WHERE id = NEW.service_id))
  OR (NEW.snapshot_id IS NOT NULL AND NEW.amount <> 1)
  OR (NEW.backup_id IS NOT NULL AND NEW.amount IS NOT (
       SELECT CASE NEW.resource WHEN 'backups' THEN 1 ELSE charged_gib END FROM backups WHERE id = NEW.backup_id))
BEGIN
  SELECT RAISE(ABORT, 'charge_differs_from_size');
END;
--> statement-breakpoint
CREATE TRIGGER charges_stay_put BEFORE UPDATE OF id, resource, service_id, snapshot_id, backup_id, child_envelope_id ON charges
BEGIN
  SELECT RAISE(ABORT, 'charge_is_fixed');
END;
--> statement-breakpoint
-- A charge moves only between an envelope and the one that it was carved out of, as a tenant starts or stops to share; a carve
-- does not move into its own envelope, and no amount changes on the way.
CREATE TRIGGER charges_move_between_neighbours BEFORE UPDATE OF envelope_id ON charges
WHEN NEW.amount <> OLD.amount
  OR OLD.child_envelope_id IS NEW.envelope_id
  OR NOT EXISTS (
    SELECT 1 FROM charges carve
    WHERE (carve.child_envelope_id = OLD.envelope_id AND carve.envelope_id = NEW.envelope_id)
       OR (carve.child_envelope_id = NEW.envelope_id AND carve.envelope_id = OLD.envelope_id))
BEGIN
  SELECT RAISE(ABORT, 'charge_is_fixed');
END;
--> statement-breakpoint
-- The lower of the two gets or loses as much limit as it gets or loses charges, so that the upper one has the same used as before.
CREATE TRIGGER charges_move_takes_along AFTER UPDATE OF envelope_id ON charges
BEGIN
  UPDATE envelopes SET used = used - OLD.amount, moves = moves + 1 WHERE id = OLD.envelope_id;
  UPDATE envelopes SET "limit" = "limit" - OLD.amount WHERE id = OLD.envelope_id
    AND EXISTS (SELECT 1 FROM charges WHERE child_envelope_id = OLD.envelope_id AND envelope_id = NEW.envelope_id);
  UPDATE envelopes SET "limit" = "limit" + NEW.amount WHERE id = NEW.envelope_id
    AND EXISTS (SELECT 1 FROM charges WHERE child_envelope_id = NEW.envelope_id AND envelope_id = OLD.envelope_id);
  UPDATE envelopes SET used = used + NEW.amount, moves = moves + 1 WHERE id = NEW.envelope_id;
END;
--> statement-breakpoint
-- Those of snapshots and backups go with their row (ON DELETE CASCADE), and not before.
CREATE TRIGGER charges_of_the_living_stay BEFORE DELETE ON charges
WHEN ((SELECT state FROM services WHERE id = OLD.service_id) IN ('creating', 'ready', 'deleting') AND OLD.resource <> 'publicIps')
  OR EXISTS (SELECT 1 FROM snapshots WHERE id = OLD.snapshot_id)
  OR EXISTS (SELECT 1 FROM backups WHERE id = OLD.backup_id)
BEGIN
  SELECT RAISE(ABORT, 'charge_in_use');
END;
--> statement-breakpoint
CREATE TRIGGER carves_stay BEFORE DELETE ON charges
WHEN OLD.child_envelope_id IS NOT NULL AND (SELECT "limit" FROM envelopes WHERE id = OLD.child_envelope_id) <> 0
BEGIN
  SELECT RAISE(ABORT, 'carve_in_use');
END;
--> statement-breakpoint
CREATE TRIGGER carves_match BEFORE UPDATE OF amount ON charges
WHEN OLD.child_envelope_id IS NOT NULL
  AND NEW.amount <> (SELECT "limit" FROM envelopes WHERE id = OLD.child_envelope_id)
BEGIN
  SELECT RAISE(ABORT, 'carve_differs_from_limit');
END;
--> statement-breakpoint
CREATE TRIGGER carves_insert_empty BEFORE INSERT ON charges
WHEN NEW.child_envelope_id IS NOT NULL
  AND (NEW.amount <> 0 OR (SELECT "limit" FROM envelopes WHERE id = NEW.child_envelope_id) <> 0)
BEGIN
  SELECT RAISE(ABORT, 'carve_starts_empty');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_are_carved BEFORE UPDATE OF "limit" ON envelopes
WHEN (SELECT kind FROM tenants WHERE id = NEW.tenant_id) <> 'platform'
  AND NOT EXISTS (SELECT 1 FROM charges WHERE child_envelope_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'envelope_without_carve');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_limit_charges_parent AFTER UPDATE OF "limit" ON envelopes
BEGIN
  UPDATE charges SET amount = NEW."limit" WHERE child_envelope_id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_used_is_derived BEFORE UPDATE OF used ON envelopes
WHEN NEW.used <> OLD.used AND NEW.moves <> OLD.moves + 1
BEGIN
  SELECT RAISE(ABORT, 'used_is_derived');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_reject_is_empty BEFORE UPDATE OF mode, "limit" ON envelopes
WHEN (NEW.mode = 'reject' AND NEW."limit" <> 0) OR NEW.mode NOT IN ('carve', 'reject')
BEGIN
  SELECT RAISE(ABORT, 'envelope_rejects');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_mode_is_known BEFORE INSERT ON envelopes
WHEN NEW.mode NOT IN ('carve', 'reject')
BEGIN
  SELECT RAISE(ABORT, 'envelope_mode_unknown');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_of_the_deleted BEFORE INSERT ON envelopes
WHEN (SELECT status FROM tenants WHERE id = NEW.tenant_id) = 'deleted'
BEGIN
  SELECT RAISE(ABORT, 'tenant_is_gone');
END;
--> statement-breakpoint
CREATE TRIGGER services_start_creating BEFORE INSERT ON services
WHEN NEW.state <> 'creating' OR NEW.vmid IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'service_starts_creating');
END;
--> statement-breakpoint
CREATE TRIGGER services_stay_put BEFORE UPDATE OF id, tenant_id ON services
BEGIN
  SELECT RAISE(ABORT, 'service_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER services_stay_deleted BEFORE UPDATE OF state ON services
WHEN OLD.state = 'deleted' AND NEW.state <> 'deleted'
BEGIN
  SELECT RAISE(ABORT, 'service_is_gone');
END;
--> statement-breakpoint
CREATE TRIGGER services_size_is_charged AFTER UPDATE OF cores, memory_mib, disk_gib ON services
BEGIN
  UPDATE charges SET amount = NEW.cores WHERE service_id = NEW.id AND resource = 'vcpu' AND amount <> NEW.cores;
  UPDATE charges SET amount = NEW.memory_mib WHERE service_id = NEW.id AND resource = 'memoryMiB' AND amount <> NEW.memory_mib;
  UPDATE charges SET amount = NEW.disk_gib WHERE service_id = NEW.id AND resource = 'diskGiB' AND amount <> NEW.disk_gib;
END;
--> statement-breakpoint
-- Where there is no guest any more there are no snapshots of it either.
CREATE TRIGGER services_end_gives_back AFTER UPDATE OF state ON services
WHEN NEW.state IN ('failed', 'deleted') AND OLD.state NOT IN ('failed', 'deleted')
BEGIN
  DELETE FROM snapshots WHERE service_id = NEW.id;
  DELETE FROM charges WHERE service_id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER services_number_needs_charges BEFORE UPDATE OF vmid ON services
WHEN NEW.vmid IS NOT NULL
  AND (SELECT count(*) FROM charges WHERE service_id = NEW.id AND resource IN ('vcpu', 'memoryMiB', 'diskGiB', 'services')) <> 4
BEGIN
  SELECT RAISE(ABORT, 'service_not_charged');
END;
--> statement-breakpoint
CREATE TRIGGER services_ready_needs_charges BEFORE UPDATE OF state ON services
WHEN NEW.state = 'ready'
  AND (SELECT count(*) FROM charges WHERE service_id = NEW.id AND resource IN ('vcpu', 'memoryMiB', 'diskGiB', 'services')) <> 4
BEGIN
  SELECT RAISE(ABORT, 'service_not_charged');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_start_creating BEFORE INSERT ON snapshots
WHEN NEW.state <> 'creating' OR (SELECT tenant_id FROM services WHERE id = NEW.service_id) <> NEW.tenant_id
BEGIN
  SELECT RAISE(ABORT, 'snapshot_starts_creating');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_are_not_replaced BEFORE INSERT ON snapshots
WHEN EXISTS (SELECT 1 FROM snapshots WHERE id = NEW.id OR (service_id = NEW.service_id AND name = NEW.name))
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: snapshots.service_id, snapshots.name');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_stay_put BEFORE UPDATE OF id, tenant_id, service_id, name ON snapshots
BEGIN
  SELECT RAISE(ABORT, 'snapshot_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_ready_needs_charge BEFORE UPDATE OF state ON snapshots
WHEN NEW.state = 'ready' AND NOT EXISTS (SELECT 1 FROM charges WHERE snapshot_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'snapshot_not_charged');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_ready_stay BEFORE DELETE ON snapshots
WHEN OLD.state = 'ready' AND (SELECT state FROM services WHERE id = OLD.service_id) NOT IN ('deleting', 'failed', 'deleted')
BEGIN
  SELECT RAISE(ABORT, 'snapshot_in_use');
END;
--> statement-breakpoint
CREATE TRIGGER backups_start_creating BEFORE INSERT ON backups
WHEN NEW.state <> 'creating' OR (SELECT tenant_id FROM services WHERE id = NEW.service_id) <> NEW.tenant_id
BEGIN
  SELECT RAISE(ABORT, 'backup_starts_creating');
END;
--> statement-breakpoint
CREATE TRIGGER backups_are_not_replaced BEFORE INSERT ON backups
WHEN EXISTS (SELECT 1 FROM backups WHERE id = NEW.id OR (cluster_id = NEW.cluster_id AND volid = NEW.volid))
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: backups.cluster_id, backups.volid');
END;
--> statement-breakpoint
CREATE TRIGGER backups_stay_put BEFORE UPDATE OF id, tenant_id, service_id, cluster_id ON backups
BEGIN
  SELECT RAISE(ABORT, 'backup_is_fixed');
END;
--> statement-breakpoint
-- A volume that another backup stands for would remove that backup under `UPDATE OR REPLACE`.
CREATE TRIGGER backups_volumes_differ BEFORE UPDATE OF volid ON backups
WHEN EXISTS (SELECT 1 FROM backups WHERE cluster_id = NEW.cluster_id AND volid = NEW.volid AND id <> NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: backups.cluster_id, backups.volid');
END;
--> statement-breakpoint
CREATE TRIGGER backups_ready_needs_charges BEFORE UPDATE OF state ON backups
WHEN NEW.state = 'ready' AND (SELECT count(*) FROM charges WHERE backup_id = NEW.id) <> 2
BEGIN
  SELECT RAISE(ABORT, 'backup_not_charged');
END;
--> statement-breakpoint
CREATE TRIGGER backups_size_is_charged AFTER UPDATE OF charged_gib ON backups
BEGIN
  UPDATE charges SET amount = NEW.charged_gib WHERE backup_id = NEW.id AND resource = 'backupGiB' AND amount <> NEW.charged_gib;
END;
--> statement-breakpoint
CREATE TRIGGER backups_ready_stay BEFORE DELETE ON backups
WHEN OLD.state = 'ready'
BEGIN
  SELECT RAISE(ABORT, 'backup_in_use');
END;
--> statement-breakpoint
-- What the platform hands out is what its clusters have, times the overcommit.
CREATE TRIGGER capacity_sets_limit AFTER UPDATE OF physical, ratio_percent ON capacity
BEGIN
  SELECT RAISE(ABORT, 'quota_exceeded') FROM envelopes
    WHERE tenant_id = 'ten_platform' AND resource = NEW.resource AND used > NEW.physical * NEW.ratio_percent / 100;
  UPDATE envelopes SET "limit" = NEW.physical * NEW.ratio_percent / 100
    WHERE tenant_id = 'ten_platform' AND resource = NEW.resource AND "limit" <> NEW.physical * NEW.ratio_percent / 100;
END;
--> statement-breakpoint
CREATE TRIGGER capacity_stays BEFORE DELETE ON capacity
BEGIN
  SELECT RAISE(ABORT, 'capacity_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER capacity_resources_stay BEFORE UPDATE OF resource ON capacity
BEGIN
  SELECT RAISE(ABORT, 'capacity_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER capacity_is_not_replaced BEFORE INSERT ON capacity
WHEN EXISTS (SELECT 1 FROM capacity WHERE resource = NEW.resource)
BEGIN
  SELECT RAISE(ABORT, 'capacity_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_of_platform_follow_capacity BEFORE UPDATE OF "limit" ON envelopes
WHEN NEW.tenant_id = 'ten_platform'
  AND NEW."limit" <> (SELECT physical * ratio_percent / 100 FROM capacity WHERE resource = NEW.resource)
BEGIN
  SELECT RAISE(ABORT, 'limit_differs_from_capacity');
END;
--> statement-breakpoint
-- Who is held follows from the states of the tenants at and above; nobody else's word counts.
CREATE TRIGGER tenants_state_holds_below AFTER UPDATE OF status ON tenants
BEGIN
  UPDATE tenants SET held_by = (
    WITH RECURSIVE up(id, parent_id, status, depth) AS (
      SELECT t.id, t.parent_id, t.status, 0 FROM tenants t WHERE t.id = tenants.id
      UNION ALL SELECT t.id, t.parent_id, t.status, up.depth + 1 FROM tenants t JOIN up ON t.id = up.parent_id)
    SELECT id FROM up WHERE status <> 'active' ORDER BY depth LIMIT 1)
  WHERE id IN (
    WITH RECURSIVE below(id) AS (
      SELECT NEW.id UNION ALL SELECT t.id FROM below CROSS JOIN tenants t ON t.parent_id = below.id)
    SELECT id FROM below);
END;
--> statement-breakpoint
CREATE TRIGGER tenants_start_held AFTER INSERT ON tenants
WHEN NEW.held_by IS NOT CASE NEW.status WHEN 'active' THEN NULL ELSE NEW.id END
BEGIN
  UPDATE tenants SET held_by = CASE NEW.status WHEN 'active' THEN NULL ELSE NEW.id END WHERE id = NEW.id;
END;
--> statement-breakpoint
-- An operation holds its service; a deletion of a backup holds that alone, since it outlives its service.
DROP TRIGGER operations_one_at_a_time;
--> statement-breakpoint
CREATE TRIGGER operations_one_at_a_time BEFORE INSERT ON operations
WHEN NEW.kind <> 'backup_delete' AND (SELECT operation_id FROM services WHERE id = NEW.service_id) IS NOT NEW.id
BEGIN
  SELECT RAISE(ABORT, 'service_busy');
END;
--> statement-breakpoint
-- A clone holds what it copies as well: it is charged for what the original has.
CREATE TRIGGER operations_hold_their_source BEFORE INSERT ON operations
WHEN NEW.kind = 'clone' AND (SELECT operation_id FROM services WHERE id = json_extract(NEW.facts, '$.sourceId')) IS NOT NEW.id
BEGIN
  SELECT RAISE(ABORT, 'service_busy');
END;
--> statement-breakpoint
CREATE TRIGGER operations_hold_their_backup BEFORE INSERT ON operations
WHEN NEW.kind IN ('backup', 'backup_delete', 'restore') AND NOT EXISTS (SELECT 1 FROM backups WHERE operation_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'backup_in_use');
END;
--> statement-breakpoint
-- While a tenant is held, only what takes nothing and frees something is begun.
CREATE TRIGGER operations_not_while_held BEFORE INSERT ON operations
WHEN (SELECT held_by FROM tenants WHERE id = NEW.tenant_id) IS NOT NULL
  AND NEW.kind NOT IN ('stop', 'shutdown', 'delete', 'snapshot_delete', 'backup_delete')
BEGIN
  SELECT RAISE(ABORT, 'tenant_suspended');
END;
--> statement-breakpoint
CREATE TRIGGER tenants_not_below_held BEFORE INSERT ON tenants
WHEN (SELECT held_by FROM tenants WHERE id = NEW.parent_id) IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'tenant_suspended');
END;
--> statement-breakpoint
CREATE TRIGGER tenants_below_resellers_only BEFORE INSERT ON tenants
WHEN NEW.kind <> 'platform' AND coalesce((SELECT kind FROM tenants WHERE id = NEW.parent_id), 'tenant') = 'tenant'
BEGIN
  SELECT RAISE(ABORT, 'tenant_has_no_children');
END;
--> statement-breakpoint
CREATE TRIGGER tenants_stay_put BEFORE UPDATE OF id, parent_id, kind, slug ON tenants
BEGIN
  SELECT RAISE(ABORT, 'tenant_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER tenants_end_empty BEFORE UPDATE OF status ON tenants
WHEN NEW.status = 'deleted' AND (
  EXISTS (SELECT 1 FROM services WHERE tenant_id = NEW.id AND state <> 'deleted')
  OR EXISTS (SELECT 1 FROM backups WHERE tenant_id = NEW.id)
  OR EXISTS (SELECT 1 FROM snapshots WHERE tenant_id = NEW.id)
  OR EXISTS (SELECT 1 FROM envelopes WHERE tenant_id = NEW.id)
  OR EXISTS (SELECT 1 FROM identities WHERE tenant_id = NEW.id)
  OR EXISTS (SELECT 1 FROM tenants WHERE parent_id = NEW.id AND status <> 'deleted'))
BEGIN
  SELECT RAISE(ABORT, 'tenant_not_empty');
END;
--> statement-breakpoint
CREATE TRIGGER members_keep_an_owner_leaving BEFORE DELETE ON members
WHEN OLD.role = 'owner'
  AND (SELECT status FROM tenants WHERE id = OLD.tenant_id) NOT IN ('deleting', 'deleted')
  AND NOT EXISTS (SELECT 1 FROM members WHERE tenant_id = OLD.tenant_id AND role = 'owner' AND user_id <> OLD.user_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER members_keep_an_owner_changing BEFORE UPDATE OF role ON members
WHEN OLD.role = 'owner' AND NEW.role <> 'owner'
  AND NOT EXISTS (SELECT 1 FROM members WHERE tenant_id = OLD.tenant_id AND role = 'owner' AND user_id <> OLD.user_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER members_keep_an_owner_replaced BEFORE INSERT ON members
WHEN NEW.role <> 'owner'
  AND EXISTS (SELECT 1 FROM members WHERE tenant_id = NEW.tenant_id AND user_id = NEW.user_id AND role = 'owner')
  AND NOT EXISTS (SELECT 1 FROM members WHERE tenant_id = NEW.tenant_id AND role = 'owner' AND user_id <> NEW.user_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER members_stay_put BEFORE UPDATE OF tenant_id, user_id ON members
BEGIN
  SELECT RAISE(ABORT, 'member_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER quota_requests_decide_once BEFORE UPDATE ON quota_requests
WHEN OLD.status <> 'open'
BEGIN
  SELECT RAISE(ABORT, 'request_decided');
END;
--> statement-breakpoint
CREATE TRIGGER audit_only_grows_changed BEFORE UPDATE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit_is_append_only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_only_grows_removed BEFORE DELETE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit_is_append_only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_only_grows_replaced BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'audit_is_append_only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_is_chained BEFORE INSERT ON audit_entries
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM audit_entries WHERE chain = NEW.chain), 0)
  OR NEW.prev_hash <> coalesce((SELECT hash FROM audit_entries WHERE chain = NEW.chain ORDER BY seq DESC LIMIT 1), '')
BEGIN
  SELECT RAISE(ABORT, 'audit_chain_moved');
END;
--> statement-breakpoint
-- What the platform's capacity is until its operators say otherwise: as much as its envelopes were given, handed out once.
INSERT INTO capacity (resource, physical, ratio_percent)
SELECT resource, "limit", 100 FROM envelopes WHERE tenant_id = 'ten_platform';
--> statement-breakpoint
-- Fills `held_by` of those that were not active before it was there.
UPDATE tenants SET status = status WHERE status <> 'active';
