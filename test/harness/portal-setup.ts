// Brings up one portal with a painted lab for all tests of the `portal` project.
import type { TestProject } from "vitest/node";
import { startTestStack } from "./shared.ts";

declare module "vitest" {
  interface ProvidedContext {
    origin: string;
    controlUrl: string;
    pveUrl: string;
    caFile: string;
    provisioningToken: string;
    databaseFile: string;
    secretsFile: string;
    clusterId: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stack, clusterId, remove } = await startTestStack();
  project.provide("origin", stack.origin);
  project.provide("controlUrl", stack.lab.controlUrl);
  project.provide("pveUrl", stack.lab.pveUrl);
  project.provide("caFile", stack.lab.caFile);
  project.provide("provisioningToken", stack.lab.provisioningToken);
  project.provide("databaseFile", stack.databaseFile());
  project.provide("secretsFile", stack.secretsFile);
  project.provide("clusterId", clusterId);
  return remove;
}
