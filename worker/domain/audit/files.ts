// The audit as a file: CSV for spreadsheets, JSON with every column, so that anybody can work the digests out again.
import type { Deps } from "../../deps.ts";
import { csvLine } from "../../rules/csv.ts";
import { auditRows } from "./reading.ts";
import type { AuditCursor, AuditFilter, AuditPart, FoundEntry } from "./reading.ts";

export type AuditFormat = "csv" | "json";

const PAGE_SIZE = 500;

/** The entries, newest first, read while they are written out: however many there are, little is held at a time. */
export function auditFile(
  deps: Deps,
  part: AuditPart,
  filter: AuditFilter,
  format: AuditFormat,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let before: AuditCursor | null = null;
  let isFirst = true;
  return new ReadableStream({
    async pull(controller) {
      const found = await auditRows(deps, part, filter, before, PAGE_SIZE);
      const lines = found.map(format === "csv" ? entryLine : jsonText);
      let text = "";
      if (isFirst) text += format === "csv" ? csvLine(COLUMNS) : "[\n";
      if (format === "csv") text += lines.join("");
      else text += `${isFirst || lines.length === 0 ? "" : ",\n"}${lines.join(",\n")}`;
      before = found.at(-1)?.row ?? before;
      isFirst = false;
      const isEnd = found.length < PAGE_SIZE;
      if (isEnd && format === "json") text += "\n]\n";
      controller.enqueue(encoder.encode(text));
      if (isEnd) controller.close();
    },
  });
}

const COLUMNS = [
  "time",
  "tenant",
  "tenantId",
  "seq",
  "actorKind",
  "actorId",
  "actor",
  "action",
  "outcome",
  "code",
  "targetType",
  "targetId",
  "target",
  "before",
  "after",
  "address",
  "requestId",
  "hash",
];

function entryLine({ row, tenantName }: FoundEntry): string {
  const { seq, actorKind, actorId, actorName, action, outcome, code, targetType, targetId, targetName } = row;
  const place = [new Date(row.at).toISOString(), tenantName, row.chain, String(seq)];
  const what = [actorKind, actorId, actorName, action, outcome, code, targetType, targetId, targetName];
  const change = [row.before, row.after].map((values) => (values === null ? null : JSON.stringify(values)));
  return csvLine([...place, ...what, ...change, row.ip, row.requestId, row.hash]);
}

function jsonText({ row, tenantName }: FoundEntry): string {
  return JSON.stringify({ ...row, tenantName });
}
