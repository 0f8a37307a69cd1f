// A passkey (WebAuthn, level 2) as a device keeps one: an ES256 key, and answers to challenges as browsers send them.
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Flags of the authenticator's data. */
const PRESENT = 0x01;
const VERIFIED = 0x04;
const WITH_KEY = 0x40;

export class Passkey {
  readonly id = randomBytes(32);
  /** Whether the device asks for its owner, by finger or number. */
  verifies = true;
  private readonly keys = generateKeyPairSync("ec", { namedCurve: "P-256" }) as {
    privateKey: KeyObject;
    publicKey: KeyObject;
  };
  private readonly origin: string;
  private counter = 0;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** What `navigator.credentials.create` gives for these options. */
  create(options: { challenge: string }) {
    const { x = "", y = "" } = this.keys.publicKey.export({ format: "jwk" });
    const cose = cborMap([
      [cborInt(1), cborInt(2)],
      [cborInt(3), cborInt(-7)],
      [cborInt(-1), cborInt(1)],
      [cborInt(-2), cborBytes(Buffer.from(x, "base64url"))],
      [cborInt(-3), cborBytes(Buffer.from(y, "base64url"))],
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const authData = Buffer.concat([this.data(WITH_KEY), Buffer.alloc(16), length, this.id, cose]);
    const attestation = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(authData)],
    ]);
    return this.credential({
      clientDataJSON: this.clientData("webauthn.create", options.challenge).toString("base64url"),
      attestationObject: attestation.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** What `navigator.credentials.get` gives for these options; `origin` of the page that asks, where it is another. */
  get(options: { challenge: string }, origin = this.origin) {
    this.counter += 1;
    const authData = this.data(0);
    const clientData = this.clientData("webauthn.get", options.challenge, origin);
    const digest = createHash("sha256").update(clientData).digest();
    const signature = createSign("sha256")
      .update(Buffer.concat([authData, digest]))
      .sign(this.keys.privateKey);
    return this.credential({
      clientDataJSON: clientData.toString("base64url"),
      authenticatorData: authData.toString("base64url"),
      signature: signature.toString("base64url"),
    });
  }

  private credential(response: Record<string, unknown>) {
    const id = this.id.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  private data(flags: number): Buffer {
    const party = createHash("sha256").update(new URL(this.origin).hostname).digest();
    const tail = Buffer.alloc(5);
    tail.writeUInt8(PRESENT | (this.verifies ? VERIFIED : 0) | flags);
    tail.writeUInt32BE(this.counter, 1);
    return Buffer.concat([party, tail]);
  }

  private clientData(type: string, challenge: string, origin = this.origin): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }
}

/** CBOR (RFC 8949), as much as is needed here. */
function head(major: number, value: number): Buffer {
  const kind = major << 5;
  if (value < 24) return Buffer.from([kind | value]);
  if (value < 256) return Buffer.from([kind | 24, value]);
  return Buffer.from([kind | 25, value >> 8, value & 255]);
}

function cborInt(value: number): Buffer {
  return value < 0 ? head(1, -1 - value) : head(0, value);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([head(2, bytes.length), bytes]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([head(3, Buffer.byteLength(text)), Buffer.from(text)]);
}

function cborMap(pairs: [Buffer, Buffer][]): Buffer {
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
}
