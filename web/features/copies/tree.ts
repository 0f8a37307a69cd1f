// How deep each snapshot stands below the first: pure, for the indent of its row.

/** Depth by id, 0 for those that stand upon nothing that is listed; rows come parent first. */
export function depthsOf(
  rows: readonly { id: string; name: string; parentName: string | null }[],
): ReadonlyMap<string, number> {
  const byName = new Map<string, number>();
  return new Map(
    rows.map((row) => {
      const above = row.parentName === null ? undefined : byName.get(row.parentName);
      const depth = above === undefined ? 0 : above + 1;
      byName.set(row.name, depth);
      return [row.id, depth];
    }),
  );
}
