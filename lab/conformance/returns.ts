// Checks answers against the `returns` schema of the published API description.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Given } from "./compare.ts";
import { recordingsFolder, type Json, type JsonObject, type Step } from "./recordings.ts";

interface Route {
  method: string;
  segments: string[];
  returns: JsonObject;
}

let routes: Route[] | null = null;

/** What in a successful answer contradicts its schema; empty where all is well or there is no schema at hand. */
export function returnsRefusals(step: Step, given: Given): string[] {
  if (given.status !== 200 || given.body === null || given.contentType?.startsWith("application/json") !== true)
    return [];
  const returns = returnsOf(step.method, step.path);
  const data = given.body["data"];
  if (returns === null || data === undefined) return [];
  const refusals: string[] = [];
  check(refusals, "data", returns, data);
  return refusals.map((refusal) => `schema: ${refusal}`);
}

function returnsOf(method: string, path: string): JsonObject | null {
  routes ??= loadRoutes();
  const segments = (path.split("?")[0] ?? "").split("/").filter((segment) => segment !== "");
  const found = routes
    .filter((route) => route.method === method && fits(route.segments, segments))
    .sort((left, right) => wildcards(left) - wildcards(right));
  return found[0]?.returns ?? null;
}

function loadRoutes(): Route[] {
  const file = join(recordingsFolder(), "../apidoc.json");
  if (!existsSync(file)) return [];
  const schema = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, JsonObject>>;
  return Object.entries(schema).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, info]): Route[] => {
      const { returns } = info;
      if (typeof returns !== "object" || returns === null || Array.isArray(returns)) return [];
      return [{ method, segments: path.split("/").filter((segment) => segment !== ""), returns }];
    }),
  );
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, index) => part.startsWith("{") || part === segments[index])
  );
}

function wildcards(route: Route): number {
  return route.segments.filter((segment) => segment.startsWith("{")).length;
}

function check(refusals: string[], at: string, schema: JsonObject, value: Json): void {
  // The real server sends null for absent values, whatever the schema says of them.
  if (value === null) return;
  const { type } = schema;
  if (type === "array") {
    if (!Array.isArray(value)) refusals.push(`${at} is not a list`);
    else for (const item of value) check(refusals, `${at}[]`, objectOf(schema["items"]), item);
    return;
  }
  if (type === "object") {
    checkObject(refusals, at, schema, value);
    return;
  }
  const allowed = schema["enum"];
  if (Array.isArray(allowed) && !allowed.map(String).includes(String(value)))
    refusals.push(`${at} is '${String(value)}', none of its enumeration`);
  // Numbers come as text now and then: the schema means the value, not its spelling in JSON.
  if ((type === "integer" || type === "number") && !Number.isFinite(Number(value)))
    refusals.push(`${at} is not a number`);
  if (type === "boolean" && !["0", "1", "true", "false", ""].includes(String(value)))
    refusals.push(`${at} is not a boolean`);
}

function checkObject(refusals: string[], at: string, schema: JsonObject, value: Json): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refusals.push(`${at} is not an object`);
    return;
  }
  for (const [name, raw] of Object.entries(objectOf(schema["properties"]))) {
    const member = objectOf(raw);
    const given = value[name];
    if (given !== undefined) check(refusals, `${at}.${name}`, member, given);
    else if (member["optional"] !== 1 && !name.endsWith("[n]")) refusals.push(`${at}.${name} is missing`);
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
