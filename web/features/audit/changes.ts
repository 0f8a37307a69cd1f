// What an entry of the audit says was changed: one row per field, with the value before and after.

export interface Change {
  /** Path of the field: `name`, `limits.vcpu`. */
  field: string;
  /** Undefined where there was none. */
  before: unknown;
  after: unknown;
}

/** Rows in the order of the fields; what stayed the same is left out where both sides are told. */
export function changesOf(before: Record<string, unknown> | null, after: Record<string, unknown> | null): Change[] {
  const left = new Map(flat(before ?? {}));
  const right = new Map(flat(after ?? {}));
  const fields = [...new Set([...left.keys(), ...right.keys()])];
  return fields
    .map((field) => ({ field, before: left.get(field), after: right.get(field) }))
    .filter((row) => before === null || after === null || row.before !== row.after);
}

/** Records within records by their path; lists as one text. */
function flat(record: Record<string, unknown>, path = ""): [string, unknown][] {
  return Object.entries(record).flatMap(([name, value]): [string, unknown][] => {
    if (Array.isArray(value)) return [[path + name, value.map(String).join(", ")]];
    if (typeof value === "object" && value !== null) return flat(value as Record<string, unknown>, `${path}${name}.`);
    return [[path + name, value]];
  });
}
