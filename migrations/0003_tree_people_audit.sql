CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`last_used_from` text,
	`revoked_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `api_keys_tenant` ON `api_keys` (`tenant_id`);--> statement-breakpoint
CREATE INDEX `api_keys_user` ON `api_keys` (`user_id`);--> statement-breakpoint
CREATE TABLE `audit_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`chain` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text NOT NULL,
	`actor_name` text NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`code` text,
	`target_type` text,
	`target_id` text,
	`target_name` text,
	`before` text,
	`after` text,
	`ip` text,
	`request_id` text NOT NULL,
	`prev_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_chain_seq` ON `audit_entries` (`chain`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_chain_at` ON `audit_entries` (`chain`,`at`);--> statement-breakpoint
CREATE INDEX `audit_target` ON `audit_entries` (`target_id`,`at`);--> statement-breakpoint
CREATE TABLE `audit_intents` (
	`request_id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`draft` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_intents_at` ON `audit_intents` (`at`);--> statement-breakpoint
CREATE TABLE `backups` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`cluster_id` text NOT NULL,
	`node` text NOT NULL,
	`storage` text NOT NULL,
	`volid` text,
	`size_bytes` integer,
	`charged_gib` integer NOT NULL,
	`cores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`disk_gib` integer NOT NULL,
	`notes` text NOT NULL,
	`protected` integer NOT NULL,
	`state` text NOT NULL,
	`operation_id` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `backups_tenant` ON `backups` (`tenant_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `backups_service` ON `backups` (`service_id`,`created_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `backups_volid` ON `backups` (`cluster_id`,`volid`);--> statement-breakpoint
CREATE TABLE `capacity` (
	`resource` text PRIMARY KEY NOT NULL,
	`physical` integer NOT NULL,
	`ratio_percent` integer NOT NULL,
	CONSTRAINT "capacity_ratio" CHECK("capacity"."ratio_percent" between 1 and 10000 and "capacity"."physical" >= 0)
);
--> statement-breakpoint
CREATE TABLE `findings` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`tenant_id` text,
	`service_id` text,
	`details` text NOT NULL,
	`status` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`closed_at` integer,
	`closed_by` text,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `findings_open` ON `findings` (`kind`,`subject`) WHERE "findings"."closed_at" is null;--> statement-breakpoint
CREATE INDEX `findings_status` ON `findings` (`status`,`last_seen_at`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`email` text NOT NULL,
	`role` text NOT NULL,
	`token_hash` text NOT NULL,
	`invited_by` text NOT NULL,
	`inviter_name` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`closed_at` integer,
	`outcome` text,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "invitations_role" CHECK("invitations"."role" in ('owner', 'operator', 'viewer'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_token_hash_unique` ON `invitations` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_open` ON `invitations` (`tenant_id`,`email`) WHERE "invitations"."closed_at" is null;--> statement-breakpoint
CREATE INDEX `invitations_email` ON `invitations` (`email`);--> statement-breakpoint
CREATE TABLE `passkeys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`public_key` text NOT NULL,
	`user_id` text NOT NULL,
	`credential_id` text NOT NULL,
	`counter` integer NOT NULL,
	`device_type` text NOT NULL,
	`backed_up` integer NOT NULL,
	`transports` text,
	`aaguid` text,
	`created_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `passkeys_credential_id_unique` ON `passkeys` (`credential_id`);--> statement-breakpoint
CREATE INDEX `passkeys_user` ON `passkeys` (`user_id`);--> statement-breakpoint
CREATE TABLE `quota_requests` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`parent_id` text NOT NULL,
	`wanted` text NOT NULL,
	`message` text NOT NULL,
	`status` text DEFAULT 'open' NOT NULL,
	`granted` text,
	`answer` text,
	`asked_by` text NOT NULL,
	`asker_name` text NOT NULL,
	`decided_by` text,
	`decider_name` text,
	`created_at` integer NOT NULL,
	`seen_at` integer,
	`decided_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `quota_requests_open` ON `quota_requests` (`tenant_id`) WHERE "quota_requests"."status" = 'open';--> statement-breakpoint
CREATE INDEX `quota_requests_parent` ON `quota_requests` (`parent_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `quota_requests_tenant` ON `quota_requests` (`tenant_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `snapshots` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`with_memory` integer NOT NULL,
	`parent_name` text,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `snapshots_service_name` ON `snapshots` (`service_id`,`name`);--> statement-breakpoint
CREATE INDEX `snapshots_tenant` ON `snapshots` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `storefronts` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`host` text,
	`link` text NOT NULL,
	`brand_name` text NOT NULL,
	`logo` text,
	`accent_hue` integer,
	`sign_up` text DEFAULT 'closed' NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `storefronts_host_unique` ON `storefronts` (`host`);--> statement-breakpoint
CREATE UNIQUE INDEX `storefronts_link_unique` ON `storefronts` (`link`);--> statement-breakpoint
CREATE TABLE `two_factors` (
	`id` text PRIMARY KEY NOT NULL,
	`secret` text NOT NULL,
	`backup_codes` text NOT NULL,
	`user_id` text NOT NULL,
	`verified` integer DEFAULT true,
	`failed_verification_count` integer DEFAULT 0,
	`locked_until` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `two_factors_user` ON `two_factors` (`user_id`);--> statement-breakpoint
-- `charges` is built anew (nothing refers to it). The triggers that name it go first, since SQLite checks them when a table is
-- renamed; 0004 makes them again, with those that are new.
DROP TRIGGER `charges_insert_matches`;--> statement-breakpoint
DROP TRIGGER `charges_insert_takes`;--> statement-breakpoint
DROP TRIGGER `charges_delete_gives_back`;--> statement-breakpoint
DROP TRIGGER `charges_amount_follows`;--> statement-breakpoint
DROP TRIGGER `charges_stay_put`;--> statement-breakpoint
DROP TRIGGER `carves_stay`;--> statement-breakpoint
DROP TRIGGER `carves_match`;--> statement-breakpoint
DROP TRIGGER `carves_insert_empty`;--> statement-breakpoint
DROP TRIGGER `envelopes_are_carved`;--> statement-breakpoint
DROP TRIGGER `envelopes_limit_charges_parent`;--> statement-breakpoint
CREATE TABLE `__new_charges` (
	`id` text PRIMARY KEY NOT NULL,
	`envelope_id` text NOT NULL,
	`resource` text NOT NULL,
	`amount` integer NOT NULL,
	`service_id` text,
	`snapshot_id` text,
	`backup_id` text,
	`operation_id` text,
	`child_envelope_id` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`envelope_id`) REFERENCES `envelopes`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`snapshot_id`) REFERENCES `snapshots`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`backup_id`) REFERENCES `backups`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`operation_id`) REFERENCES `operations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`child_envelope_id`) REFERENCES `envelopes`(`id`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "charges_amount_positive" CHECK("__new_charges"."amount" >= 0),
	CONSTRAINT "charges_one_holder" CHECK(("__new_charges"."service_id" is not null) + ("__new_charges"."snapshot_id" is not null) + ("__new_charges"."backup_id" is not null) + ("__new_charges"."child_envelope_id" is not null) = 1)
);
--> statement-breakpoint
INSERT INTO `__new_charges`("id", "envelope_id", "resource", "amount", "service_id", "snapshot_id", "backup_id", "operation_id", "child_envelope_id", "created_at") SELECT "id", "envelope_id", "resource", "amount", "service_id", NULL, NULL, "operation_id", "child_envelope_id", "created_at" FROM `charges`;--> statement-breakpoint
DROP TABLE `charges`;--> statement-breakpoint
ALTER TABLE `__new_charges` RENAME TO `charges`;--> statement-breakpoint
CREATE UNIQUE INDEX `charges_child_envelope_id_unique` ON `charges` (`child_envelope_id`);--> statement-breakpoint
CREATE INDEX `charges_envelope` ON `charges` (`envelope_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `charges_service_resource` ON `charges` (`service_id`,`resource`);--> statement-breakpoint
CREATE UNIQUE INDEX `charges_snapshot_resource` ON `charges` (`snapshot_id`,`resource`);--> statement-breakpoint
CREATE UNIQUE INDEX `charges_backup_resource` ON `charges` (`backup_id`,`resource`);--> statement-breakpoint
DROP INDEX `plans_name_unique`;--> statement-breakpoint
ALTER TABLE `plans` ADD `owner_id` text DEFAULT 'ten_platform' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `plans_owner_name` ON `plans` (`owner_id`,`name`);--> statement-breakpoint
ALTER TABLE `envelopes` ADD `moves` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `envelopes` ADD `mode` text DEFAULT 'carve' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `factor` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `held_by` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `status_reason` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `status_at` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `require_second_factor` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `two_factor_enabled` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `storefront` text;