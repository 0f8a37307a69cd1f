// Reading D1's file beside the workerd that has it open.
import { DatabaseSync } from "node:sqlite";

/**
 * Opens the file for reading, hands it over, closes it. While a killed workerd's journal is being put right, SQLite refuses
 * with "locking protocol" for a moment, whatever the busy timeout: that is tried again.
 */
export function readDatabase<T>(file: string, read: (database: DatabaseSync) => T): T {
  for (let tries = 1; ; tries += 1) {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      database.exec("pragma busy_timeout = 5000");
      return read(database);
    } catch (error) {
      if (tries === TRIES || !/locking protocol|database is locked/.test(String(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    } finally {
      database.close();
    }
  }
}

const TRIES = 20;
const PAUSE_MS = 100;
