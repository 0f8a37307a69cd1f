// What every handler finds in its context.
import type { Deps } from "../deps.ts";
import type { Actor, Scope } from "../domain/scope.ts";
import type { Bindings } from "../env.ts";

/** A request that changes something, as the audit calls it. */
export interface Attempt {
  action: string;
  route: string;
  /** Whether the audit knows already that it is tried. */
  isNoted: boolean;
}

export interface HttpEnv {
  Bindings: Bindings;
  Variables: { deps: Deps; requestId: string; actor: Actor; scope: Scope; attempt: Attempt | null };
}
