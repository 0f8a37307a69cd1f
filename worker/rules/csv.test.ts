// Fields of CSV: RFC 4180, and nothing that a spreadsheet would run.
import { describe, expect, it } from "vitest";
import { csvLine } from "./csv.ts";

describe("csvLine", () => {
  it.each([
    [["plain", "two words"], "plain,two words"],
    [["", null], ","],
    [["a, b"], '"a, b"'],
    [['say "hi"'], '"say ""hi"""'],
    [["two\nlines", "two\r\nlines"], '"two\nlines","two\r\nlines"'],
  ])("writes %j", (fields, line) => {
    expect(csvLine(fields)).toBe(`${line}\r\n`);
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])(
    "keeps %j from being a formula",
    (text) => {
      expect(csvLine([text]).replace(/^"/, "")).toMatch(/^'/);
    },
  );
});
