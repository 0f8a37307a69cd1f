// Checks a password against what a configuration holds: clear text, or a crypt(3) hash of the SHA-2 kinds ($5$, $6$).
import { createHash, timingSafeEqual } from "node:crypto";

/** Whether `password` is the one that `stored` (clear text or `$5$…`, `$6$…`) stands for; other hash kinds never match. */
export function passwordMatches(password: string, stored: string): boolean {
  const kind = /^\$([0-9a-z]+)\$/.exec(stored)?.[1];
  if (kind === undefined) return same(password, stored);
  if (kind !== "5" && kind !== "6") return false;
  return same(shaCrypt(password, stored), stored);
}

/** Hash of a password by the "Unix crypt using SHA-256 and SHA-512" scheme, under the kind, rounds and salt of `setting`. */
export function shaCrypt(password: string, setting: string): string {
  const parts = setting.split("$");
  const kind = parts[1] === "6" ? "6" : "5";
  const algorithm = kind === "6" ? "sha512" : "sha256";
  const given = /^rounds=(\d+)$/.exec(parts[2] ?? "")?.[1];
  const rounds = given === undefined ? 5000 : Math.min(Math.max(Number(given), 1000), 999_999_999);
  const saltText = ((given === undefined ? parts[2] : parts[3]) ?? "").slice(0, 16);
  const digest = shaCryptDigest(algorithm, Buffer.from(password), Buffer.from(saltText), rounds);
  return `$${kind}$${given === undefined ? "" : `rounds=${rounds}$`}${saltText}$${encode(digest)}`;
}

function shaCryptDigest(algorithm: string, key: Buffer, salt: Buffer, rounds: number): Buffer {
  const hash = (...pieces: Buffer[]) =>
    pieces.reduce((state, piece) => state.update(piece), createHash(algorithm)).digest();
  const alternate = hash(key, salt, key);
  const pieces = [key, salt, repeated(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>>= 1) pieces.push(bits & 1 ? alternate : key);
  let digest = hash(...pieces);
  const keyBytes = repeated(hash(...Array.from({ length: key.length }, () => key)), key.length);
  const saltBytes = repeated(hash(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const odd = (round & 1) === 1;
    digest = hash(
      odd ? keyBytes : digest,
      ...(round % 3 === 0 ? [] : [saltBytes]),
      ...(round % 7 === 0 ? [] : [keyBytes]),
      odd ? digest : keyBytes,
    );
  }
  return digest;
}

function repeated(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Three bytes become four characters; which three is the scheme's own permutation, one step of rotation a group. */
function encode(digest: Buffer): string {
  const third = Math.floor(digest.length / 3);
  const byte = (index: number) => digest[index] ?? 0;
  let text = "";
  const put = (value: number, count: number) => {
    for (let index = 0; index < count; index++, value >>>= 6) text += ALPHABET[value & 63];
  };
  let order = [0, third, 2 * third];
  for (let group = 0; group < third; group++) {
    const [high = 0, middle = 0, low = 0] = order;
    put((byte(high) << 16) | (byte(middle) << 8) | byte(low), 4);
    // SHA-512's groups turn left, SHA-256's turn right.
    order = (digest.length === 64 ? [middle, low, high] : [low, high, middle]).map((index) => index + 1);
  }
  if (digest.length === 64) put(byte(63), 2);
  else put((byte(31) << 8) | byte(30), 3);
  return text;
}

function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
}
