// The order of test files: those that take longest begin first, so that no lane is left with a long one at the end.
import { basename } from "node:path";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

/** Seconds that files take, where that is much; the others come after them, the largest first. */
const SECONDS: Record<string, number> = {};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => orderOf(one) - orderOf(other) || secondsOf(other) - secondsOf(one));
  }
}

function orderOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function secondsOf({ moduleId }: TestSpecification): number {
  return SECONDS[basename(moduleId, ".test.ts")] ?? 0;
}
