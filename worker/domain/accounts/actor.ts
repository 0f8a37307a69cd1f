// Who sends a request: a person by the session's cookie, or a program by its key.
import type { Deps } from "../../deps.ts";
import type { Actor, Factor } from "../scope.ts";
import { authOf } from "./auth.ts";
import { actorOfKey } from "./keys.ts";

/**
 * Null where nobody is signed in, or the key is none. Read from the database each time, so that an ended session and a key that was
 * taken back end now. A request with a key is the key's, whatever cookies come with it.
 */
export async function actorOf(deps: Deps, headers: Headers): Promise<Actor | null> {
  const bearer = /^Bearer (.*)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return actorOfKey(deps, bearer.trim(), headers.get("cf-connecting-ip"));
  const found = await authOf(deps).api.getSession({ headers });
  if (!found) return null;
  const { user, session } = found;
  const factor = (session.factor ?? null) as Factor | null;
  return { userId: user.id, name: user.name, email: user.email, sessionId: session.id, factor, key: null };
}
