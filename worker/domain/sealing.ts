// Secrets at rest: AES-GCM under the deployment's key, bound to the row they belong to; the key can be changed (resealing.ts).
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";

/**
 * Seals a secret for one place (`identity:ten_…`); it opens nowhere else. Text of the form `<key id>.<iv>.<ciphertext>`,
 * base64url, sealed under the current key.
 */
export async function seal(deps: Deps, place: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const keyId = deps.config.ENCRYPTION_KEY_ID;
  const key = await keyOf(deps, keyId);
  const sealed = await crypto.subtle.encrypt(parameters(iv, place), key, new TextEncoder().encode(secret));
  return [keyId, base64url(iv), base64url(new Uint8Array(sealed))].join(".");
}

/**
 * Opens a secret that was sealed under the current key or an older one that is still given.
 * @throws AppError `internal` where the text was sealed for another place, under a key that is not given, or was changed.
 */
export async function open(deps: Deps, place: string, sealed: string): Promise<string> {
  const [keyId, iv, ciphertext] = sealed.split(".");
  try {
    if (!keyId || !iv || !ciphertext) throw new Error("unknown form");
    const key = await keyOf(deps, keyId);
    const clear = await crypto.subtle.decrypt(parameters(bytes(iv), place), key, bytes(ciphertext));
    return new TextDecoder().decode(clear);
  } catch {
    deps.log("error", "secret_does_not_open", { place });
    throw new AppError("internal");
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, place: string) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) };
}

async function keyOf(deps: Deps, keyId: string): Promise<CryptoKey> {
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_ID, ENCRYPTION_KEYS_OLD } = deps.config;
  const text = keyId === ENCRYPTION_KEY_ID ? ENCRYPTION_KEY : ENCRYPTION_KEYS_OLD.get(keyId);
  if (text === undefined) throw new Error("unknown key");
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
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
