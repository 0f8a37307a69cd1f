// Compares an answer with the recorded one: status, error text, and shape and types of the body, not its values.
import { plainText } from "./bindings.ts";
import type { Json, JsonObject, Step } from "./recordings.ts";

export interface Given {
  status: number;
  reason: string;
  contentType: string | null;
  text: string;
  body: JsonObject | null;
}

/** Objects whose keys are names of things: their values are compared as one list. */
const MAPS = new Set(["nics", "blockstat"]);
/** Told of a drive only once it was used, which is a matter of moments after a start. */
const MOMENTARY = /\.idle_time_ns$/;
/** Types of resources, each with fields of its own. */
const RESOURCES = new Set(["pool", "node", "qemu", "lxc", "storage", "sdn", "network", "cluster"]);
/** Fields whose value tells what happened, so that it has to be the same. */
const TELLING = ["exitstatus", "qmpstatus", "lock", "hasFeature"];

/** What differs, in words; empty where the answers agree. */
export function differences(step: Step, given: Given): string[] {
  if (given.status !== step.status)
    return [`status ${given.status} (${given.reason.trim()}) in place of ${step.status}`];
  const found: string[] = [];
  if (step.status !== 101 && step.status !== 0) {
    compareText(found, "reason", step.reason, given.reason);
    if ((step.contentType === null) !== (given.contentType === null) && step.rawBody === undefined)
      found.push(`content type ${String(given.contentType)} in place of ${String(step.contentType)}`);
  }
  if (step.rawBody !== undefined) compareText(found, "body", step.rawBody, given.text);
  if (step.body === null) {
    if (given.body !== null) found.push("a body where none was");
    return found;
  }
  if (given.body === null) return [...found, "no body"];
  if (step.status >= 400) compareRefusal(found, step.body, given.body);
  else compareShape(found, "", step.body, given.body, isPartial(step));
  compareTelling(found, step.body["data"], given.body["data"]);
  compareLastLine(found, step, given);
  return found;
}

/** Long lists were cut in the recording; what an agent tells beside the needful is the guest's own affair. */
function isPartial(step: Step): boolean {
  return /truncated|points/.test(step.note ?? "") || step.path.includes("/agent/");
}

function compareRefusal(found: string[], recorded: JsonObject, actual: JsonObject): void {
  compareText(found, "message", textOf(recorded["message"]), textOf(actual["message"]));
  const theirs = objectOf(recorded["errors"]);
  const ours = objectOf(actual["errors"]);
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours)]))
    compareText(found, `errors.${name}`, textOf(theirs[name]), textOf(ours[name]));
}

function compareText(found: string[], what: string, recorded: string, actual: string): void {
  if (plainText(recorded) !== plainText(actual))
    found.push(`${what}: ${JSON.stringify(plainText(actual))} in place of ${JSON.stringify(plainText(recorded))}`);
}

function compareTelling(found: string[], recorded: Json | undefined, actual: Json | undefined): void {
  const theirs = objectOf(recorded);
  const ours = objectOf(actual);
  for (const name of TELLING) {
    if (theirs[name] !== undefined && ours[name] !== undefined)
      compareText(found, name, String(theirs[name]), String(ours[name]));
  }
  if (typeof theirs["status"] === "string" && typeof ours["status"] === "string")
    compareText(found, "status", theirs["status"], ours["status"]);
}

/** How a task ended is the last line of its log. */
function compareLastLine(found: string[], step: Step, given: Given): void {
  if (!step.path.endsWith("/log") || !step.path.includes("/tasks/")) return;
  const recorded = lastLine(step.body);
  if (recorded.startsWith("TASK ")) compareText(found, "last line", recorded, lastLine(given.body));
}

function lastLine(body: JsonObject | null): string {
  const data = body?.["data"];
  return Array.isArray(data) ? textOf(objectOf(data.at(-1))["t"]) : "";
}

function compareShape(found: string[], at: string, recorded: Json, actual: Json, partial: boolean): void {
  const theirs = kind(recorded);
  const ours = kind(actual);
  const where = at === "" ? "body" : at;
  if (theirs !== ours) {
    found.push(`${where}: ${ours} in place of ${theirs}`);
    return;
  }
  if (Array.isArray(recorded) && Array.isArray(actual)) compareLists(found, where, recorded, actual, partial);
  else if (theirs === "object") compareObjects(found, at, objectOf(recorded), objectOf(actual), partial);
}

function compareObjects(found: string[], at: string, recorded: JsonObject, actual: JsonObject, partial: boolean): void {
  for (const [key, value] of Object.entries(recorded)) {
    const other = actual[key];
    const below = at === "" ? key : `${at}.${key}`;
    if (other === undefined) found.push(`${below} is missing`);
    else if (MAPS.has(key)) {
      const sets = [objectOf(value), objectOf(other)].map((set) => Object.values(set));
      compareLists(found, below, sets[0] ?? [], sets[1] ?? [], partial);
    } else compareShape(found, below, value, other, partial);
  }
  if (partial) return;
  for (const key of Object.keys(actual))
    if (recorded[key] === undefined) found.push(`${at === "" ? key : `${at}.${key}`} is not in the recording`);
}

/** Lists are compared kind by kind of their entries: what any recorded entry has, some entry here has too, and the reverse. */
function compareLists(found: string[], at: string, recorded: Json[], actual: Json[], partial: boolean): void {
  if (recorded.length === 0 && actual.length === 0) return;
  if (recorded.length === 0 || actual.length === 0) {
    found.push(`${at}: ${actual.length} entries in place of ${recorded.length}`);
    return;
  }
  const theirs = grouped(recorded);
  const ours = grouped(actual);
  for (const [group, entries] of theirs) {
    const others = ours.get(group);
    const label = group === "" ? `${at}[]` : `${at}[${group}]`;
    if (others === undefined) {
      found.push(`${label}: no such entry`);
      continue;
    }
    const types = fieldTypes(entries);
    const otherTypes = fieldTypes(others);
    for (const [field, kinds] of types) {
      if (MOMENTARY.test(field)) continue;
      const otherKinds = otherTypes.get(field);
      if (otherKinds === undefined) found.push(`${label}${field} is missing`);
      else if (![...otherKinds].every((one) => kinds.has(one)))
        found.push(`${label}${field}: ${[...otherKinds].join("|")} in place of ${[...kinds].join("|")}`);
    }
    if (partial) continue;
    for (const field of otherTypes.keys())
      if (!types.has(field) && !MOMENTARY.test(field)) found.push(`${label}${field} is not in the recording`);
  }
  if (!partial)
    for (const group of ours.keys()) if (!theirs.has(group)) found.push(`${at}[${group}]: not in the recording`);
}

/** Entries by their `type`, which decides what fields they have. */
function grouped(entries: Json[]): Map<string, Json[]> {
  const groups = new Map<string, Json[]>();
  for (const entry of entries) {
    const fields = objectOf(entry);
    const type = typeof fields["type"] === "string" ? fields["type"] : "";
    const group = RESOURCES.has(type) ? type : "";
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return groups;
}

/** The kinds of every field found in any of the entries, nested ones with their path. */
function fieldTypes(entries: Json[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  const add = (field: string, value: Json): void => {
    types.set(field, (types.get(field) ?? new Set<string>()).add(kind(value)));
    if (Array.isArray(value)) for (const item of value) add(`${field}[]`, item);
    else if (typeof value === "object" && value !== null)
      for (const [key, below] of Object.entries(value)) add(`${field}.${key}`, below);
  };
  for (const entry of entries) add("", entry);
  return types;
}

function kind(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
