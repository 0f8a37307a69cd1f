// The lab's own certificate authority and the server certificate that it signs for localhost; made once and kept.
import { X509Certificate, createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bits, boolean, der, integer, octets, oid, sequence, time, utf8 } from "./der.ts";

export interface Certificates {
  caFile: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /** SHA-256 of the server certificate, as node lists show it. */
  fingerprint: string;
}

const VALID_DAYS = 3_650;
const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const CA_NAME = name("Nubemox Lab CA");
const LOOPBACK_V4 = Buffer.from([127, 0, 0, 1]);
const LOOPBACK_V6 = Buffer.from([...Array.from({ length: 15 }, () => 0), 1]);

/** The authority and the server certificate under `stateDir`, made on first use. */
export function loadCertificates(stateDir: string): Certificates {
  mkdirSync(stateDir, { recursive: true });
  const files = { ca: join(stateDir, "ca.pem"), cert: join(stateDir, "server.pem"), key: join(stateDir, "server.key") };
  if (!existsSync(files.ca) || !existsSync(files.cert) || !existsSync(files.key)) make(files);
  const certPem = readFileSync(files.cert, "utf8");
  return {
    caFile: files.ca,
    caPem: readFileSync(files.ca, "utf8"),
    certPem,
    keyPem: readFileSync(files.key, "utf8"),
    fingerprint: new X509Certificate(certPem).fingerprint256,
  };
}

function make(files: { ca: string; cert: string; key: string }): void {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ca = certificate(CA_NAME, authority.publicKey, authority.privateKey, [
    extension("2.5.29.19", true, sequence(boolean(true))),
    // Signs certificates and revocation lists.
    extension("2.5.29.15", true, bits(Buffer.from([0b0000_0110]), 1)),
    extension("2.5.29.14", false, octets(keyId(authority.publicKey))),
  ]);
  const cert = certificate(name("localhost"), server.publicKey, authority.privateKey, [
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bits(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
    extension(
      "2.5.29.17",
      false,
      sequence(der(0x82, Buffer.from("localhost")), der(0x87, LOOPBACK_V4), der(0x87, LOOPBACK_V6)),
    ),
    extension("2.5.29.35", false, sequence(der(0x80, keyId(authority.publicKey)))),
    extension("2.5.29.14", false, octets(keyId(server.publicKey))),
  ]);
  // The authority's own key is not kept: nothing else is ever signed with it.
  writeFileSync(files.ca, pem(ca));
  writeFileSync(files.cert, pem(cert));
  writeFileSync(files.key, server.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
}

function certificate(subject: Buffer, key: KeyObject, issuerKey: KeyObject, extensions: Buffer[]): Buffer {
  const now = Date.now();
  const serial = randomBytes(12);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    CA_NAME,
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + VALID_DAYS * DAY_MS))),
    subject,
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(body, ECDSA_SHA256, bits(sign("sha256", body, issuerKey)));
}

function name(commonName: string): Buffer {
  return sequence(namePart("2.5.4.10", "Nubemox Lab"), namePart("2.5.4.3", commonName));
}

function namePart(type: string, text: string): Buffer {
  return der(0x31, sequence(oid(type), utf8(text)));
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return critical ? sequence(oid(type), boolean(true), octets(value)) : sequence(oid(type), octets(value));
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
