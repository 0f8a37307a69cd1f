// Limits as they are typed and sent.
import { expect, it } from "vitest";
import type { ChildQuotaRow } from "../../../worker/rules/views-tree.ts";
import { carvedModes, emptyLimits, limitsBody, modesOf, ownLimits } from "./carve.ts";

const now: ChildQuotaRow[] = [
  { resource: "vcpu", mode: "carve", limit: 4, used: 3 },
  { resource: "memoryMiB", mode: "carve", limit: 2048, used: 1024 },
];

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
