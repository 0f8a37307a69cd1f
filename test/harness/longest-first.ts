// The order of test files: those that take longest begin first, so that no lane is left with a long one at the end.
import { basename } from "node:path";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

/** Files that take long, longest first. Those that are not named come after them, the largest first. */
const LONG: readonly string[] = [
  "weather",
  "weather-outage",
  "weather-power",
  "rotation",
  "power",
  "snapshots",
  "second-wall-unchecked",
  "teardown",
  "backups",
  "clone",
  "ledger-order",
  "modes",
  "reconciler",
  "audit",
  "resize",
  // In the browser.
  "life",
  "screens-life",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => orderOf(one) - orderOf(other) || placeOf(one) - placeOf(other));
  }
}

function orderOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function placeOf({ moduleId }: TestSpecification): number {
  const name = basename(moduleId, ".test.ts");
  // Each goes through every case of a verb.
  if (name.startsWith("verbs-")) return -1;
  const place = LONG.indexOf(name);
  return place === -1 ? LONG.length : place;
}
