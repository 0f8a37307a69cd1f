// Password hashes against values of the reference implementation.
import { expect, test } from "vitest";
import { hashPassword, isPassword } from "./crypt.ts";

test("hashes as crypt(3) does", () => {
  expect(hashPassword("s3cretpw", "iwoy9AkL")).toBe("$5$iwoy9AkL$fxc1TMCnBqkkFPIM03JiX9ZJe/24auEanfjtzgBRIy2");
  expect(hashPassword("x", "iwoy9AkL")).toBe("$5$iwoy9AkL$/uYcOSyG1Vmt0IugazSmOl9JofkkGaVAu.PvByERoE6");
});

test("knows the right password from a wrong one", () => {
  const hash = hashPassword("a long password");
  expect(isPassword("a long password", hash)).toBe(true);
  expect(isPassword("a long passwore", hash)).toBe(false);
});
