// The tree below a reseller as nested branches, narrowed down by what is searched for; pure.
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import { plain } from "../../ui/plain.ts";

export interface Branch {
  node: TreeNodeView;
  /** Name of the one above; null directly below the one who looks. */
  below: string | null;
  branches: Branch[];
}

/** What is below the first node, nested; nodes come parents first. */
export function branchesOf(nodes: readonly TreeNodeView[]): Branch[] {
  const [root, ...rest] = nodes;
  if (!root) return [];
  const known = new Map<string, Branch>([[root.id, { node: root, below: null, branches: [] }]]);
  for (const node of rest) {
    const above = known.get(node.parentId ?? "");
    if (!above) continue;
    const branch = { node, below: above.node.id === root.id ? null : above.node.name, branches: [] };
    above.branches.push(branch);
    known.set(node.id, branch);
  }
  return known.get(root.id)?.branches ?? [];
}

/** Every branch, in the order of the tree. */
export function flat(branches: readonly Branch[]): Branch[] {
  return branches.flatMap((branch) => [branch, ...flat(branch.branches)]);
}

/** Those whose name holds what was typed, with the way down to them; everything where nothing was typed. */
export function narrowed(branches: readonly Branch[], typed: string): Branch[] {
  const wanted = plain(typed.trim());
  if (wanted === "") return [...branches];
  return branches.flatMap((branch) => {
    if (plain(branch.node.name).includes(wanted)) return [branch];
    const inner = narrowed(branch.branches, typed);
    return inner.length > 0 ? [{ ...branch, branches: inner }] : [];
  });
}

/** Those whose name holds what was typed, without their surroundings. */
export function found(branches: readonly Branch[], typed: string): Branch[] {
  const wanted = plain(typed.trim());
  return flat(branches).filter((branch) => plain(branch.node.name).includes(wanted));
}
