ALTER TABLE `schedules` ADD `retain_at` integer;--> statement-breakpoint
CREATE INDEX `schedules_retain` ON `schedules` (`retain_at`) WHERE "schedules"."retain_at" is not null;