// Signs and verifies login tickets, CSRF tokens and console tickets, in the shapes of the real ones.
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomInt,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LOGIN_LIFETIME_SECONDS = 7_200;
/** A ticket may come from a clock that is this much ahead. */
const LOGIN_SKEW_SECONDS = 300;
const CONSOLE_MIN_AGE_SECONDS = -20;
const CONSOLE_MAX_AGE_SECONDS = 40;
const PASSWORD_LENGTH = 8;

export class Tickets {
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #csrfKey: Buffer;

  /** The signing key is kept below the state directory, so that tickets outlive a restart. */
  constructor(stateDir: string) {
    const file = join(stateDir, "auth.key");
    if (!existsSync(file)) {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    }
    const pem = readFileSync(file, "utf8");
    this.#private = createPrivateKey(pem);
    this.#public = createPublicKey(pem);
    this.#csrfKey = createHmac("sha256", pem).update("csrf").digest();
  }

  login(username: string, nowSeconds: number): string {
    return this.#sign("PVE", username, nowSeconds, "");
  }

  /** The user of a valid login ticket, or null. */
  userOfLogin(ticket: string, nowSeconds: number): string | null {
    const match = /^PVE:([^:]+):([0-9A-F]{8})::(.+)$/s.exec(ticket);
    if (match === null) return null;
    const [, username = "", time = "", signature = ""] = match;
    if (!this.#verify(`PVE:${username}:${time}`, signature)) return null;
    const age = nowSeconds - parseInt(time, 16);
    return age >= -LOGIN_SKEW_SECONDS && age <= LOGIN_LIFETIME_SECONDS ? username : null;
  }

  csrf(username: string, nowSeconds: number): string {
    const time = hex(nowSeconds);
    return `${time}:${this.#csrfDigest(time, username)}`;
  }

  isCsrf(token: string, username: string, nowSeconds: number): boolean {
    const [time = "", digest = ""] = token.split(":");
    const expected = this.#csrfDigest(time, username);
    const age = nowSeconds - parseInt(time, 16);
    return (
      digest.length === expected.length &&
      timingSafeEqual(Buffer.from(digest), Buffer.from(expected)) &&
      age >= -LOGIN_SKEW_SECONDS &&
      age <= LOGIN_LIFETIME_SECONDS
    );
  }

  /** A console ticket, bound to who may use it, for which guest and port; `password` is put before it for graphical displays. */
  console(authId: string, path: string, port: number, nowSeconds: number, password: string | null): string {
    const ticket = this.#sign("PVEVNC", null, nowSeconds, `${authId}:${path}:${port}`);
    return password === null ? ticket : `${password}:${ticket}`;
  }

  isConsole(ticket: string, authId: string, path: string, port: number, nowSeconds: number): boolean {
    // The password before the ticket may hold any character, a colon too: only its length is known.
    const match = /^(?:.{8}:)?PVEVNC:([0-9A-F]{8})::(.+)$/s.exec(ticket);
    if (match === null) return false;
    const [, time = "", signature = ""] = match;
    const age = nowSeconds - parseInt(time, 16);
    if (age < CONSOLE_MIN_AGE_SECONDS || age > CONSOLE_MAX_AGE_SECONDS) return false;
    return this.#verify(`PVEVNC:${time}:${authId}:${path}:${port}`, signature);
  }

  #sign(prefix: string, name: string | null, nowSeconds: number, secret: string): string {
    const plain = name === null ? `${prefix}:${hex(nowSeconds)}` : `${prefix}:${name}:${hex(nowSeconds)}`;
    const signature = sign("sha1", Buffer.from(secret === "" ? plain : `${plain}:${secret}`), this.#private);
    return `${plain}::${signature.toString("base64")}`;
  }

  #verify(plain: string, signature: string): boolean {
    return verify("sha1", Buffer.from(plain), this.#public, Buffer.from(signature, "base64"));
  }

  #csrfDigest(time: string, username: string): string {
    return createHmac("sha256", this.#csrfKey).update(`${time}:${username}`).digest("base64").replace(/=+$/, "");
  }
}

/** A one-use VNC password: eight printable characters. */
export function consolePassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => String.fromCharCode(randomInt(0x21, 0x61))).join("");
}

function hex(seconds: number): string {
  return seconds.toString(16).toUpperCase().padStart(8, "0");
}
