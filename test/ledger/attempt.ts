// How the tests of triggers put their attempts.
import type { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { envelopeRow, seedService, seedTenant } from "../harness/ledger-database.ts";

export type Attempt = (database: DatabaseSync) => unknown;

/** Each of these writes is refused with this word. */
export const refuses =
  (word: string, ...statements: string[]): Attempt =>
  (database) => {
    for (const sql of statements) expect(() => database.exec(sql)).toThrow(word);
  };

export const all =
  (...attempts: Attempt[]): Attempt =>
  (database) => {
    for (const attempt of attempts) attempt(database);
  };

export const used = (database: DatabaseSync, id: string) => envelopeRow(database, id).used;

export const insertOf = (columns: string, values: string) =>
  `insert into charges (id, created_at, ${columns}) values ('c', 0, ${values})`;

/** A tenant below Ana's reseller that has no envelopes, and a service of it. */
export const withSharer: Attempt = (database) => {
  seedTenant(database, "sam", "ten_rita");
  seedService(database, { id: "svc_sam", tenant: "ten_sam" });
};
