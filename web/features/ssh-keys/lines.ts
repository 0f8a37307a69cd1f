// Typed SSH keys: the name that a line suggests, and which of several are worth keeping: pure.
import { passwordProblem, sshKeyLines } from "../../../worker/rules/names.ts";

/** The comment of a key's line, which mostly says whose or where it is; a word for its type where there is none. */
export function nameOfLine(line: string): string {
  const [type = "", , ...comment] = line.trim().split(/ +/);
  const said = comment.join(" ").slice(0, 60);
  return said.length >= 2 ? said : type;
}

/** Lines that are not kept yet; two that differ only in their comment are the same key. */
export function unkept(typed: string, kept: readonly { line: string }[]): string[] {
  const known = new Set(kept.map((key) => blobOf(key.line)));
  return sshKeyLines(typed).filter((line) => !known.has(blobOf(line)));
}

/** What is wrong with a password beside keys: either of the two will do, and both are allowed. */
export function wayInProblem(login: { password: string; sshKeys: string; keyIds: readonly string[] }): string | null {
  if (login.password !== "") return passwordProblem(login.password);
  return login.sshKeys.trim() === "" && login.keyIds.length === 0 ? "password_or_key" : null;
}

/** Type of a key in short, as people call it: `ed25519`, `rsa`. */
export function typeOfLine(line: string): string {
  return (line.split(" ")[0] ?? "")
    .replace(/^sk-/, "")
    .replace(/^ssh-|^ecdsa-sha2-/, "")
    .replace(/@.*$/, "");
}

function blobOf(line: string): string {
  return line.trim().split(/ +/)[1] ?? "";
}
