// Secrets at rest: AES-GCM under the deployment's key, bound to the row they belong to.
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";

/** Names the key in every sealed text, so that keys can be rotated. */
const KEY_ID = "k1";

/**
 * Seals a secret for one place (`identity:ten_…`); it opens nowhere else. Text of the form `k1.<iv>.<ciphertext>`, base64url.
 */
export async function seal(deps: Deps, place: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyOf(deps);
  const sealed = await crypto.subtle.encrypt(parameters(iv, place), key, new TextEncoder().encode(secret));
  return [KEY_ID, base64url(iv), base64url(new Uint8Array(sealed))].join(".");
}

/** @throws AppError `internal` where the text was sealed for another place, under another key, or was changed. */
export async function open(deps: Deps, place: string, sealed: string): Promise<string> {
  const [keyId, iv, ciphertext] = sealed.split(".");
  try {
    if (keyId !== KEY_ID || !iv || !ciphertext) throw new Error("unknown form");
    const clear = await crypto.subtle.decrypt(parameters(bytes(iv), place), await keyOf(deps), bytes(ciphertext));
    return new TextDecoder().decode(clear);
  } catch {
    deps.log("error", "secret_does_not_open", { place });
    throw new AppError("internal");
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, place: string) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) };
}

async function keyOf(deps: Deps): Promise<CryptoKey> {
  const raw = Uint8Array.from(atob(deps.config.ENCRYPTION_KEY), (letter) => letter.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function base64url(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
