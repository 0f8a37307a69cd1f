// Counts the rows that statements read and write, as D1 bills them; only where a deployment asks for it (MEASURE_COST).
import { AsyncLocalStorage } from "node:async_hooks";

export interface Cost {
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

const current = new AsyncLocalStorage<Cost>();

/** Runs something and tells what it has cost, whatever its outcome; the count goes on while `cost` is looked at. */
export function measured<T>(act: (cost: Cost) => Promise<T>): Promise<T> {
  const cost: Cost = { statements: 0, rowsRead: 0, rowsWritten: 0 };
  return current.run(cost, () => act(cost));
}

/** The same database, every statement of which is counted for whoever runs under {@link measured}. */
export function metered(database: D1Database): D1Database {
  return new Proxy(database, {
    get: (target, name) => {
      if (name === "prepare") return (text: string) => meteredStatement(target.prepare(text), text);
      if (name === "batch") {
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements.map((statement) => bare.get(statement) ?? statement));
          for (const result of results) add(result.meta);
          return results;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The statements behind the counted ones, since a batch takes only those. */
const bare = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

function meteredStatement(statement: D1PreparedStatement, text: string): D1PreparedStatement {
  const counted = new Proxy(statement, {
    get: (target, name) => {
      switch (name) {
        case "bind":
          return (...values: unknown[]) => meteredStatement(target.bind(...values), text);
        case "all":
        case "run":
          return async () => {
            const result = await target[name]();
            add(result.meta);
            return result;
          };
        case "raw":
          return (options: { columnNames: true }) => raw(target, text, options);
        default: {
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        }
      }
    },
  });
  bare.set(counted, statement);
  return counted;
}

/**
 * `raw` does not tell what it has cost, and `all` does, but hides columns of equal names behind one another. So a statement that
 * reads several tables is run once more; every other has the columns of one table and is run with `all` instead.
 */
async function raw(statement: D1PreparedStatement, text: string, options: { columnNames: true }) {
  if (/^\s*(select|with)\b/i.test(text) && /\bjoin\b/i.test(text)) {
    add((await statement.all()).meta);
    return statement.raw(options);
  }
  const result = await statement.all<Record<string, unknown>>();
  add(result.meta);
  return result.results.map((row) => Object.values(row));
}

function add(meta: D1Meta & Record<string, unknown>): void {
  const cost = current.getStore();
  if (!cost) return;
  cost.statements += 1;
  cost.rowsRead += meta.rows_read;
  cost.rowsWritten += meta.rows_written;
}
