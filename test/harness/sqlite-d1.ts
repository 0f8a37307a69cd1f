// D1 as far as drizzle asks for it, over a SQLite of one's own: the domain's verbs run as they are, thousands of times.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** What `openDatabase` of the Worker takes for D1. */
export function d1Over(database: DatabaseSync): unknown {
  return {
    prepare: (text: string) => new Statement(database, text, []),
    // All or nothing, as D1's own.
    batch: async (statements: Statement[]) => {
      database.exec("begin");
      try {
        const results = statements.map((statement) => statement.take());
        database.exec("commit");
        return results;
      } catch (error) {
        database.exec("rollback");
        throw error;
      }
    },
  };
}

class Statement {
  readonly #database: DatabaseSync;
  readonly #text: string;
  readonly #values: SQLInputValue[];

  constructor(database: DatabaseSync, text: string, values: SQLInputValue[]) {
    this.#database = database;
    this.#text = text;
    this.#values = values;
  }

  bind(...values: SQLInputValue[]): Statement {
    return new Statement(this.#database, this.#text, values);
  }

  take(arrays = false) {
    try {
      const statement = this.#database.prepare(this.#text);
      statement.setReturnArrays(arrays);
      return { success: true, results: statement.all(...this.#values), meta: {} };
    } catch (error) {
      throw new Error(`D1_ERROR: ${error instanceof Error ? error.message : ""}: SQLITE_CONSTRAINT`, { cause: error });
    }
  }

  async all() {
    return this.take();
  }

  async run() {
    return this.take();
  }

  async raw() {
    return this.take(true).results;
  }
}
