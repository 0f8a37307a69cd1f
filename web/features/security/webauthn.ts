// The browser's side of passkeys: turns the Worker's JSON into what navigator.credentials takes, and its answer back.

/** True where this browser can make and use passkeys at all. */
export function passkeysPossible(): boolean {
  return typeof PublicKeyCredential === "function" && typeof navigator.credentials?.create === "function";
}

/** Why a ceremony ended without a passkey: the person (or the browser's clock) broke it off, or the device has one already. */
export class PasskeyRefusal extends Error {
  readonly reason: "cancelled" | "known" | "failed";

  constructor(reason: "cancelled" | "known" | "failed", cause: unknown) {
    super(reason, { cause });
    this.name = "PasskeyRefusal";
    this.reason = reason;
  }
}

/** Makes a passkey on this device; the answer is for `verify-registration`. @throws PasskeyRefusal */
export async function createPasskey(options: unknown): Promise<unknown> {
  const json = options as PublicKeyCredentialCreationOptionsJSON;
  const publicKey = {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: (json.excludeCredentials ?? []).map(descriptor),
  } as PublicKeyCredentialCreationOptions;
  const made = await asking(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...shared(made),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

/** Signs the Worker's challenge with a passkey; the answer is for `verify-authentication`. @throws PasskeyRefusal */
export async function usePasskey(options: unknown): Promise<unknown> {
  const json = options as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: (json.allowCredentials ?? []).map(descriptor),
  } as PublicKeyCredentialRequestOptions;
  const used = await asking(() => navigator.credentials.get({ publicKey }));
  const response = used.response as AuthenticatorAssertionResponse;
  return {
    ...shared(used),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
    },
  };
}

async function asking(ceremony: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await ceremony();
    if (credential) return credential as PublicKeyCredential;
  } catch (thrown) {
    const name = thrown instanceof DOMException ? thrown.name : "";
    if (name === "InvalidStateError") throw new PasskeyRefusal("known", thrown);
    throw new PasskeyRefusal(name === "NotAllowedError" || name === "AbortError" ? "cancelled" : "failed", thrown);
  }
  throw new PasskeyRefusal("cancelled", null);
}

function shared(credential: PublicKeyCredential) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

function descriptor(json: PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor {
  return { ...json, id: bytes(json.id) } as PublicKeyCredentialDescriptor;
}

/** base64url to bytes. */
export function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes to base64url, without padding. */
export function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
