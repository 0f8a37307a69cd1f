// Parameters of scripts: what fits, and that no value can become a command.
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { environmentLines, parameterProblems } from "./scripts.ts";
import type { ScriptParameter } from "./scripts.ts";

const PARAMETERS: ScriptParameter[] = [
  { name: "domain", label: "Domain", kind: "text", required: true, maximum: 20 },
  { name: "port", label: "Port", kind: "number", required: false, minimum: 1, maximum: 65_535 },
  { name: "flavour", label: "Flavour", kind: "choice", required: false, choices: ["nginx", "caddy"] },
  { name: "open", label: "Open", kind: "flag", required: false },
];

it.each([
  [{ domain: "example.org" }, {}],
  [{}, { domain: "required" }],
  [{ domain: "x".repeat(21) }, { domain: "too_long" }],
  [{ domain: "two\nlines" }, { domain: "format" }],
  [{ domain: "a", port: "0" }, { port: "too_small" }],
  [{ domain: "a", port: "65536" }, { port: "too_big" }],
  [{ domain: "a", port: "8o" }, { port: "format" }],
  [{ domain: "a", flavour: "apache" }, { flavour: "format" }],
  [{ domain: "a", open: "yes" }, { open: "format" }],
  [{ domain: "a", more: "x" }, { more: "unknown" }],
])("%j: %j", (values, problems) => {
  expect(parameterProblems(PARAMETERS, values as Record<string, string>)).toEqual(problems);
});

it("hands any value to a shell as it is", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äß€]{0,40}$/u), (value) => {
      const lines = environmentLines({ value });
      const said = execFileSync("/bin/sh", ["-c", `${lines}\nprintf %s "$NBX_VALUE"`], { encoding: "utf8" });
      expect(said).toBe(value);
    }),
    { numRuns: 40 },
  );
});
