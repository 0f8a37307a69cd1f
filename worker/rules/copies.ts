// Pure rules of snapshots: their order as a tree.

/** Puts each snapshot after the one that it was made upon, branch by branch; siblings stay in the order given. */
export function inTreeOrder<Row extends { name: string; parentName: string | null }>(rows: readonly Row[]): Row[] {
  const names = new Set(rows.map((row) => row.name));
  const below = Map.groupBy(rows, (row) =>
    row.parentName !== null && names.has(row.parentName) && row.parentName !== row.name ? row.parentName : null,
  );
  const walk = (parent: string | null): Row[] => (below.get(parent) ?? []).flatMap((row) => [row, ...walk(row.name)]);
  return walk(null);
}
