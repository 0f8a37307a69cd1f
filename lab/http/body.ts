// Reads what a request carries: path, query and body, decoded and merged as the real server does.
import type { IncomingMessage } from "node:http";
import type { Params, Value } from "../contract/verify.ts";
import { Failure, failed } from "./failure.ts";

/** Larger bodies are refused. */
const MAX_BODY_BYTES = 512 * 1_024;

/** The segments of a path below the formatter, percent-decoded before they are split: `%2F` is a slash like any other. */
export function pathSegments(rawPath: string): string[] {
  let path = rawPath;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    throw new Failure(400, "invalid percent-encoding in path", { body: "plain" });
  }
  return path.split("/").filter((segment) => segment !== "");
}

/** Form data or a query; repeated keys become lists. */
export function parseForm(text: string): Params {
  const params: Params = {};
  for (const part of text.split(/[&;]/)) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? "" : decode(part.slice(equals + 1));
    const before = Object.hasOwn(params, key) ? params[key] : undefined;
    params[key] =
      before === undefined || before === null ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return params;
}

/** The body's parameters. Refuses content types, sizes and JSON shapes as the real server does. */
export async function readBody(request: IncomingMessage): Promise<Params> {
  if (request.headers["transfer-encoding"] === "chunked")
    throw new Failure(501, "chunked transfer encoding not supported", { body: "plain" });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Failure(501, "for data too large", { body: "plain" });
    chunks.push(chunk);
  }
  if (size === 0) return {};
  const method = request.method ?? "";
  if (method === "GET" || method === "DELETE")
    throw new Failure(501, `Unexpected content for method '${method}'`, { body: "plain" });
  const body = Buffer.concat(chunks).toString("utf8");
  const type = (request.headers["content-type"] ?? "application/x-www-form-urlencoded")
    .split(";")[0]
    ?.trim()
    .toLowerCase();
  if (type === "application/x-www-form-urlencoded") return parseForm(body);
  if (type === "application/json") return parseJson(body);
  throw new Failure(506, `upload 'Content-Type '${type ?? ""}' not implemented`, { body: "plain" });
}

function parseJson(body: string): Params {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new Failure(500, `${malformed(body)} at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.\n`, {
      body: "plain",
    });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new Failure(500, "Not a HASH reference at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.\n", {
      body: "plain",
    });
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, fromJson(value)]));
}

/** The parser of the real server names the place; for a text that breaks off, which is the usual case, this does too. */
function malformed(body: string): string {
  const rest = "(end of string)";
  return `malformed JSON string, neither tag, array, object, number, string or atom, at character offset ${body.length} (before "${rest}")`;
}

function fromJson(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => scalar(item));
  return scalar(value);
}

function scalar(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "object" && value !== null) throw failed("unexpected object in parameters");
  return String(value);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Failure(400, "invalid percent-encoding", { body: "plain" });
  }
}
