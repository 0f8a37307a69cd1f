-- The ledger keeps itself honest: used = sum of charges, a child's envelope is charged to its parent, charges do not move.
-- Names and reasons are in docs/STORAGE.md.
CREATE TRIGGER charges_insert_matches BEFORE INSERT ON charges
WHEN (SELECT resource FROM envelopes WHERE id = NEW.envelope_id) <> NEW.resource
  OR (SELECT resource FROM envelopes WHERE id = NEW.child_envelope_id) <> NEW.resource
BEGIN
  SELECT RAISE(ABORT, 'charge_resource_mismatch');
END;
--> statement-breakpoint
CREATE TRIGGER charges_insert_takes AFTER INSERT ON charges
BEGIN
  UPDATE envelopes SET used = used + NEW.amount WHERE id = NEW.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_delete_gives_back AFTER DELETE ON charges
BEGIN
  UPDATE envelopes SET used = used - OLD.amount WHERE id = OLD.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_amount_follows AFTER UPDATE OF amount ON charges
BEGIN
  UPDATE envelopes SET used = used + NEW.amount - OLD.amount WHERE id = NEW.envelope_id;
END;
--> statement-breakpoint
CREATE TRIGGER charges_stay_put BEFORE UPDATE OF id, envelope_id, resource, service_id, child_envelope_id ON charges
BEGIN
  SELECT RAISE(ABORT, 'charge_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER envelopes_start_empty BEFORE INSERT ON envelopes
WHEN NEW.used <> 0
  OR (NEW."limit" <> 0 AND (SELECT kind FROM tenants WHERE id = NEW.tenant_id) <> 'platform')
BEGIN
  SELECT RAISE(ABORT, 'envelope_starts_empty');
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
CREATE TRIGGER envelopes_stay_put BEFORE UPDATE OF id, tenant_id, resource ON envelopes
BEGIN
  SELECT RAISE(ABORT, 'envelope_is_fixed');
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
CREATE TRIGGER services_numbers_stay BEFORE UPDATE OF vmid ON services
WHEN OLD.vmid IS NOT NULL AND OLD.state = 'ready'
BEGIN
  SELECT RAISE(ABORT, 'vmid_is_fixed');
END;
--> statement-breakpoint
CREATE TRIGGER clusters_numbers_grow BEFORE UPDATE OF vmid_next ON clusters
WHEN NEW.vmid_next < OLD.vmid_next
BEGIN
  SELECT RAISE(ABORT, 'vmid_counter_went_back');
END;
--> statement-breakpoint
CREATE TRIGGER operations_one_at_a_time BEFORE INSERT ON operations
WHEN (SELECT operation_id FROM services WHERE id = NEW.service_id) IS NOT NEW.id
BEGIN
  SELECT RAISE(ABORT, 'service_busy');
END;
--> statement-breakpoint
CREATE TRIGGER operations_end_once BEFORE UPDATE ON operations
WHEN OLD.ended_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'operation_has_ended');
END;
--> statement-breakpoint
CREATE TRIGGER operations_latest_run_writes BEFORE UPDATE OF attempt ON operations
WHEN NEW.attempt < OLD.attempt
BEGIN
  SELECT RAISE(ABORT, 'run_superseded');
END;
