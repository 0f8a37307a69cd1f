DROP INDEX `audit_target`;--> statement-breakpoint
DROP INDEX `audit_chain_at`;--> statement-breakpoint
CREATE INDEX `audit_at` ON `audit_entries` (`at`,`chain`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_chain_at` ON `audit_entries` (`chain`,`at`,`seq`);--> statement-breakpoint
DROP INDEX `audit_intents_at`;