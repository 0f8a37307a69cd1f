// The order of snapshots as a tree: nothing lost, nothing before what it stands on.
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { inTreeOrder } from "./copies.ts";

it("puts each branch after its root", () => {
  const row = (name: string, parentName: string | null) => ({ name, parentName });
  const rows = [row("c", "b"), row("a", null), row("d", "a"), row("b", "a"), row("lost", "gone")];
  expect(inTreeOrder(rows).map(({ name }) => name)).toEqual(["a", "d", "b", "c", "lost"]);
});

it("keeps every snapshot of a tree, each after its parent", () => {
  const trees = fc.array(fc.nat(), { maxLength: 20 }).map((picks) =>
    picks.map((pick, index) => ({
      name: `s${index}`,
      parentName: pick % (index + 1) === index ? null : `s${pick % (index + 1)}`,
    })),
  );
  fc.assert(
    fc.property(trees, (rows) => {
      const ordered = inTreeOrder(rows.toReversed());
      expect(ordered.map(({ name }) => name).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
      const places = new Map(ordered.map(({ name }, index) => [name, index]));
      for (const [index, { parentName }] of ordered.entries())
        if (parentName !== null) expect(places.get(parentName)).toBeLessThan(index);
    }),
  );
});
