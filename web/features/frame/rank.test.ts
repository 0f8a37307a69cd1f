// Which palette entries a few letters find.
import { expect, it } from "vitest";
import { rank } from "./rank.ts";

const find = (typed: string, labels: string[]) => rank(typed, labels, (label) => label);

it("puts beginnings first, then words, then parts", () => {
  expect(find("we", ["Power of web", "Answer", "web-1", "Reboot: web-1"])).toEqual([
    "web-1",
    "Power of web",
    "Reboot: web-1",
    "Answer",
  ]);
});

it("does not mind accents and case", () => {
  expect(find("servicos", ["Serviços"])).toEqual(["Serviços"]);
  expect(find("ATELIE", ["Ateliê"])).toEqual(["Ateliê"]);
});

it("leaves out what does not fit, and keeps all when nothing is typed", () => {
  expect(find("zzz", ["a", "b"])).toEqual([]);
  expect(find(" ", ["a", "b"])).toEqual(["a", "b"]);
});
