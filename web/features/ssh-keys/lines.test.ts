// What a typed key tells of itself.
import { describe, expect, it } from "vitest";
import { nameOfLine, typeOfLine, unkept, wayInProblem } from "./lines.ts";

describe("a line of an SSH key", () => {
  it("suggests a name: its comment, or its type where it has none", () => {
    expect(nameOfLine("ssh-ed25519 AAAA ana@laptop")).toBe("ana@laptop");
    expect(nameOfLine(" ssh-rsa  AAAA  work phone ")).toBe("work phone");
    expect(nameOfLine("ssh-ed25519 AAAA")).toBe("ssh-ed25519");
    expect(nameOfLine("ssh-ed25519 AAAA x")).toBe("ssh-ed25519");
  });

  it("has a type that people know", () => {
    expect(typeOfLine("ssh-ed25519 AAAA")).toBe("ed25519");
    expect(typeOfLine("ecdsa-sha2-nistp256 AAAA")).toBe("nistp256");
    expect(typeOfLine("sk-ssh-ed25519@openssh.com AAAA")).toBe("ed25519");
  });
});

it("what is kept already is not kept again, whatever its comment", () => {
  const kept = [{ line: "ssh-ed25519 AAAA ana@laptop" }];
  expect(unkept("ssh-ed25519 AAAA ana@desk\n\nssh-ed25519 BBBB ana@phone\n", kept)).toEqual([
    "ssh-ed25519 BBBB ana@phone",
  ]);
});

const login = (more: Partial<Parameters<typeof wayInProblem>[0]>) =>
  wayInProblem({ password: "", sshKeys: "", keyIds: [], ...more });

it("a password or a key is needed, typed or kept, and a password that is given has to do", () => {
  expect(login({})).toBe("password_or_key");
  expect(login({ sshKeys: " \n" })).toBe("password_or_key");
  expect([login({ keyIds: ["key_1"] }), login({ sshKeys: "ssh-rsa A" }), login({ password: "long enough" })]).toEqual([
    null,
    null,
    null,
  ]);
  expect(login({ password: "short", keyIds: ["key_1"] })).toBe("too_short");
});
