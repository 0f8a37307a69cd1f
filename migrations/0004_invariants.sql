-- What must always hold, kept by the database itself. Names and reasons are in docs/STORAGE.md.
CREATE TRIGGER charges_insert_matches BEFORE INSERT ON charges
WHEN (SELECT resource FROM envelopes WHERE id = NEW.envelope_id) <> NEW.resource
  OR (SELECT resource FROM envelopes WHERE id = NEW.child_envelope_id) <> NEW.resource
  OR (NEW.service_id IS NOT NULL AND NEW.resource NOT IN ('vcpu', 'memoryMiB', 'diskGiB', 'services', 'publicIps'))
  OR (NEW.snapshot_id IS NOT NULL AND NEW.resource <> 'snapshots')
  OR (NEW.backup_id IS NOT NULL AND NEW.resource NOT IN ('backups', 'backupGiB'))
BEGIN
  SELECT RAISE(ABORT, 'charge_resource_mismatch');
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
-- A charge moves only between an envelope and the one that it was carved out of, as a tenant starts or stops to share.
CREATE TRIGGER charges_move_between_neighbours BEFORE UPDATE OF envelope_id ON charges
WHEN NOT EXISTS (
  SELECT 1 FROM charges carve
  WHERE (carve.child_envelope_id = OLD.envelope_id AND carve.envelope_id = NEW.envelope_id)
     OR (carve.child_envelope_id = NEW.envelope_id AND carve.envelope_id = OLD.envelope_id))
BEGIN
  SELECT RAISE(ABORT, 'charge_is_fixed');
END;
--> statement-breakpoint
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
CREATE TRIGGER charges_of_the_living_stay BEFORE DELETE ON charges
WHEN (SELECT state FROM services WHERE id = OLD.service_id) IN ('creating', 'ready', 'deleting')
  OR (SELECT state FROM snapshots WHERE id = OLD.snapshot_id) = 'ready'
  OR (SELECT state FROM backups WHERE id = OLD.backup_id) = 'ready'
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
WHEN NEW.child_envelope_id IS NOT NULL AND NEW.amount <> 0
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
WHEN NEW.mode = 'reject' AND NEW."limit" <> 0
BEGIN
  SELECT RAISE(ABORT, 'envelope_rejects');
END;
--> statement-breakpoint
CREATE TRIGGER services_size_is_charged AFTER UPDATE OF cores, memory_mib, disk_gib ON services
BEGIN
  UPDATE charges SET amount = NEW.cores WHERE service_id = NEW.id AND resource = 'vcpu' AND amount <> NEW.cores;
  UPDATE charges SET amount = NEW.memory_mib WHERE service_id = NEW.id AND resource = 'memoryMiB' AND amount <> NEW.memory_mib;
  UPDATE charges SET amount = NEW.disk_gib WHERE service_id = NEW.id AND resource = 'diskGiB' AND amount <> NEW.disk_gib;
END;
--> statement-breakpoint
CREATE TRIGGER services_end_gives_back AFTER UPDATE OF state ON services
WHEN NEW.state IN ('failed', 'deleted') AND OLD.state NOT IN ('failed', 'deleted')
BEGIN
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
CREATE TRIGGER snapshots_ready_needs_charge BEFORE UPDATE OF state ON snapshots
WHEN NEW.state = 'ready' AND NOT EXISTS (SELECT 1 FROM charges WHERE snapshot_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'snapshot_not_charged');
END;
--> statement-breakpoint
CREATE TRIGGER snapshots_end_gives_back BEFORE DELETE ON snapshots
BEGIN
  DELETE FROM charges WHERE snapshot_id = OLD.id;
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
CREATE TRIGGER backups_end_gives_back BEFORE DELETE ON backups
BEGIN
  DELETE FROM charges WHERE backup_id = OLD.id;
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
WHEN (SELECT kind FROM tenants WHERE id = NEW.parent_id) = 'tenant'
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
