// Filling parameters into sentences.
import { expect, it } from "vitest";
import { fillIn } from "./fill-in.ts";

it("fills in what it is given", () => {
  expect(fillIn("{{a}} of {{b}}", { a: 0, b: "x" })).toBe("0 of x");
});

it("shows an optional part only when all its parameters are there", () => {
  expect(fillIn("Wait[[ {{seconds}} s]].", {})).toBe("Wait.");
  expect(fillIn("Wait[[ {{seconds}} s]].", { seconds: 3 })).toBe("Wait 3 s.");
  expect(fillIn("A[[ {{x}} {{y}}]]B", { x: 1 })).toBe("AB");
});

it("does not fill in what a value itself looks like", () => {
  expect(fillIn("{{a}}", { a: "{{b}}", b: "no" })).toBe("{{b}}");
});
