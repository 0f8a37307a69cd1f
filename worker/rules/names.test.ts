// Names, login users, passwords and SSH keys: what is taken is safe for a guest, whatever was typed.
import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  guestUserProblem,
  loginUserProblem,
  nameProblem,
  passwordProblem,
  sshKeyLines,
  sshKeyProblem,
  sshKeysProblem,
  tagProblem,
  tenantNameProblem,
  noteProblem,
  snapshotNameProblem,
} from "./names.ts";

const lettersOf = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });

/** Text that is often nearly right: letters, digits, hyphens, and a few characters that must never pass. */
const nearlyName = fc.oneof(
  lettersOf("abz019-", 0, 45),
  lettersOf("aZ0-_. \n\u00e9", 0, 45),
  fc.string(),
  fc.string({ unit: "binary" }),
);

describe("nameProblem", () => {
  it("takes nothing but one DNS label of 2 to 40 characters", () => {
    fc.assert(
      fc.property(nearlyName, (text) => {
        const isLabel =
          text.length >= 2 &&
          text.length <= 40 &&
          text.split("").every((letter) => "abcdefghijklmnopqrstuvwxyz0123456789-".includes(letter));
        const isClean = isLabel && !text.startsWith("-") && !text.endsWith("-");
        expect(nameProblem(text) === null).toBe(isClean);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["", "required"],
    ["a", "too_short"],
    ["a".repeat(41), "too_long"],
    ["-a", "format"],
    ["a-", "format"],
    ["Web", "format"],
    ["a.b", "format"],
    ["web\n", "format"],
    ["a".repeat(40), null],
    ["a1", null],
    ["x--y", null],
  ])("%j: %s", (name, problem) => expect(nameProblem(name)).toBe(problem));
});

describe("loginUserProblem", () => {
  it("takes nothing but a portable user name that is not the system's", () => {
    fc.assert(
      fc.property(fc.oneof(lettersOf("az09_-", 0, 34), fc.string()), (user) => {
        if (loginUserProblem(user) !== null) return;
        expect(user).toMatch(/^[a-z_][a-z0-9_-]{0,31}$/);
        expect(user).not.toBe("root");
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["", "required"],
    ["root", "reserved"],
    ["sshd", "reserved"],
    ["ana\n", "format"],
    ["1ana", "format"],
    ["ana:x", "format"],
    ["a".repeat(33), "too_long"],
    ["_ana-2", null],
    ["a".repeat(32), null],
  ])("%j: %s", (user, problem) => expect(loginUserProblem(user)).toBe(problem));
});

describe("passwordProblem", () => {
  it("takes 8 to 72 printable ASCII characters, and only those", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: "binary", maxLength: 80 })), (password) => {
        const codes = Array.from({ length: password.length }, (_, index) => password.charCodeAt(index));
        const isFine = codes.length >= 8 && codes.length <= 72 && codes.every((code) => code >= 32 && code <= 126);
        expect(passwordProblem(password) === null).toBe(isFine);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A key as `ssh-keygen` writes it, made of a fresh key pair. */
function ed25519(comment = "ana@laptop"): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return `ssh-ed25519 ${blobOf("ssh-ed25519", raw)} ${comment}`;
}

/** RFC 4253: length-prefixed type, then length-prefixed key. */
function blobOf(type: string, key: Uint8Array): string {
  return Buffer.concat([field(Buffer.from(type)), field(key)]).toString("base64");
}

function field(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe("sshKeysProblem", () => {
  it("takes real keys, with and without comment, in any mix of line ends", () => {
    const [one, two] = [ed25519(), ed25519("")];
    expect(sshKeysProblem(one)).toBeNull();
    expect(sshKeysProblem(two.trim())).toBeNull();
    expect(sshKeysProblem(`\n${one}\r\n\r\n  ${two}  \n`)).toBeNull();
    expect(sshKeysProblem("")).toBeNull();
  });

  it("refuses a key whose blob belongs to another type", () => {
    const blob = ed25519().split(" ")[1] ?? "";
    expect(sshKeysProblem(`ssh-rsa ${blob} ana`)).toBe("key_format");
    expect(sshKeysProblem(`ssh-ed25519 ${blobOf("ssh-rsa", Buffer.alloc(32))}`)).toBe("key_format");
  });

  it.each([
    ["an unknown type", `ssh-dss ${blobOf("ssh-dss", Buffer.alloc(32))}`],
    ["no blob", "ssh-ed25519"],
    ["a blob that is not base64", "ssh-ed25519 !!!! ana"],
    [
      "a blob with nothing behind its type",
      `ssh-ed25519 ${Buffer.from([0, 0, 0, 11, ...Buffer.from("ssh-ed25519")]).toString("base64")}`,
    ],
    ["options before the key", `command="rm" ${ed25519()}`],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"],
    ["a control character in the comment", ed25519("an\u0007a")],
    ["one bad line among good ones", `${ed25519()}\nnonsense\n${ed25519()}`],
  ])("refuses %s", (_what, text) => expect(sshKeysProblem(text)).toBe("key_format"));

  it("refuses any key whose blob was cut or changed at its head", () => {
    const [type = "", blob = ""] = ed25519().split(" ");
    const bytes = Buffer.from(blob, "base64");
    fc.assert(
      fc.property(fc.nat({ max: 14 }), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ flip;
        expect(sshKeysProblem(`${type} ${changed.toString("base64")}`)).toBe("key_format");
      }),
    );
    for (let length = 3; length <= 15; length += 3) {
      expect(sshKeysProblem(`${type} ${bytes.subarray(0, length).toString("base64")}`)).toBe("key_format");
    }
  });

  it("takes twenty keys and no more", () => {
    const keys = Array.from({ length: 21 }, () => ed25519());
    expect(sshKeysProblem(keys.slice(0, 20).join("\n"))).toBeNull();
    expect(sshKeysProblem(keys.join("\n"))).toBe("too_many");
  });

  it("hands on lines that hold no line end", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        for (const line of sshKeyLines(lines.join("\r\n"))) {
          expect(line).not.toMatch(/\n/);
          expect(line).toBe(line.trim());
          expect(line).not.toBe("");
        }
      }),
    );
  });
});

describe("tenantNameProblem", () => {
  it.each([
    ["", "required"],
    ["   ", "required"],
    ["x", "too_short"],
    ["x".repeat(61), "too_long"],
    ["a\u0000b", "format"],
    ["a\u202eb", "format"],
    ["Oficina Ação & Söhne", null],
  ])("%j: %s", (name, problem) => expect(tenantNameProblem(name)).toBe(problem));
});

describe("snapshots and notes", () => {
  it.each([
    ["", "required"],
    ["a", "too_short"],
    ["a".repeat(41), "too_long"],
    ["1st", "format"],
    ["a b", "format"],
    ["a.b", "format"],
    ["Current", "reserved"],
    ["pending", "reserved"],
    ["Before_the-update2", null],
  ])("a snapshot called %j: %s", (name, problem) => {
    expect(snapshotNameProblem(name)).toBe(problem);
  });

  it.each([
    ["", null],
    ["Zeile 1\nlinha 2: ação ✓", null],
    ["bell\u0007", "format"],
    ["a".repeat(401), "too_long"],
  ])("a note %j: %s", (text, problem) => {
    expect(noteProblem(text)).toBe(problem);
  });
});

describe("guestUserProblem", () => {
  it.each([
    ["", "required"],
    ["root", null],
    ["Administrator", null],
    ["first.last", null],
    ["-x", "format"],
    ["a b", "format"],
    ["a\n", "format"],
    ["a".repeat(33), "too_long"],
  ])("%j: %s", (user, problem) => expect(guestUserProblem(user)).toBe(problem));
});

describe("tagProblem", () => {
  it.each([
    ["", "required"],
    ["web", null],
    ["2026-prod", null],
    ["-web", "format"],
    ["Web", "format"],
    ["a_b", "format"],
    ["web\n", "format"],
    ["a".repeat(24), null],
    ["a".repeat(25), "too_long"],
  ])("%j: %s", (tag, problem) => expect(tagProblem(tag)).toBe(problem));
});

describe("sshKeyProblem", () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvREOE0OahFq2RGQKPF4Fc1PGQdm0UQKZ7JWrcVqqXE";
  it.each([
    ["", "required"],
    [`${key}\n`, null],
    [`${key} ana at home`, null],
    [`${key}\n${key}`, "too_many"],
    ["ssh-ed25519 AAAA", "key_format"],
  ])("%j: %s", (line, problem) => expect(sshKeyProblem(line)).toBe(problem));
});
