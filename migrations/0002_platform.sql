-- The root of the tree with its capacity (which operators adapt to what their clusters have), and what a new tenant is given.
INSERT INTO tenants (id, kind, parent_id, name, slug, status, created_at)
VALUES ('ten_platform', 'platform', NULL, 'Platform', 'platform', 'active', 0);
--> statement-breakpoint
INSERT INTO envelopes (id, tenant_id, resource, "limit") VALUES
  ('env_platform_vcpu', 'ten_platform', 'vcpu', 10000),
  ('env_platform_memory', 'ten_platform', 'memoryMiB', 16777216),
  ('env_platform_disk', 'ten_platform', 'diskGiB', 1000000),
  ('env_platform_services', 'ten_platform', 'services', 10000),
  ('env_platform_snapshots', 'ten_platform', 'snapshots', 100000),
  ('env_platform_backups', 'ten_platform', 'backups', 100000),
  ('env_platform_backup_space', 'ten_platform', 'backupGiB', 1000000),
  ('env_platform_addresses', 'ten_platform', 'publicIps', 0);
--> statement-breakpoint
INSERT INTO default_limits (tenant_id, resource, amount) VALUES
  ('ten_platform', 'vcpu', 4),
  ('ten_platform', 'memoryMiB', 4096),
  ('ten_platform', 'diskGiB', 40),
  ('ten_platform', 'services', 5),
  ('ten_platform', 'snapshots', 10),
  ('ten_platform', 'backups', 5),
  ('ten_platform', 'backupGiB', 40);
