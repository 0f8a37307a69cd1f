// What names, login users, passwords and SSH keys may look like; each check answers a code, or null when all is well.

/** Why a typed value is not taken; keys of the SPA's dictionaries. */
export type FieldProblem = "required" | "too_short" | "too_long" | "format" | "reserved" | "key_format" | "too_many";

/** A service's name becomes the guest's host name, so it is one DNS label (RFC 1123), 2 to 40 characters. */
export function nameProblem(name: string): FieldProblem | null {
  if (name.length === 0) return "required";
  if (name.length < 2) return "too_short";
  if (name.length > 40) return "too_long";
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) ? null : "format";
}

/** System accounts of common guests, which cloud-init must not be told to take over. */
const RESERVED_USERS = new Set(["root", "daemon", "bin", "sys", "sync", "nobody", "mail", "www-data", "sshd", "man"]);

/** Login user, 1 to 32 characters as `useradd` takes them (POSIX portable user names). */
export function loginUserProblem(user: string): FieldProblem | null {
  if (user.length === 0) return "required";
  if (user.length > 32) return "too_long";
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) return "format";
  return RESERVED_USERS.has(user) ? "reserved" : null;
}

/** Account in a guest that is there already, system accounts and those of other systems included: 1 to 32 characters. */
export function guestUserProblem(user: string): FieldProblem | null {
  if (user.length === 0) return "required";
  if (user.length > 32) return "too_long";
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(user) ? null : "format";
}

/** Login password of a guest: 8 to 72 printable ASCII characters (72 is what the shortest-sighted hash reads). */
export function passwordProblem(password: string): FieldProblem | null {
  if (password.length === 0) return "required";
  if (password.length < 8) return "too_short";
  if (password.length > 72) return "too_long";
  return /^[\x20-\x7e]+$/.test(password) ? null : "format";
}

const KEY_TYPES = new Set([
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
]);

/** The most keys one launch takes, so that cloud-init's data stays far below its 64 KiB; a person keeps no more than that. */
export const MAX_KEYS = 20;

/** OpenSSH public keys, one a line, without options; empty text is no problem. */
export function sshKeysProblem(text: string): FieldProblem | null {
  const lines = sshKeyLines(text);
  if (lines.length > MAX_KEYS) return "too_many";
  return lines.every(isSshKey) ? null : "key_format";
}

/** One OpenSSH public key on a line of its own. */
export function sshKeyProblem(text: string): FieldProblem | null {
  const lines = sshKeyLines(text);
  if (lines.length > 1) return "too_many";
  const [line] = lines;
  if (line === undefined) return "required";
  return isSshKey(line) ? null : "key_format";
}

/** The non-empty lines of a field of keys, trimmed. */
export function sshKeyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** RFC 4253 section 6.6: the base64 blob starts with the length and name of its own type. */
function isSshKey(line: string): boolean {
  const [type, blob, ...comment] = line.split(/ +/);
  if (type === undefined || blob === undefined || !KEY_TYPES.has(type)) return false;
  if (blob.length > 8_192 || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || blob.length % 4 !== 0) return false;
  if (!/^[\x20-\x7e]{0,200}$/.test(comment.join(" "))) return false;
  const bytes = atob(blob);
  const length = [0, 1, 2, 3].reduce((sum, index) => sum * 256 + bytes.charCodeAt(index), 0);
  return bytes.length > 4 + length && bytes.slice(4, 4 + length) === type;
}

/** Names that Proxmox VE keeps for itself. */
const RESERVED_SNAPSHOTS = new Set(["current", "pending"]);

/** Name of a snapshot as Proxmox VE takes it: a letter, then letters, digits, `_` and `-`, 2 to 40 characters. */
export function snapshotNameProblem(name: string): FieldProblem | null {
  if (name.length === 0) return "required";
  if (name.length < 2) return "too_short";
  if (name.length > 40) return "too_long";
  if (!/^[A-Za-z][A-Za-z0-9_-]+$/.test(name)) return "format";
  return RESERVED_SNAPSHOTS.has(name.toLowerCase()) ? "reserved" : null;
}

/** What a person writes about a snapshot or backup: up to 400 characters, line breaks allowed, no other control characters. */
export function noteProblem(text: string): FieldProblem | null {
  if (text.length > 400) return "too_long";
  return /^[\P{C}\n]*$/u.test(text) ? null : "format";
}

/** The most words that one service is found by. */
export const MAX_TAGS = 10;

/** A word that a service is found by: 1 to 24 small letters, digits and hyphens. */
export function tagProblem(tag: string): FieldProblem | null {
  if (tag.length === 0) return "required";
  if (tag.length > 24) return "too_long";
  return /^[a-z0-9][a-z0-9-]*$/.test(tag) ? null : "format";
}

/** Name of a tenant or reseller: 2 to 60 characters, no control characters. */
export function tenantNameProblem(name: string): FieldProblem | null {
  const trimmed = name.trim();
  if (trimmed.length === 0) return "required";
  if (trimmed.length < 2) return "too_short";
  if (trimmed.length > 60) return "too_long";
  return /^\P{C}+$/u.test(trimmed) ? null : "format";
}

/** Password of a portal account, in characters: long enough to resist guessing, short enough to hash. */
export const ACCOUNT_PASSWORD_LENGTH = { min: 10, max: 128 } as const;
