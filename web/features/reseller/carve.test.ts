// What a child's limits take from the giver.
import { expect, it } from "vitest";
import { carvedModes, emptyLimits, limitsBody, modesOf, ownLimits, previewCarve, type ChildRow } from "./carve.ts";

const giver = [
  { resource: "vcpu", limit: 32, used: 12, own: true, mode: "carve" },
  { resource: "memoryMiB", limit: 8192, used: 3072, own: true, mode: "carve" },
] as const;
const now: ChildRow[] = [
  { resource: "vcpu", mode: "carve", limit: 4, used: 3 },
  { resource: "memoryMiB", mode: "carve", limit: 2048, used: 1024 },
];

it("replaces what the child holds now by what is typed", () => {
  const [vcpu] = previewCarve([...giver], { ...emptyLimits(), vcpu: 10, memoryMiB: 2048 }, carvedModes(), now);
  expect(vcpu).toEqual({ resource: "vcpu", limit: 32, used: 8, asked: 10, left: 14, fits: true });
});

it("takes what is shared as it is used, and nothing of what is rejected", () => {
  const modes = { ...carvedModes(), vcpu: "share", memoryMiB: "reject" } as const;
  const rows = previewCarve([...giver], emptyLimits(), modes, now);
  expect(rows).toMatchObject([
    { resource: "vcpu", used: 8, asked: 3 },
    { resource: "memoryMiB", used: 1024, asked: 0 },
  ]);
});

it("says when the giver has not enough", () => {
  const [vcpu] = previewCarve([...giver], { ...emptyLimits(), vcpu: 25 }, carvedModes(), now);
  expect(vcpu).toMatchObject({ left: -1, fits: false });
});

it("is silent about what neither is nor was handed out", () => {
  expect(previewCarve([...giver], emptyLimits(), carvedModes(), [])).toEqual([]);
});

it("sends a limit for what is carved only, zero for an empty field, and the modes that change", () => {
  const typed = { ...emptyLimits(), vcpu: 2 };
  const { limits, modes } = limitsBody(typed, { ...carvedModes(), services: "share" }, carvedModes());
  expect(limits).toMatchObject({ vcpu: 2, memoryMiB: 0 });
  expect(limits).not.toHaveProperty("services");
  expect(modes).toEqual({ services: "share" });
  expect(limitsBody(typed, carvedModes(), carvedModes())).not.toHaveProperty("modes");
});

it("reads limits and modes from the child's own envelopes", () => {
  expect(ownLimits(now)).toMatchObject({ vcpu: 4, diskGiB: null });
  expect(modesOf(now)).toMatchObject({ vcpu: "carve", diskGiB: "share" });
});
