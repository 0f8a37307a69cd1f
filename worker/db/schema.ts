// Every table of D1, by area; the triggers that keep them honest are in migrations/ and named in docs/STORAGE.md.
export * from "./schema/accounts.ts";
export * from "./schema/tenants.ts";
export * from "./schema/quota.ts";
export * from "./schema/clusters.ts";
export * from "./schema/catalogue.ts";
export * from "./schema/services.ts";
export * from "./schema/audit.ts";
export * from "./schema/findings.ts";
export * from "./schema/automation.ts";
