-- What is restored over a service is held as what is restored beside it, and it is that very backup that must be held.
DROP TRIGGER operations_hold_their_backup;
--> statement-breakpoint
CREATE TRIGGER operations_hold_their_backup BEFORE INSERT ON operations
WHEN NEW.kind IN ('backup', 'backup_delete', 'restore', 'restore_over')
  AND NOT EXISTS (SELECT 1 FROM backups WHERE operation_id = NEW.id AND id = json_extract(NEW.facts, '$.backupId'))
BEGIN
  SELECT RAISE(ABORT, 'backup_in_use');
END;
--> statement-breakpoint
-- Snapshots live on the disk that these replace: with it they would go, and their charges would stay.
CREATE TRIGGER operations_spare_snapshots BEFORE INSERT ON operations
WHEN NEW.kind IN ('rebuild', 'restore_over') AND EXISTS (SELECT 1 FROM snapshots WHERE service_id = NEW.service_id)
BEGIN
  SELECT RAISE(ABORT, 'snapshots_exist');
END;
