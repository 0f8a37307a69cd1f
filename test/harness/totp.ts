// An authenticator app (RFC 6238), as a test holds one in its hand.
import { createHmac } from "node:crypto";
import type { Person } from "../../lab/stack/person.ts";

const PERIOD_MS = 30_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export class CodeApp {
  private readonly secret: Buffer;
  private readonly shown = new Set<number>();

  /** `otpauth://totp/…`, as the QR code has it. */
  constructor(uri: string) {
    this.secret = base32(new URL(uri).searchParams.get("secret") ?? "");
  }

  /** A code that is good now and was not shown before: of this half minute, the next or the last. */
  next(): string {
    const step = Math.floor(Date.now() / PERIOD_MS);
    const unused = [step, step + 1, step - 1].find((candidate) => !this.shown.has(candidate));
    if (unused === undefined) throw new Error("every code of this moment was shown already");
    this.shown.add(unused);
    return this.at(unused);
  }

  /** A code that is wrong, however the clock moves on in the meantime. */
  wrong(): string {
    const step = Math.floor(Date.now() / PERIOD_MS);
    const right = new Set([-2, -1, 0, 1, 2].map((offset) => this.at(step + offset)));
    for (;;) {
      const code = String(Math.floor(Math.random() * 1_000_000)).padStart(6, "0");
      if (!right.has(code)) return code;
    }
  }

  private at(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac("sha1", this.secret).update(counter).digest();
    const offset = (mac.at(-1) ?? 0) & 15;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
  }
}

/** Sets up codes for somebody who is signed in with this password. */
export async function setUpCodes(person: Person, password: string): Promise<{ app: CodeApp; recoveryCodes: string[] }> {
  const begun = await person.ok<{ totpURI: string; backupCodes: string[] }>("POST", "/api/auth/two-factor/enable", {
    password,
  });
  const app = new CodeApp(begun.totpURI);
  await person.ok("POST", "/api/auth/two-factor/verify-totp", { code: app.next() });
  return { app, recoveryCodes: begun.backupCodes };
}

function base32(text: string): Buffer {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
