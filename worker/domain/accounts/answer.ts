// Hands requests to better-auth, and tells the audit whom they were about.
import { eq } from "drizzle-orm";
import { users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { trail } from "../audit.ts";
import type { Actor } from "../scope.ts";
import { authOf, authWithProviders } from "./auth.ts";
import { isOffered } from "./providers.ts";
import { observed } from "./request.ts";

/**
 * Hands a request to better-auth; its answer, and who the request has turned out to come from. Null where the request is for a
 * provider that is not offered. The audit is told who it was about, never what was typed.
 */
export async function answerAuth(
  deps: Deps,
  request: Request,
): Promise<{ response: Response; actor: Actor | null } | null> {
  const provider = await providerOf(request);
  if (provider !== null && !isOffered(deps, provider)) return null;
  const auth = provider === null ? authOf(deps) : authWithProviders(deps, provider);
  const before = await authOf(deps).api.getSession({ headers: request.headers });
  const [response, { opened, userId: named }] = await observed(() => auth.handler(request));
  const error = new URL(response.headers.get("location") ?? "", request.url).searchParams.get("error");
  if (error !== null) trail(deps, { code: error.slice(0, 60) });
  const userId = opened?.userId ?? named ?? before?.user.id;
  if (userId === undefined) return { response, actor: null };
  const [user] = await deps.db.select().from(users).where(eq(users.id, userId));
  if (!user) return { response, actor: null };
  const factor = opened?.factor ?? null;
  trail(deps, {
    chain: `user:${userId}`,
    target: { type: "person", id: userId, name: user.email },
    ...(opened ? { after: { factor } } : {}),
  });
  const sessionId = opened?.id ?? before?.session.id ?? "";
  return { response, actor: { userId, name: user.name, email: user.email, sessionId, factor, key: null } };
}

/** Id of the provider that a request starts or ends a sign-in with; null for all other requests. */
async function providerOf(request: Request): Promise<string | null> {
  const path = new URL(request.url).pathname.replace(/^\/api\/auth/, "");
  const back = /^\/callback\/([^/]+)$/.exec(path);
  if (back) return back[1] ?? "";
  if (path !== "/sign-in/social") return null;
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null);
  return typeof body === "object" && body !== null && "provider" in body ? String(body.provider) : "";
}
