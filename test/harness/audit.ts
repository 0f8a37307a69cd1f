// A look at the audit's own table, and a hand that does to its file what the database would refuse.
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue } from "node:sqlite";
import { digestOf } from "./audit-digest.ts";
import { rows, site } from "./site.ts";

export interface Entry {
  chain: string;
  seq: number;
  actor_kind: string;
  actor_id: string;
  action: string;
  outcome: string;
  code: string | null;
  target_type: string | null;
  target_id: string | null;
  before: string | null;
  after: string | null;
  request_id: string;
}

/** What was entered for one request, named by its answer's `x-request-id`. */
export function entriesOf(requestId: string | null): Entry[] {
  return rows("select * from audit_entries where request_id = ?", requestId) as unknown as Entry[];
}

export function chainOf(chain: string): Entry[] {
  return rows("select * from audit_entries where chain = ? order by seq", chain) as unknown as Entry[];
}

/** Takes the triggers that keep the audit off, does something to the file, and puts them on again. */
export function tamper(sql: string, ...values: (string | number)[]): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000");
    const kept = database
      .prepare("select name, sql from sqlite_schema where type = 'trigger' and name like 'audit_%'")
      .all() as { name: string; sql: string }[];
    database.exec(`begin immediate; ${kept.map(({ name }) => `drop trigger ${name};`).join(" ")}`);
    database.prepare(sql).run(...values);
    database.exec(`${kept.map((trigger) => `${trigger.sql};`).join(" ")} commit;`);
  } finally {
    database.close();
  }
}

/** Lengthens a chain by copies of its last entry, each linked to the one before as the Worker would link it. */
export function lengthen(chain: string, count: number): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; begin immediate");
    const [last] = database.prepare("select * from audit_entries where chain = ? order by seq desc limit 1").all(chain);
    if (!last) throw new Error("the chain is empty");
    let row: Record<string, unknown> = last;
    const names = Object.keys(last);
    const insert = database.prepare(
      `insert into audit_entries (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
    );
    for (let index = 0; index < count; index += 1) {
      const next = { ...row, id: `${String(row["id"])}x${index}`, seq: Number(row["seq"]) + 1, prev_hash: row["hash"] };
      row = { ...next, hash: digestOf(next) };
      insert.run(...names.map((name) => (row as Record<string, SQLInputValue>)[name] ?? null));
    }
    database.exec("commit");
  } finally {
    database.close();
  }
}
