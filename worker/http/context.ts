// What every handler finds in its context.
import type { Deps } from "../deps.ts";
import type { Actor, Scope } from "../domain/scope.ts";
import type { Bindings } from "../env.ts";

export interface HttpEnv {
  Bindings: Bindings;
  Variables: { deps: Deps; requestId: string; actor: Actor; scope: Scope };
}
