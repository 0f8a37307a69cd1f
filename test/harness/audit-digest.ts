// The digest of an entry, worked out once more from its description in docs/STORAGE.md: rows of the table or of an exported file.
import { createHash } from "node:crypto";

const COLUMNS = [
  "id",
  "chain",
  "seq",
  "at",
  "actorKind",
  "actorId",
  "actorName",
  "action",
  "outcome",
  "code",
  "targetType",
  "targetId",
  "targetName",
  "before",
  "after",
  "ip",
  "requestId",
  "prevHash",
];

/** SHA-256, in hex, of a row with names as in the file (`actorKind`) or as in the table (`actor_kind`, JSON as text). */
export function digestOf(row: Record<string, unknown>): string {
  const values = COLUMNS.map((name) => {
    const value = row[name] ?? row[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] ?? null;
    return typeof value === "string" && (name === "before" || name === "after")
      ? (JSON.parse(value) as unknown)
      : value;
  });
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}
