// The stack that this test file has to itself while it runs; other files run beside it, each on another.
import { inject } from "vitest";
import type { Lane } from "./lanes.ts";

export const lane = await ownLane();

async function ownLane(): Promise<Lane> {
  // A number from 1 on that no other file has at the same time.
  const answer = await fetch(new URL(`/${process.env.VITEST_POOL_ID}`, inject("lanesUrl")));
  if (!answer.ok) throw new Error(`no stack for these tests: ${await answer.text()}`);
  return (await answer.json()) as Lane;
}
