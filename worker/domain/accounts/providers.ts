// Outside providers to sign in with (OpenID Connect), as the deployment's configuration names them.
import type { Deps } from "../../deps.ts";

/** What the sign-in page offers. */
export function providersOffered(deps: Deps): { id: string; name: string }[] {
  return deps.config.OIDC_PROVIDERS.map(({ id, name }) => ({ id, name }));
}

export function isOffered(deps: Deps, providerId: string): boolean {
  return deps.config.OIDC_PROVIDERS.some((provider) => provider.id === providerId);
}

/**
 * One provider as better-auth's plugin takes it: code flow with PKCE, state and nonce; an id token that does not verify against
 * the provider's published keys is refused. Without a secret the client is a public one.
 */
export function providerOptions(deps: Deps, providerId: string) {
  return deps.config.OIDC_PROVIDERS.filter((provider) => provider.id === providerId).map((provider) => {
    const secret = deps.config.OIDC_SECRETS[provider.id];
    return {
      providerId: provider.id,
      name: provider.name,
      discoveryUrl: provider.discoveryUrl,
      clientId: provider.clientId,
      // In the header, as every provider has to take it (RFC 6749, 2.3.1).
      ...(secret === undefined
        ? { tokenEndpointAuth: { method: "none" as const } }
        : { clientSecret: secret, tokenEndpointAuth: { method: "client_secret_basic" as const } }),
      scopes: provider.scopes,
      pkce: true,
      requireIdTokenVerification: true,
      requireEmailVerification: true,
    };
  });
}
