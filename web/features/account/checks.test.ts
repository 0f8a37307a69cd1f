// Checks of the account forms.
import { expect, it } from "vitest";
import { codeProblem, emailProblem, safeReturnPath } from "./checks.ts";

it("leads back only to paths of this origin", () => {
  expect(safeReturnPath("/t/ten_1?x=1")).toBe("/t/ten_1?x=1");
  for (const wrong of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
    undefined,
    ["/a"],
  ]) {
    expect(safeReturnPath(wrong)).toBe("/");
  }
});

it("takes addresses, not other text", () => {
  expect(emailProblem("ana@example.com")).toBeNull();
  expect(emailProblem(" ")).toBe("required");
  for (const wrong of ["ana", "ana@", "ana@example", "a b@example.com"])
    expect(emailProblem(wrong)).toBe("email_format");
});

it("takes six digits however they are spaced", () => {
  expect(codeProblem("123 456")).toBeNull();
  expect(codeProblem(" ")).toBe("required");
  for (const wrong of ["12345", "1234567", "12a456"]) expect(codeProblem(wrong)).toBe("code_format");
});
