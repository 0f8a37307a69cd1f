// Password checks and VNC's challenge, against values of other implementations.
import { expect, test } from "vitest";
import { passwordMatches, shaCrypt } from "./crypt.ts";
import { vncResponse } from "./vnc-auth.ts";

test("SHA-crypt agrees with OpenSSL's passwd", () => {
  expect(shaCrypt("Hello world!", "$5$saltstring")).toBe("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
  expect(shaCrypt("Hello world!", "$6$saltstring")).toBe(
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  );
  expect(shaCrypt("short", "$5$rounds=1400$anotherlongsaltstring$")).toMatch(
    /^\$5\$rounds=1400\$anotherlongsalts\$.{43}$/,
  );
});

test("clear text and hashes match only their own password", () => {
  expect(passwordMatches("abc", "abc")).toBe(true);
  expect(passwordMatches("abd", "abc")).toBe(false);
  const hash = shaCrypt("geheim1!", "$5$NaCl");
  expect(passwordMatches("geheim1!", hash)).toBe(true);
  expect(passwordMatches(hash, hash)).toBe(false);
  expect(passwordMatches("x", "$y$j9T$x")).toBe(false);
});

test("a VNC answer is DES under the mirrored password", () => {
  // The challenge of zeros under an empty password is DES's well-known weak-key block.
  expect(vncResponse("", Buffer.alloc(16)).toString("hex")).toBe("8ca64de9c1b123a7".repeat(2));
  expect(vncResponse("12345678", Buffer.alloc(16))).toEqual(vncResponse("12345678 and more", Buffer.alloc(16)));
  expect(vncResponse("a", Buffer.alloc(16))).not.toEqual(vncResponse("b", Buffer.alloc(16)));
});
