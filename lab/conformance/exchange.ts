// Sends one recorded request to a lab and takes its answer apart, WebSockets included.
import { readFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { frameHeader } from "../console/frames.ts";
import type { Given } from "./compare.ts";
import type { Json, JsonObject } from "./recordings.ts";

const ANSWER_TIMEOUT_MS = 20_000;
const FIRST_FRAME_TIMEOUT_MS = 4_000;
const UNSENT: Given = { status: 0, reason: "(no answer)", contentType: null, text: "", body: null };

export interface Sent {
  method: string;
  /** Path with query, as it goes on the wire. */
  target: string;
  headers: Record<string, string>;
  body?: string;
}

/** One exchange; status 0 where the connection was cut without an answer. */
export function exchange(url: string, caFile: string, sent: Sent): Promise<Given> {
  const body = sent.body === undefined ? null : Buffer.from(sent.body);
  const headers = { ...sent.headers, ...(body === null ? {} : { "Content-Length": String(body.length) }) };
  const { hostname, port } = new URL(url);
  const options: RequestOptions = { hostname, port, method: sent.method, path: sent.target, headers, agent: false };
  return new Promise((resolve) => {
    const call = request({ ...options, ca: readFileSync(caFile), timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(UNSENT));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const contentType = response.headers["content-type"] ?? null;
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          contentType,
          text,
          body: parsed(text, contentType),
        });
      });
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(UNSENT));
    call.end(body ?? undefined);
  });
}

/** Opens a WebSocket. After the change of protocols `greeting` is sent, if any, and the first bytes that come are the text. */
export function openSocket(
  url: string,
  caFile: string,
  target: string,
  headers: Record<string, string>,
  greeting: string | null,
): Promise<Given> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const call = request({
      hostname,
      port,
      path: target,
      ca: readFileSync(caFile),
      agent: false,
      timeout: ANSWER_TIMEOUT_MS,
      headers: {
        ...headers,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(UNSENT));
    call.on("response", (response) => {
      response.resume();
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const contentType = response.headers["content-type"] ?? null;
        const [status, reason] = [response.statusCode ?? 0, response.statusMessage ?? ""];
        resolve({ status, reason, contentType, text, body: parsed(text, contentType) });
      });
    });
    call.on("upgrade", (response, socket: Duplex, head: Buffer) => {
      const [status, reason] = [response.statusCode ?? 0, response.statusMessage ?? ""];
      void firstBytes(socket, head, greeting).then((text) =>
        resolve({ status, reason, contentType: null, text, body: null }),
      );
    });
    call.end();
  });
}

function firstBytes(socket: Duplex, head: Buffer, greeting: string | null): Promise<string> {
  return new Promise((resolve) => {
    let bytes = head;
    const timer = setTimeout(() => end(), FIRST_FRAME_TIMEOUT_MS);
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      // Behind the two bytes of a short frame's header.
      resolve(bytes.subarray(2).toString("latin1"));
    };
    const take = (): void => {
      if (bytes.length >= 4) end();
    };
    socket.on("error", end);
    socket.on("close", end);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      take();
    });
    take();
    if (greeting !== null) {
      const payload = Buffer.from(greeting);
      const header = frameHeader(2, payload.length);
      header[1] = 0x80 | (header[1] ?? 0);
      socket.write(Buffer.concat([header, Buffer.alloc(4), payload]));
    }
  });
}

/** `application/x-www-form-urlencoded`; lists repeat their key. */
export function formOf(params: JsonObject): string {
  const pairs = Object.entries(params).flatMap(([key, value]): [string, string][] =>
    Array.isArray(value) ? value.map((item) => [key, plain(item)]) : [[key, plain(value)]],
  );
  return pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join("&");
}

function plain(value: Json): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string, contentType: string | null): JsonObject | null {
  if (text === "" || contentType === null || !contentType.startsWith("application/json")) return null;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}
