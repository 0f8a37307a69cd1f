// The filter between the address and the Worker.
import { expect, it } from "vitest";
import { filterOf } from "./filter.ts";

it("takes the last day as a whole, in the reader's time zone", () => {
  const { from, to } = filterOf({ from: "2026-03-01", to: "2026-03-01" });
  expect(new Date(from ?? 0).toString()).toContain("Mar 01 2026 00:00:00");
  expect(new Date(to ?? 0).toString()).toContain("Mar 02 2026 00:00:00");
});

it("leaves out what is empty or not understood", () => {
  expect(filterOf({ actor: "", action: "", from: "yesterday", below: "0" })).toEqual({});
  expect(filterOf({ actor: "ana", outcome: "refused", tenant: "ten_1", below: "1" })).toEqual({
    actor: "ana",
    outcome: "refused",
    tenant: "ten_1",
    below: true,
  });
});
