// Links and host names of fronts.
import { expect, it } from "vitest";
import { hostProblem, linkFrom, linkProblem } from "./checks.ts";

it("makes a link out of a name, or none where too little is left", () => {
  expect(linkFrom("Padaria São João")).toBe("padaria-sao-joao");
  expect(linkFrom("  --A&B hosting!! ")).toBe("a-b-hosting");
  expect(linkFrom("日本")).toBe("");
  expect(linkProblem(linkFrom("x".repeat(60)))).toBeNull();
});

it("takes links that fit into an address", () => {
  expect([linkProblem(""), linkProblem("ab"), linkProblem("a b c"), linkProblem("hosting-1")]).toEqual([
    "required",
    "too_short",
    "link_format",
    null,
  ]);
});

it("takes host names, not addresses or paths", () => {
  for (const host of ["", "cloud.example.com", "Cloud.Example.com", "a.b:8443"])
    expect([host, hostProblem(host)]).toEqual([host, null]);
  for (const host of ["localhost", "https://a.b", "a.b/c", "10.0.0.1", "-a.b", "a..b"])
    expect([host, hostProblem(host)]).toEqual([host, "host_format"]);
});
