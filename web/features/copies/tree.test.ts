import { describe, expect, it } from "vitest";
import { depthsOf } from "./tree.ts";

const row = (name: string, parentName: string | null) => ({ id: `id-${name}`, name, parentName });

describe("depths of snapshots", () => {
  it("grow along a branch, begin anew with each root, and take an unknown parent for none", () => {
    const rows = [row("a", null), row("b", "a"), row("c", "b"), row("d", "a"), row("e", null), row("f", "gone")];
    expect([...depthsOf(rows).values()]).toEqual([0, 1, 2, 1, 0, 0]);
  });
});
