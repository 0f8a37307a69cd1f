// Lanes of a project's tests: files run side by side, each in a lane with a stack of its own, started when its first file asks.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import type { StackOptions } from "../../lab/stack/stack.ts";
import { startTestStack } from "./shared.ts";
import type { TestStack } from "./shared.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where a file asks for the stack of its lane; see `lane` in lane.ts. */
    lanesUrl: string;
  }
}

/** What the files of a lane know of its stack. */
export interface Lane {
  origin: string;
  controlUrl: string;
  pveUrl: string;
  caFile: string;
  provisioningToken: string;
  databaseFile: string;
  secretsFile: string;
  clusterId: string;
  runtime: "qemu" | "painted";
}

/** Serves stacks to the files of a project, one stack per lane; answers what ends all of them. */
export async function openLanes(project: TestProject, options: Partial<StackOptions>): Promise<() => Promise<void>> {
  const stacks = new Map<string, Promise<TestStack>>();
  const stackOf = (lane: string): Promise<TestStack> => {
    const stack = stacks.get(lane) ?? startTestStack(options);
    stacks.set(lane, stack);
    return stack;
  };
  const server = createServer((request, response) => {
    void stackOf(request.url ?? "").then(
      (site) => response.end(JSON.stringify(laneOf(site))),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  project.provide("lanesUrl", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    await Promise.all([...stacks.values()].map((stack) => stack.then((site) => site.remove()).catch(() => undefined)));
  };
}

function laneOf({ stack, clusterId }: TestStack): Lane {
  return {
    origin: stack.origin,
    controlUrl: stack.lab.controlUrl,
    pveUrl: stack.lab.pveUrl,
    caFile: stack.lab.caFile,
    provisioningToken: stack.lab.provisioningToken,
    databaseFile: stack.databaseFile(),
    secretsFile: stack.secretsFile,
    clusterId,
    runtime: stack.lab.runtime,
  };
}
