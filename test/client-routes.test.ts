// The SPA's client speaks of routes that the Worker has, and of no others.
import { afterEach, describe, expect, it, vi } from "vitest";
import { AUTH_ACTIONS, authAddress } from "../worker/rules/audit-actions.ts";
import { automationApi, scriptsApi } from "../web/api-automation.ts";
import { auditApi, peopleApi, PLATFORM } from "../web/api-people.ts";
import { capacityApi, quotaApi, treeApi } from "../web/api-tree.ts";
import { schedulesApi } from "../web/api-schedules.ts";
import { lifeApi, operatorLifeApi } from "../web/api-life.ts";
import { copiesApi } from "../web/api-copies.ts";
import { api, feedPath } from "../web/api.ts";
import { routesOfApp } from "./harness/access.ts";

const routes = await routesOfApp();

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("every function of web/api.ts and its siblings", () => {
  type Call = [string, (...args: string[]) => Promise<unknown>];
  const calls = Object.entries({
    ...api,
    ...treeApi,
    ...quotaApi,
    ...capacityApi,
    ...peopleApi,
    ...auditApi,
    ...copiesApi,
    ...lifeApi,
    ...operatorLifeApi,
    ...automationApi,
    ...scriptsApi,
    ...schedulesApi,
  }) as Call[];

  it.each(calls)("%s has a route", async (_name, call) => {
    expect(await routesOf(() => call("one", "two", "three", "four"))).not.toEqual([]);
  });

  it.each(Object.entries(treeApi) as Call[])("%s has a route of the platform, too", async (_name, call) => {
    expect(await routesOf(() => call(PLATFORM, "two", "three", "four"))).not.toEqual([]);
  });

  it("has a route for the feed", () => {
    expect(routesFor("GET", feedPath("one"))).not.toEqual([]);
  });
});

/** Routes that take what a function sends. */
async function routesOf(call: () => Promise<unknown>): Promise<string[]> {
  const sent: { method: string; path: string }[] = [];
  vi.stubGlobal("fetch", async (path: string, request: { method: string }) => {
    sent.push({ method: request.method, path: path.split("?")[0] ?? "" });
    return Response.json({});
  });
  await call();
  const [{ method, path } = { method: "", path: "" }] = sent;
  // One route takes all of better-auth's addresses; which of them are open stands in a table.
  if (path.startsWith("/api/auth/"))
    return Object.keys(AUTH_ACTIONS).filter((row) => row === authAddress(method, path));
  return routesFor(method, path);
}

function routesFor(method: string, path: string): string[] {
  return routes.filter((route) => {
    const [verb, pattern = ""] = route.split(" ");
    return verb === method && matches(pattern, path);
  });
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part === "*" ? ".+" : part));
  return pattern !== "*" && new RegExp(`^${parts.join("/")}$`).test(path);
}
