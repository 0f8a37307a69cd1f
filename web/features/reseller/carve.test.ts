// What a child's limits take from the giver.
import { expect, it } from "vitest";
import { emptyLimits, limitsBody, ownLimits, previewCarve } from "./carve.ts";

const giver = [
  { resource: "vcpu", limit: 32, used: 12, own: true },
  { resource: "memoryMiB", limit: 8192, used: 0, own: true },
] as const;

it("replaces what the child holds now by what is typed", () => {
  const before = { ...emptyLimits(), vcpu: 4 };
  const [row] = previewCarve([...giver], { ...emptyLimits(), vcpu: 10 }, before);
  expect(row).toEqual({ resource: "vcpu", limit: 32, used: 8, asked: 10, left: 14, fits: true });
});

it("says what does not fit, and leaves out what is not given", () => {
  const rows = previewCarve([...giver], { ...emptyLimits(), vcpu: 21 }, emptyLimits());
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ fits: false, left: -1 });
});

it("sends zero for what was left empty; limits of others are none of its own", () => {
  expect(limitsBody({ ...emptyLimits(), vcpu: 3 })).toMatchObject({ vcpu: 3, memoryMiB: 0, services: 0 });
  expect(
    ownLimits([
      { resource: "vcpu", limit: 4, used: 1, own: true },
      { resource: "services", limit: 9, used: 1, own: false },
    ]),
  ).toEqual({ ...emptyLimits(), vcpu: 4 });
});
