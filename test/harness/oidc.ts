// A provider of OpenID Connect on this machine (npm's oidc-provider), whose people sign in by being named.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { Person } from "../../lab/stack/person.ts";

export interface Claims {
  sub: string;
  email: string;
  email_verified: boolean;
  name: string;
}

export class OidcServer {
  /** Who is signed in there, for the next one who comes. */
  person: Claims | null = null;
  /** What came to the token endpoint: how clients have shown who they are. */
  readonly authorizations: (string | undefined)[] = [];
  readonly issuer: string;
  private readonly server: Server;
  private handle: ReturnType<Provider["callback"]> | null = null;

  private constructor(server: Server, port: number) {
    this.server = server;
    this.issuer = `http://localhost:${port}`;
  }

  static async start(): Promise<OidcServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    const oidc = new OidcServer(server, (server.address() as AddressInfo).port);
    server.on("request", (request, response) => {
      if (request.url === "/token") oidc.authorizations.push(request.headers.authorization);
      if (oidc.handle) void oidc.handle(request, response);
      else response.writeHead(503).end();
    });
    return oidc;
  }

  /** Where a client finds out about it. */
  get discoveryUrl(): string {
    return `${this.issuer}/.well-known/openid-configuration`;
  }

  /** Opens for these clients; until then, and after `close`, it answers 503. `secrets` is by id, null for a public client. */
  open(portalOrigin: string, secrets: Record<string, string | null>): void {
    const provider = new Provider(this.issuer, {
      clients: Object.entries(secrets).map(([id, secret]) => ({
        client_id: id,
        redirect_uris: [`${portalOrigin}/api/auth/callback/${id}`],
        ...(secret === null ? { token_endpoint_auth_method: "none" as const } : { client_secret: secret }),
      })),
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      pkce: { required: () => true },
      cookies: { keys: ["of tests"] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_context, id) => {
        const claims = this.person?.sub === id ? this.person : null;
        return claims ? { accountId: id, claims: () => ({ ...claims }) } : undefined;
      },
    });
    provider.use(async (context, next) => {
      if (!context.path.startsWith("/interaction/")) return next();
      const { prompt, params } = await provider.interactionDetails(context.req, context.res);
      const accountId = this.person?.sub ?? "";
      if (prompt.name === "login") {
        await provider.interactionFinished(context.req, context.res, { login: { accountId } });
      } else {
        const grant = new provider.Grant({ accountId, clientId: String(params["client_id"]) });
        grant.addOIDCScope(String(params["scope"]));
        const consent = { grantId: await grant.save() };
        await provider.interactionFinished(context.req, context.res, { consent });
      }
      context.respond = false;
    });
    this.handle = provider.callback();
  }

  close(): void {
    this.handle = null;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Goes through the provider's pages as a browser does; answers the path at the portal that it leads back to. */
  async follow(url: string): Promise<string> {
    const cookies = new Map<string, string>();
    let next = url;
    for (let step = 0; step < 12; step += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(next, { redirect: "manual", headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
      }
      const location = response.headers.get("location");
      if (location === null) throw new Error(`${next} answered ${response.status}: ${await response.text()}`);
      const to = new URL(location, next);
      if (to.origin !== this.issuer) return `${to.pathname}${to.search}`;
      next = to.href;
    }
    throw new Error("the provider leads nowhere");
  }
}

/** Signs in with a provider from beginning to end; answers where the portal leads then. */
export async function signInWith(oidc: OidcServer, person: Person, provider: string): Promise<string | null> {
  const { url } = await person.ok<{ url: string }>("POST", "/api/auth/sign-in/social", {
    provider,
    callbackURL: "/",
    errorCallbackURL: "/sign-in",
  });
  const back = await oidc.follow(url);
  return (await person.send("GET", back)).headers.get("location");
}
