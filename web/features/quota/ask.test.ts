// What is asked for when something does not fit.
import { expect, it } from "vitest";
import { shortOf, wanted, wishFor } from "./ask.ts";

const rows = [
  { resource: "vcpu", limit: 4, used: 3, asked: 2, left: 1, fits: false, own: true },
  { resource: "memoryMiB", limit: 4096, used: 0, asked: 512, left: 4096, fits: true, own: true },
  // Lowered below its use by hand: nothing is left, and the wish has to cover what is used too.
  { resource: "diskGiB", limit: 10, used: 12, asked: 5, left: 0, fits: false, own: true },
] as const;

it("names what is short, and by how much", () => {
  expect(shortOf(rows)).toEqual([
    { resource: "vcpu", amount: 1 },
    { resource: "diskGiB", amount: 5 },
  ]);
});

it("wishes for limits with which all of it fits", () => {
  expect(wishFor(rows)).toEqual({ vcpu: 5, diskGiB: 17 });
});

it("asks only for what is more than there is now", () => {
  const now = [
    { resource: "vcpu", limit: 4, used: 3, own: true, mode: "carve" },
    { resource: "services", limit: 4, used: 1, own: true, mode: "carve" },
  ] as const;
  expect(wanted({ vcpu: 5, services: 4 }, [...now])).toEqual({ vcpu: 5 });
  expect(wanted({ vcpu: 3 }, [...now])).toEqual({});
  // A limit of one's own instead of what is shared is more, whatever it is.
  expect(wanted({ diskGiB: 2 }, [{ resource: "diskGiB", limit: 9, used: 8, own: false, mode: "share" }])).toEqual({
    diskGiB: 2,
  });
});
