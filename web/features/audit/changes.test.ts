// Rows of an audit entry.
import { expect, it } from "vitest";
import { changesOf } from "./changes.ts";

it("leaves out what stayed the same", () => {
  expect(changesOf({ name: "a", role: "viewer" }, { name: "a", role: "owner" })).toEqual([
    { field: "role", before: "viewer", after: "owner" },
  ]);
});

it("tells everything where only one side is known", () => {
  expect(changesOf(null, { name: "a", cores: 0 })).toEqual([
    { field: "name", before: undefined, after: "a" },
    { field: "cores", before: undefined, after: 0 },
  ]);
  expect(changesOf({ name: "a" }, null)).toEqual([{ field: "name", before: "a", after: undefined }]);
  expect(changesOf(null, null)).toEqual([]);
});

it("walks into records and writes lists as one text", () => {
  expect(
    changesOf(
      { limits: { vcpu: 2, services: 1 }, scopes: ["a"] },
      { limits: { vcpu: 4, services: 1 }, scopes: ["a", "b"] },
    ),
  ).toEqual([
    { field: "limits.vcpu", before: 2, after: 4 },
    { field: "scopes", before: "a", after: "a, b" },
  ]);
});
