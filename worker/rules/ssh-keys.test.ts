// Fingerprints as ssh-keygen prints them, for keys that it has made.
import { describe, expect, it } from "vitest";
import { distinctKeys, fingerprintOf, tidyKey } from "./ssh-keys.ts";

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvREOE0OahFq2RGQKPF4Fc1PGQdm0UQKZ7JWrcVqqXE ana at home";
const ECDSA =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPO5aAa2qSCspfjV6bao70rJaLRwnQ/jgqfp0M3M6OoZz2tIAFu7ZsWoZwfy7CXY9rDcpBH0e660Q/sg8/WfFkQ= ana at home";
const RSA =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDGkJ7Y3ehotMYT6gr2Au7WVCZAUy89yxfXc5Itt5d5Pc+6TDsCZwl6Tqabq7NMABokiya6C9aMRBAtm659hhH4fe3iXfjTq5EB90RBBHos49sJovV/9qJjGlkMgMDqgr89Vo0ZslTJxKLvBaHwY4Lx6GEo7zkB1TG1836bypEPqOfUmUH8ItsQKl9OYK/3Hwo7kGQBB/sQKUUs5KmplgcuSC6E+lldUY4LwEdoriBZw+Yx3EvIVLAs8JCC2Nc2dwgjeVFL1Yf6kPhf8nId5hQj8J7pydct7SVylHoZZB70yPlpdfUTmNlgxNCLwLbMgmNdRGM4wuEESBx9lZMQaD39 ana at home";

describe("fingerprintOf", () => {
  it.each([
    [ED25519, "SHA256:ZhhyyAKXri2YS+DrPRd6co8GDxzDOLnrgUxK6atZFdI"],
    [ECDSA, "SHA256:uczsFJkD+wyskEPwgCHlBdQ1vcebc6omWE3jbJc+3Xg"],
    [RSA, "SHA256:/n4668uTl18ndi68gztShKvFw8FuJCdBFDnAV4hkA74"],
  ])("%s", async (line, fingerprint) => {
    expect(await fingerprintOf(line)).toBe(fingerprint);
    // Neither the comment nor the blanks are part of it.
    expect(await fingerprintOf(`  ${line.split(" ").slice(0, 2).join("   ")} `)).toBe(fingerprint);
  });
});

describe("distinctKeys", () => {
  it("keeps the first of two that differ in their comment", () => {
    const other = ED25519.replace("ana at home", "elsewhere");
    expect(distinctKeys([ED25519, RSA, other, ECDSA, RSA])).toEqual([ED25519, RSA, ECDSA]);
    expect(distinctKeys([])).toEqual([]);
  });
});

it("tidyKey leaves one blank between the parts", () => {
  expect(tidyKey(`  ${ED25519.replaceAll(" ", "   ")}\n`)).toBe(ED25519);
});
