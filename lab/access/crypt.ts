// SHA-256 crypt(3) hashes (`$5$salt$hash`), in which the API keeps login and cloud-init passwords.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const ROUNDS = 5_000;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SALT_LENGTH = 8;

/** The hash of a password under a random salt. */
export function hashPassword(password: string, salt: string = randomSalt()): string {
  return `$5$${salt}$${digest(Buffer.from(password, "utf8"), Buffer.from(salt, "utf8"))}`;
}

/** Whether the password is the one behind the hash. */
export function isPassword(password: string, hash: string): boolean {
  const salt = /^\$5\$([^$]{1,16})\$/.exec(hash)?.[1];
  if (salt === undefined) return false;
  const actual = Buffer.from(hashPassword(password, salt));
  const expected = Buffer.from(hash);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function randomSalt(): string {
  return Array.from(randomBytes(SALT_LENGTH), (byte) => ALPHABET[byte % 64]).join("");
}

// The algorithm is fixed by its published specification; the names follow its steps.
function digest(password: Buffer, salt: Buffer): string {
  const alternate = sha256(password, salt, password);
  const first: Buffer[] = [password, salt, repeated(alternate, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? alternate : password);
  let current = sha256(...first);
  const passwordSequence = repeated(
    sha256(...Array.from({ length: password.length }, () => password)),
    password.length,
  );
  const saltSequence = repeated(sha256(...Array.from({ length: 16 + (current[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < ROUNDS; round += 1) {
    const odd = (round & 1) === 1;
    const parts = [odd ? passwordSequence : current];
    if (round % 3 !== 0) parts.push(saltSequence);
    if (round % 7 !== 0) parts.push(passwordSequence);
    parts.push(odd ? current : passwordSequence);
    current = sha256(...parts);
  }
  return encode(current);
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeated(source: Buffer, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => source[index % source.length] ?? 0));
}

function encode(bytes: Buffer): string {
  let text = "";
  for (let group = 0; group < 10; group += 1) {
    // The specification takes the three thirds of the digest in turn, each group starting one third further on.
    const order = [group, group + 10, group + 20];
    const turned = [0, 1, 2].map((index) => order[(index + 3 - (group % 3)) % 3] ?? 0);
    text += encodeGroup(bytes[turned[0] ?? 0] ?? 0, bytes[turned[1] ?? 0] ?? 0, bytes[turned[2] ?? 0] ?? 0, 4);
  }
  return text + encodeGroup(0, bytes[31] ?? 0, bytes[30] ?? 0, 3);
}

function encodeGroup(high: number, middle: number, low: number, characters: number): string {
  let value = (high << 16) | (middle << 8) | low;
  let text = "";
  for (let index = 0; index < characters; index += 1) {
    text += ALPHABET[value & 63];
    value >>= 6;
  }
  return text;
}
