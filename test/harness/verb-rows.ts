// All rows of the table of verbs.
import { AUTOMATION } from "./verb-rows-automation.ts";
import { CHANGES } from "./verb-rows-changes.ts";
import { COPIES } from "./verb-rows-copies.ts";
import { MAKING } from "./verb-rows-making.ts";
import { POWER } from "./verb-rows-power.ts";
import { REPLACING } from "./verb-rows-replacing.ts";
import { KINDS } from "./verb-table.ts";
import type { Verb } from "./verb-table.ts";
import { GUEST_KINDS } from "./verb-world.ts";
import type { GuestKind } from "./verb-world.ts";

export const VERBS: readonly Verb[] = [...REPLACING, ...MAKING, ...COPIES, ...CHANGES, ...AUTOMATION, ...POWER];

export interface Pair {
  verb: Verb;
  guest: GuestKind;
}

/** Each verb with each kind of guest. */
export const PAIRS: readonly Pair[] = VERBS.filter(({ kind }) => KINDS.includes(kind)).flatMap((verb) =>
  GUEST_KINDS.map((guest) => ({ verb, guest })),
);

export function isRefusedAltogether({ verb, guest }: Pair): boolean {
  return verb.machinesOnly === true && guest === "container";
}
