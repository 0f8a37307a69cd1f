CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `accounts_user` ON `accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `charges` (
	`id` text PRIMARY KEY NOT NULL,
	`envelope_id` text NOT NULL,
	`resource` text NOT NULL,
	`amount` integer NOT NULL,
	`service_id` text,
	`operation_id` text,
	`child_envelope_id` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`envelope_id`) REFERENCES `envelopes`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`operation_id`) REFERENCES `operations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`child_envelope_id`) REFERENCES `envelopes`(`id`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "charges_amount_positive" CHECK("charges"."amount" >= 0),
	CONSTRAINT "charges_one_holder" CHECK(("charges"."service_id" is null) <> ("charges"."child_envelope_id" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `charges_child_envelope_id_unique` ON `charges` (`child_envelope_id`);--> statement-breakpoint
CREATE INDEX `charges_envelope` ON `charges` (`envelope_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `charges_service_resource` ON `charges` (`service_id`,`resource`);--> statement-breakpoint
CREATE TABLE `clusters` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`token_id` text NOT NULL,
	`token_secret_sealed` text NOT NULL,
	`pool` text NOT NULL,
	`tenant_group` text NOT NULL,
	`tenant_role` text NOT NULL,
	`storage` text NOT NULL,
	`vmid_next` integer NOT NULL,
	`vmid_to` integer NOT NULL,
	`version` text,
	`status` text NOT NULL,
	`missing` text NOT NULL,
	`nodes` text NOT NULL,
	`last_seen_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `consoles` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`user_id` text NOT NULL,
	`session_id` text NOT NULL,
	`opened_at` integer NOT NULL,
	`closed_at` integer,
	`close_reason` text,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `consoles_session` ON `consoles` (`session_id`) WHERE "consoles"."closed_at" is null;--> statement-breakpoint
CREATE INDEX `consoles_service` ON `consoles` (`service_id`,`opened_at`);--> statement-breakpoint
CREATE TABLE `default_limits` (
	`tenant_id` text NOT NULL,
	`resource` text NOT NULL,
	`amount` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `resource`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `envelopes` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`resource` text NOT NULL,
	`limit` integer NOT NULL,
	`used` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "quota_exceeded" CHECK("envelopes"."used" <= "envelopes"."limit"),
	CONSTRAINT "envelopes_used_positive" CHECK("envelopes"."used" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `envelopes_tenant_resource` ON `envelopes` (`tenant_id`,`resource`);--> statement-breakpoint
CREATE TABLE `identities` (
	`tenant_id` text NOT NULL,
	`cluster_id` text NOT NULL,
	`pool` text NOT NULL,
	`token_id` text NOT NULL,
	`token_secret_sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `cluster_id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE TABLE `members` (
	`tenant_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `user_id`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "members_role" CHECK("members"."role" in ('owner', 'operator', 'viewer'))
);
--> statement-breakpoint
CREATE INDEX `members_user` ON `members` (`user_id`);--> statement-breakpoint
CREATE TABLE `operations` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`service_name` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`actor_id` text NOT NULL,
	`actor_name` text NOT NULL,
	`idempotency_key` text NOT NULL,
	`request_hash` text NOT NULL,
	`steps` text NOT NULL,
	`facts` text NOT NULL,
	`error_code` text,
	`error_params` text,
	`attempt` integer DEFAULT 1 NOT NULL,
	`lease_until` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operations_tenant_key` ON `operations` (`tenant_id`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `operations_tenant` ON `operations` (`tenant_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `operations_service` ON `operations` (`service_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `operations_lease` ON `operations` (`lease_until`) WHERE "operations"."ended_at" is null;--> statement-breakpoint
CREATE TABLE `plans` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`cores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`disk_gib` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `plans_name_unique` ON `plans` (`name`);--> statement-breakpoint
CREATE TABLE `rate_limits` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`count` integer NOT NULL,
	`last_request` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rate_limits_key_unique` ON `rate_limits` (`key`);--> statement-breakpoint
CREATE TABLE `services` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`cluster_id` text NOT NULL,
	`template_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`power` text DEFAULT 'unknown' NOT NULL,
	`power_seen_at` integer DEFAULT 0 NOT NULL,
	`cores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`disk_gib` integer NOT NULL,
	`vmid` integer,
	`node` text,
	`address` text,
	`login_user` text NOT NULL,
	`ssh_keys` text NOT NULL,
	`password_sealed` text,
	`operation_id` text,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`template_id`) REFERENCES `templates`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `services_tenant_name` ON `services` (`tenant_id`,`name`) WHERE "services"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX `services_cluster_vmid` ON `services` (`cluster_id`,`vmid`);--> statement-breakpoint
CREATE INDEX `services_tenant` ON `services` (`tenant_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_token_unique` ON `sessions` (`token`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `templates` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`vmid` integer NOT NULL,
	`node` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`logo` text NOT NULL,
	`category` text NOT NULL,
	`min_cores` integer NOT NULL,
	`min_memory_mib` integer NOT NULL,
	`min_disk_gib` integer NOT NULL,
	`default_user` text NOT NULL,
	`active` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `templates_cluster_vmid` ON `templates` (`cluster_id`,`vmid`);--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`parent_id` text,
	`name` text NOT NULL,
	`slug` text NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`founder_id` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`parent_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`founder_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "tenants_kind" CHECK("tenants"."kind" in ('platform', 'reseller', 'tenant')),
	CONSTRAINT "tenants_root" CHECK(("tenants"."kind" = 'platform') = ("tenants"."parent_id" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tenants_slug_unique` ON `tenants` (`slug`);--> statement-breakpoint
CREATE UNIQUE INDEX `tenants_founder_id_unique` ON `tenants` (`founder_id`);--> statement-breakpoint
CREATE INDEX `tenants_parent` ON `tenants` (`parent_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`image` text,
	`organisation` text,
	`locale` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verifications_identifier` ON `verifications` (`identifier`);