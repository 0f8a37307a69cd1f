// What better-auth's hooks, which are made once per isolate, tell about the request that they run in.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Factor } from "../scope.ts";

export interface AuthRequest {
  /** Whose account it turned out to be about, where that is not the one who is signed in. */
  userId: string | null;
  /** The session that this request has opened, if any. */
  opened: { id: string; userId: string; factor: Factor | null } | null;
}

/** Runs a piece of work, and answers what the hooks have told meanwhile along with its result. */
export async function observed<T>(work: () => Promise<T>): Promise<[T, AuthRequest]> {
  const state: AuthRequest = { userId: null, opened: null };
  return [await current.run(state, work), state];
}

/** Called by the hooks whenever a session has been opened. */
export function noteSignIn(session: { id: string; userId: string; factor?: unknown }): void {
  const state = current.getStore();
  if (state)
    state.opened = { id: session.id, userId: session.userId, factor: (session.factor ?? null) as Factor | null };
}

/** Called by the hooks where a link of a mail has told whose account it is. */
export function notePerson(userId: string): void {
  const state = current.getStore();
  if (state) state.userId = userId;
}

/** Called where a password was right and a second factor is still awaited: its session never was. */
export function forgetSignIn(): void {
  const state = current.getStore();
  if (state) state.opened = null;
}

const current = new AsyncLocalStorage<AuthRequest>();
