// VNC authentication (RFB 3.8, security type 2): the answer to a challenge, which server and client both compute.
import { createCipheriv } from "node:crypto";

/** Encrypts a 16-byte challenge with the first eight characters of a password, as RFC 6143 section 7.2.2 says. */
export function vncResponse(password: string, challenge: Uint8Array): Buffer {
  const key = Buffer.alloc(8);
  Buffer.from(password, "latin1").copy(key);
  // VNC takes the bits of each key byte in the other direction.
  const mirrored = Buffer.from(key.map(mirror));
  // Plain DES is gone from OpenSSL's default set; triple DES under one key thrice is the same function.
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([mirrored, mirrored, mirrored]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function mirror(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) result |= 0x80 >> bit;
  return result;
}
