// Nesting and narrowing of the tree.
import { describe, expect, it } from "vitest";
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import { branchesOf, flat, found, narrowed } from "./tree.ts";

const node = (id: string, parentId: string | null, name: string, depth: number): TreeNodeView => ({
  id,
  parentId,
  name,
  kind: "tenant",
  status: "active",
  depth,
  services: 0,
  envelopes: [],
});
const nodes = [
  node("root", null, "House", 0),
  node("a", "root", "Padaria São João", 1),
  node("b", "root", "North", 1),
  node("b1", "b", "Bakery", 2),
  node("b2", "b", "Butcher", 2),
  node("lost", "elsewhere", "Lost", 1),
];
const names = (branches: ReturnType<typeof branchesOf>) => flat(branches).map((branch) => branch.node.id);

describe("the tree", () => {
  it("nests what is below, without the one who looks and without strays", () => {
    const branches = branchesOf(nodes);
    expect(branches.map((branch) => branch.node.id)).toEqual(["a", "b"]);
    expect(names(branches)).toEqual(["a", "b", "b1", "b2"]);
    expect(flat(branches).map((branch) => branch.below)).toEqual([null, null, "North", "North"]);
    expect(branchesOf([])).toEqual([]);
  });

  it("keeps the way down to what is searched for, whatever its case and accents", () => {
    const branches = branchesOf(nodes);
    expect(names(narrowed(branches, "butch"))).toEqual(["b", "b2"]);
    expect(names(narrowed(branches, "sao joao"))).toEqual(["a"]);
    expect(names(narrowed(branches, "north"))).toEqual(["b", "b1", "b2"]);
    expect(names(narrowed(branches, " "))).toEqual(["a", "b", "b1", "b2"]);
    expect(narrowed(branches, "nobody")).toEqual([]);
  });

  it("finds without the surroundings for the list", () => {
    expect(found(branchesOf(nodes), "b").map((branch) => branch.node.id)).toEqual(["b1", "b2"]);
  });
});
