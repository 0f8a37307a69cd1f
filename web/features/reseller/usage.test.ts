// The table of use: what counts where, the order, the file.
import { describe, expect, it } from "vitest";
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import { sorted, usageCsv, usageRows, usedResources } from "./usage.ts";

const node = (
  id: string,
  parentId: string | null,
  name: string,
  depth: number,
  vcpu?: [number, number],
): TreeNodeView => ({
  id,
  parentId,
  name,
  kind: "tenant",
  status: "active",
  depth,
  services: 0,
  envelopes: vcpu
    ? [{ resource: "vcpu", used: vcpu[0], limit: vcpu[1], mode: "carve" }]
    : [{ resource: "vcpu", used: 0, limit: 0, mode: "reject" }],
});
const nodes = [
  node("root", null, "House", 0, [12, 32]),
  node("a", "root", "Apple, Inc.", 1, [2, 8]),
  node("b", "root", "=Bad()", 1, [6, 8]),
  node("c", "b", 'C "quoted"', 2, [1, 4]),
  node("d", "root", "Shares", 1),
];
const mine = [{ resource: "vcpu", used: 16, limit: 32, own: true, mode: "carve" }] as const;

describe("usage", () => {
  const rows = usageRows(nodes, [...mine]);

  it("tells the part of one's own that is handed out directly below, and nothing of what has no limit of its own", () => {
    expect(rows.map((row) => row.cells.vcpu?.share)).toEqual([0.25, 0.25, null, undefined]);
    expect(rows.map((row) => row.below)).toEqual([null, null, "=Bad()", null]);
    expect(usedResources(rows)).toEqual(["vcpu"]);
  });

  it("is sorted by use or by name, either way", () => {
    const ids = (list: typeof rows) => list.map((row) => row.node.id).join("");
    expect(ids(sorted(rows, "vcpu", false))).toBe("bacd");
    expect(ids(sorted(rows, "vcpu", true))).toBe("dcab");
    expect(ids(sorted(rows, "name", true))).toBe("bacd");
  });

  it("is a file that spreadsheets read and cannot be made to run", () => {
    expect(usageCsv(rows.slice(0, 3), ["vcpu"])).toBe(
      'id,name,kind,status,below,vcpu_used,vcpu_limit\r\na,"Apple, Inc.",tenant,active,,2,8\r\n' +
        'b,\'=Bad(),tenant,active,,6,8\r\nc,"C ""quoted""",tenant,active,\'=Bad(),1,4\r\n',
    );
  });
});
