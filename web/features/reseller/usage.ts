// The use of everything below as rows of a table: sorted, and as a file; pure.
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import { RESOURCES, type QuotaView, type Resource } from "../../../worker/rules/views.ts";
import { branchesOf, flat } from "./tree.ts";

export interface UsageCell {
  used: number;
  limit: number;
  /** Part of one's own limit that is handed out here (0..1); null where one has none, or for those further down. */
  share: number | null;
}

export interface UsageRow {
  node: TreeNodeView;
  below: string | null;
  /** Nothing for what is shared: it is counted where the limit is. */
  cells: Partial<Record<Resource, UsageCell>>;
}

export type SortKey = Resource | "name";

export function usageRows(nodes: readonly TreeNodeView[], mine: QuotaView["resources"]): UsageRow[] {
  return flat(branchesOf(nodes)).map(({ node, below }) => ({
    node,
    below,
    cells: Object.fromEntries(
      node.envelopes
        .filter((row) => row.mode === "carve")
        .map(({ resource, used, limit }) => {
          const own = mine.find((row) => row.resource === resource)?.limit ?? 0;
          return [resource, { used, limit, share: own > 0 && node.depth === 1 ? limit / own : null }];
        }),
    ),
  }));
}

/** Resources that anybody below has a limit or a use of. */
export function usedResources(rows: readonly UsageRow[]): Resource[] {
  return RESOURCES.filter((resource) =>
    rows.some(({ cells }) => (cells[resource]?.limit ?? 0) > 0 || (cells[resource]?.used ?? 0) > 0),
  );
}

/** By name, or by use with the largest first; `isUp` turns it round. */
export function sorted(rows: readonly UsageRow[], key: SortKey, isUp: boolean): UsageRow[] {
  const byName = (a: UsageRow, b: UsageRow) => a.node.name.localeCompare(b.node.name);
  const compare = (a: UsageRow, b: UsageRow) =>
    key === "name" ? byName(a, b) : (a.cells[key]?.used ?? -1) - (b.cells[key]?.used ?? -1) || byName(b, a);
  return rows.toSorted((a, b) => (isUp ? compare(a, b) : compare(b, a)));
}

/** RFC 4180, in the order that is shown; units are in the names of the columns. */
export function usageCsv(rows: readonly UsageRow[], resources: readonly Resource[]): string {
  const head = [
    "id",
    "name",
    "kind",
    "status",
    "below",
    ...resources.flatMap((resource) => [`${resource}_used`, `${resource}_limit`]),
  ];
  const body = rows.map(({ node, below, cells }) => [
    node.id,
    node.name,
    node.kind,
    node.status,
    below ?? "",
    ...resources.flatMap((resource) => [String(cells[resource]?.used ?? ""), String(cells[resource]?.limit ?? "")]),
  ]);
  return [head, ...body].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

/** A name that begins like a formula is text all the same, also in a spreadsheet. */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
