// The API over HTTPS: credentials, route, node, permission, parameters, faults, then the endpoint, then its answer.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Duplex } from "node:stream";
import { authenticate } from "../access/authenticate.ts";
import { enforce } from "../access/checks.ts";
import { verifyParameters, type Params } from "../contract/verify.ts";
import type { Fault } from "../faults.ts";
import type { Lab } from "../lab.ts";
import { parseForm, pathSegments, readBody } from "./body.ts";
import { Listing, Upgrade, type Call, type Endpoint, type Identity } from "./endpoint.ts";
import { Failure, badParameters, failed, forbidden } from "./failure.ts";
import { Routes, type Match } from "./routes.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"];
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** The real server takes this many requests on one connection. */
const MAX_REQUESTS_PER_SOCKET = 100;
/** The real server gives up on a request with this many lines in its head, the empty one at its end included. */
const MAX_HEAD_LINES = 64;
const MAX_HEAD_BYTES = 8 * 1_024;
/** It then says nothing, and closes when nothing more has come for this long. */
const IDLE_MS = 5_000;
/** Heads that are too large must reach the code that treats them as the real server does. */
const PARSED_HEAD_BYTES = 128 * 1_024;

interface Answer {
  status: number;
  reason: string;
  contentType: string | null;
  body: string;
}

/** What became of a request: an answer, a connection to hand over, or null where it is cut. */
type Outcome = Answer | Upgrade | null;

/** Counts calls per method and path template. */
export type CallCounter = Map<string, number>;

export function createApiServer(lab: Lab, endpoints: readonly Endpoint[], calls: CallCounter): Server {
  const routes = new Routes(endpoints);
  const server = createServer({
    cert: lab.certificates.certPem,
    key: lab.certificates.keyPem,
    maxHeaderSize: PARSED_HEAD_BYTES,
  });
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.on("request", (request, response) => {
    void handle(lab, routes, calls, request, false).then((outcome) => respond(request, response, outcome));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    void handle(lab, routes, calls, request, true).then((outcome) => respondUpgrade(request, socket, head, outcome));
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

async function handle(
  lab: Lab,
  routes: Routes,
  calls: CallCounter,
  request: IncomingMessage,
  upgrade: boolean,
): Promise<Outcome> {
  let formatter = "json";
  // The node that would answer has no power: there is nobody to connect to.
  if (!lab.nodes.isOnline(lab.nodes.local)) return null;
  if (isHeadTooLarge(request)) {
    await lab.clock.pause(IDLE_MS);
    return null;
  }
  try {
    const url = request.url ?? "/";
    const question = url.indexOf("?");
    const path = question < 0 ? url : url.slice(0, question);
    const [, api, format, below = ""] = /^\/+(api2)(?:\/+([^/]*)(.*))?$/.exec(path) ?? [];
    if (api === undefined) throw new Failure(500, `no such file '${path}'\n`, { body: "plain" });
    formatter = format ?? "";
    if (formatter !== "json" && formatter !== "extjs")
      throw new Failure(501, `no formatter for uri ${below}, ${formatter}`, { body: "plain" });
    const method = request.method ?? "GET";
    if (!METHODS.includes(method)) throw new Failure(501, `method '${method}' not available`, { body: "none" });
    const segments = pathSegments(below);
    const query = question < 0 ? {} : parseForm(url.slice(question + 1));
    // Read when it is asked for, and once.
    let read: Promise<Params> | undefined;
    const body = (): Promise<Params> => (read ??= readBody(request));
    const asked = { method, path: `/${segments.join("/")}`, query, body };
    return await underFaults(lab, asked, formatter, () =>
      answer(lab, routes, calls, request, { method, segments, query, upgrade, body }),
    );
  } catch (error) {
    return refusal(lab, error, formatter);
  }
}

function isHeadTooLarge({ rawHeaders }: IncomingMessage): boolean {
  const bytes = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + rawHeaders.length;
  return rawHeaders.length / 2 + 1 >= MAX_HEAD_LINES || bytes >= MAX_HEAD_BYTES;
}

async function answer(
  lab: Lab,
  routes: Routes,
  calls: CallCounter,
  request: IncomingMessage,
  asked: { method: string; segments: string[]; query: Params; upgrade: boolean; body: () => Promise<Params> },
): Promise<unknown> {
  const { method, segments } = asked;
  const match = routes.find(method, segments);
  const key = `${method} ${match?.template ?? "(unknown)"}`;
  calls.set(key, (calls.get(key) ?? 0) + 1);
  const identity: Identity =
    match?.contract.user === "world"
      ? { authId: "", by: "nobody" }
      : authenticate(lab.state, lab.tickets, method, request.headers);
  // An upgrading request has no body to wait for.
  const body = asked.upgrade ? {} : await asked.body();
  const path = `/${segments.join("/")}`;
  if (match === null) throw new Failure(501, `Method '${method} ${path}' not implemented`);
  if (match.contract.noToken === true && identity.by === "token")
    throw forbidden(`URI '${path}' not available with API token, need proper ticket.\n`);
  const params = merged(match, body, asked.query);
  const node = nodeOf(lab, match);
  if (node !== "") params["node"] = node;
  const check = match.endpoint.check ?? (match.contract.user === undefined ? match.contract.check : undefined);
  if (check !== undefined) enforce(lab.state, identity.authId, check, params);
  if (node !== "" && match.contract.proxy === true) lab.nodes.refuseUnreachable(node);
  if (method !== "GET" && match.contract.user !== "world") lab.nodes.refuseWithoutQuorum();
  const errors = verifyParameters(match.contract.parameters, params);
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  const call: Call = { lab, identity, params, node, upgrade: asked.upgrade };
  return match.endpoint.run(call);
}

/** Query over body; a value that contradicts the path is refused. */
function merged(match: Match, body: Params, query: Params): Params {
  const params: Params = { ...body, ...query };
  const conflicts: Record<string, string> = {};
  for (const [name, value] of Object.entries(match.pathParams)) {
    if (params[name] !== undefined && params[name] !== value)
      conflicts[name] = "duplicate parameter (already defined in URI) with conflicting values!";
    params[name] = value;
  }
  if (Object.keys(conflicts).length > 0) throw badParameters(conflicts);
  return params;
}

function nodeOf(lab: Lab, match: Match): string {
  const name = match.pathParams["node"];
  if (name === undefined) return "";
  if (name === "localhost") return lab.nodes.local;
  if (!lab.state.nodes.includes(name))
    throw failed(
      `hostname lookup '${name}' failed - failed to get address info for: ${name}: Temporary failure in name resolution`,
    );
  return name;
}

async function underFaults(
  lab: Lab,
  { method, path, query, body }: { method: string; path: string; query: Params; body: () => Promise<Params> },
  formatter: string,
  work: () => Promise<unknown>,
): Promise<Outcome> {
  const faults = await lab.faults.strikeCall(method, path, async () => textOf({ ...query, ...(await body()) }));
  const of = (kind: Fault["kind"]): Fault | undefined => faults.find((fault) => fault.kind === kind);
  const latency = of("latency");
  const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, latency?.ms ?? 0));
  if (latency !== undefined && latency.done !== true) await late();
  if (of("drop-before") !== undefined) return null;
  const strange = of("wrong-answer");
  const wrong = of("status");
  if (wrong !== undefined && wrong.done !== true) return wrongAnswer(wrong);
  if (of("agent-off") !== undefined) return refusal(lab, failed("QEMU guest agent is not running"), formatter);
  let outcome: Outcome;
  try {
    outcome = success(await work(), formatter);
  } catch (error) {
    outcome = await refusal(lab, error, formatter);
  }
  if (latency?.done === true) await late();
  if (of("drop-after") !== undefined) return null;
  if (strange !== undefined) return strangeAnswer(strange);
  return wrong === undefined ? outcome : wrongAnswer(wrong);
}

function textOf(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join("&");
}

function wrongAnswer(fault: Fault): Answer {
  const status = fault.status ?? 500;
  const reason =
    fault.reason ?? { 500: "internal error", 595: "No route to host", 596: "Broken pipe" }[status] ?? "fault";
  // 595 and 596 are minted by the proxying node and carry a reason phrase only.
  if (status >= 595) return { status, reason, contentType: null, body: "" };
  return {
    status,
    reason,
    contentType: "application/json;charset=UTF-8",
    body: JSON.stringify({ data: null, message: `${reason}\n` }),
  };
}

/** A success whose body is not what was asked for: other data, or the page of something in between. */
function strangeAnswer(fault: Fault): Answer {
  if (fault.data !== undefined) return json(fault.status ?? 200, fault.reason ?? "OK", { data: fault.data });
  const body = "<!doctype html><title>Please wait</title><p>The service is being prepared.</p>";
  return { status: fault.status ?? 200, reason: fault.reason ?? "OK", contentType: "text/html", body };
}

function success(result: unknown, formatter: string): Outcome {
  if (result instanceof Upgrade) return result;
  const body = result instanceof Listing ? { data: result.data, total: result.total } : { data: result ?? null };
  return json(200, "OK", formatter === "extjs" ? { ...body, success: 1 } : body);
}

async function refusal(lab: Lab, error: unknown, formatter: string): Promise<Answer> {
  if (!(error instanceof Failure)) {
    lab.log(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return refusal(lab, failed(error instanceof Error ? error.message : String(error)), formatter);
  }
  if (error.delayMs > 0) await lab.clock.pause(error.delayMs);
  const reason = error.message.split("\n")[0] ?? "";
  // A text outside Latin-1 breaks the real server's status line: what the client then sees is this.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(reason))
    return { status: 596, reason: "Broken pipe", contentType: null, body: "" };
  if (error.body === "none") return { status: error.status, reason, contentType: null, body: "" };
  if (error.body === "plain") return { status: error.status, reason, contentType: "text/plain", body: error.message };
  const body = { data: null, message: error.message, ...(error.errors === undefined ? {} : { errors: error.errors }) };
  return formatter === "extjs"
    ? json(200, "OK", { ...body, success: 0, status: error.status })
    : json(error.status, reason, body);
}

function json(status: number, reason: string, body: unknown): Answer {
  return { status, reason, contentType: "application/json;charset=UTF-8", body: JSON.stringify(body) };
}

function headersOf(answer: Answer): Record<string, string> {
  const headers: Record<string, string> = {
    "Cache-Control": "max-age=0",
    Pragma: "no-cache",
    Server: "pve-api-daemon/3.0",
    "Content-Length": String(Buffer.byteLength(answer.body)),
  };
  if (answer.contentType !== null) headers["Content-Type"] = answer.contentType;
  // Every refusal closes the connection.
  if (answer.status >= 400) headers["Connection"] = "close";
  return headers;
}

function respond(request: IncomingMessage, response: ServerResponse, outcome: Outcome): void {
  if (outcome === null || outcome instanceof Upgrade) {
    request.socket.destroy();
    return;
  }
  response.writeHead(outcome.status, outcome.reason, headersOf(outcome));
  response.end(outcome.body);
}

function respondUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, outcome: Outcome): void {
  if (socket.destroyed) return;
  if (outcome === null || (outcome instanceof Upgrade && outcome.takeOver === null)) {
    socket.destroy();
    return;
  }
  if (!(outcome instanceof Upgrade)) {
    const headers = Object.entries({ ...headersOf(outcome), Connection: "close" }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.end(`HTTP/1.1 ${outcome.status} ${outcome.reason}\r\n${headers.join("")}\r\n${outcome.body}`);
    return;
  }
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"] ?? ""}${WEBSOCKET_GUID}`)
    .digest("base64");
  const protocol = request.headers["sec-websocket-protocol"];
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${
      protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`
    }\r\n`,
  );
  outcome.takeOver?.(socket, head);
}
