// The world of the table of verbs in the stack of this file's lane.
import { lane } from "./lane.ts";
import { platformOperator, site } from "./site.ts";
import { VerbWorld } from "./verb-world.ts";

export async function laneWorld(): Promise<VerbWorld> {
  return VerbWorld.make(site, lane, await platformOperator());
}
