// The SPA's client speaks of routes that the Worker has, and of no others.
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, feedPath } from "../web/api.ts";
import { routesOfApp } from "./harness/access.ts";

const routes = await routesOfApp();

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("every function of web/api.ts", () => {
  const calls = Object.entries(api) as [string, (...args: string[]) => Promise<unknown>][];

  it.each(calls)("%s has a route", async (_name, call) => {
    const sent: { method: string; path: string }[] = [];
    vi.stubGlobal("fetch", async (path: string, request: { method: string }) => {
      sent.push({ method: request.method, path: path.split("?")[0] ?? "" });
      return Response.json({});
    });
    await call("one", "two", "three", "four");
    const [{ method, path } = { method: "", path: "" }] = sent;
    expect(routesFor(method, path)).not.toEqual([]);
  });

  it("has a route for the feed", () => {
    expect(routesFor("GET", feedPath("one"))).not.toEqual([]);
  });
});

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
