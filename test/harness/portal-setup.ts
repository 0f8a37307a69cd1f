// Lanes with a portal and a painted lab each, for all tests of the `portal` project.
import type { TestProject } from "vitest/node";
import { buildPages } from "../../lab/stack/pages.ts";
import { openLanes } from "./lanes.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The dev server does not start without a folder of pages; which pages is of no matter here.
  await buildPages("where missing");
  return openLanes(project, { runtime: "painted" });
}
