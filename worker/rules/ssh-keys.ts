// OpenSSH public keys: the fingerprint that people compare, and lists of keys without doubles.

/** Fingerprint of a public key's line as `ssh-keygen -l` prints it: SHA-256 of the blob, base64 without its padding. */
export async function fingerprintOf(line: string): Promise<string> {
  const blob = Uint8Array.from(atob(blobOf(line)), (letter) => letter.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", blob));
  return `SHA256:${btoa(String.fromCharCode(...digest)).replace(/=+$/, "")}`;
}

/** Lines in their order, each key once: two that differ in their comment are one. */
export function distinctKeys(lines: readonly string[]): string[] {
  const known = new Set<string>();
  return lines.filter((line) => {
    const blob = blobOf(line);
    return !known.has(blob) && known.add(blob);
  });
}

/** The line with single blanks, as it is kept. */
export function tidyKey(line: string): string {
  return line.trim().split(/ +/).join(" ");
}

function blobOf(line: string): string {
  return line.trim().split(/ +/)[1] ?? "";
}
