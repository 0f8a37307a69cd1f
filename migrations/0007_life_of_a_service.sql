CREATE TABLE `ssh_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`line` text NOT NULL,
	`fingerprint` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ssh_keys_user_fingerprint` ON `ssh_keys` (`user_id`,`fingerprint`);--> statement-breakpoint
CREATE TABLE `images` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`volume` text NOT NULL,
	`name` text NOT NULL,
	`active` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`cluster_id`) REFERENCES `clusters`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `images_cluster_volume` ON `images` (`cluster_id`,`volume`);--> statement-breakpoint
CREATE TABLE `scripts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`events` text NOT NULL,
	`parameters` text NOT NULL,
	`body` text NOT NULL,
	`timeout_seconds` integer NOT NULL,
	`active` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scripts_name_unique` ON `scripts` (`name`);--> statement-breakpoint
CREATE TABLE `schedule_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`schedule_id` text NOT NULL,
	`due_at` integer NOT NULL,
	`state` text NOT NULL,
	`operation_id` text,
	`code` text,
	`at` integer NOT NULL,
	FOREIGN KEY (`schedule_id`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `schedule_runs_once` ON `schedule_runs` (`schedule_id`,`due_at`);--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`action` text NOT NULL,
	`rule` text NOT NULL,
	`time_zone` text NOT NULL,
	`retention` text,
	`paused` integer DEFAULT false NOT NULL,
	`next_at` integer,
	`maker_id` text NOT NULL,
	`maker_name` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `schedules_due` ON `schedules` (`next_at`) WHERE "schedules"."paused" = 0 and "schedules"."next_at" is not null;--> statement-breakpoint
CREATE INDEX `schedules_service` ON `schedules` (`service_id`);--> statement-breakpoint
CREATE INDEX `schedules_tenant` ON `schedules` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `script_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`script_name` text NOT NULL,
	`event` text NOT NULL,
	`state` text NOT NULL,
	`exit_code` integer,
	`output` text DEFAULT '' NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `script_runs_service` ON `script_runs` (`service_id`,`started_at`);--> statement-breakpoint
CREATE TABLE `service_scripts` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`service_id` text NOT NULL,
	`script_id` text NOT NULL,
	`event` text NOT NULL,
	`values_sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`script_id`) REFERENCES `scripts`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `service_scripts_once` ON `service_scripts` (`service_id`,`script_id`,`event`);--> statement-breakpoint
CREATE INDEX `service_scripts_tenant` ON `service_scripts` (`tenant_id`);--> statement-breakpoint
DROP INDEX `templates_cluster_vmid`;--> statement-breakpoint
ALTER TABLE `templates` ADD `volume` text;--> statement-breakpoint
ALTER TABLE `templates` ADD `nesting` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `templates_cluster_volume` ON `templates` (`cluster_id`,`volume`);--> statement-breakpoint
CREATE UNIQUE INDEX `templates_cluster_vmid` ON `templates` (`cluster_id`,`vmid`) WHERE "templates"."volume" is null;--> statement-breakpoint
ALTER TABLE `services` ADD `description` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `services` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `services` ADD `restart_needed` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `services` ADD `image_id` text;--> statement-breakpoint
ALTER TABLE `services` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `services` ADD `expiry_stage` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `services` ADD `delete_at` integer;--> statement-breakpoint
CREATE INDEX `services_expiry` ON `services` (`expires_at`) WHERE "services"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX `services_delete_at` ON `services` (`delete_at`) WHERE "services"."delete_at" is not null;