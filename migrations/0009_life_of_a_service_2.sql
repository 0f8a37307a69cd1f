ALTER TABLE `backups` ADD `schedule_id` text;--> statement-breakpoint
CREATE INDEX `backups_schedule` ON `backups` (`schedule_id`) WHERE "backups"."schedule_id" is not null;--> statement-breakpoint
ALTER TABLE `operations` ADD `cancel_at` integer;--> statement-breakpoint
ALTER TABLE `snapshots` ADD `schedule_id` text;--> statement-breakpoint
CREATE INDEX `snapshots_schedule` ON `snapshots` (`schedule_id`) WHERE "snapshots"."schedule_id" is not null;--> statement-breakpoint
ALTER TABLE `script_runs` ADD `operation_id` text;--> statement-breakpoint
CREATE INDEX `schedule_runs_taken` ON `schedule_runs` (`at`) WHERE "schedule_runs"."state" = 'taken';