// A client of the lab for its tests: calls by token, waits for tasks, opens consoles.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import { frameHeader } from "./console/frames.ts";

export interface Answer {
  status: number;
  reason: string;
  data: unknown;
  errors: Record<string, string> | undefined;
  message: string | undefined;
}

/** Where the lab under test is now; its tests may restart it elsewhere. */
export interface Target {
  pveUrl: string;
  caFile: string;
  provisioningToken: string;
}

export interface ConsoleTicket {
  port: string;
  ticket: string;
  password: string;
  upid: string;
}

export interface Console {
  status: number;
  socket: Duplex | null;
  received: () => Buffer;
  closed: Promise<void>;
}

export class LabClient {
  readonly #target: () => Target;

  constructor(target: () => Target) {
    this.#target = target;
  }

  /** One call; `as` is `user@realm!token=secret`, or empty for nobody. */
  call(
    method: string,
    path: string,
    params: Record<string, string | number> = {},
    as = this.#target().provisioningToken,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const form = new URLSearchParams(
      Object.entries(params).map(([key, value]): [string, string] => [key, String(value)]),
    ).toString();
    const inQuery = method === "GET" || method === "DELETE";
    const headers: Record<string, string> = { ...more };
    if (as !== "") headers["Authorization"] = `PVEAPIToken=${as}`;
    if (!inQuery)
      Object.assign(headers, {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": String(Buffer.byteLength(form)),
      });
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#target().pveUrl}/api2/json${path}${inQuery && form !== "" ? `?${form}` : ""}`,
        { method, headers, ca: readFileSync(this.#target().caFile), agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
            const body: { data?: unknown; errors?: Record<string, string>; message?: string } = isJson
              ? (JSON.parse(text) as typeof body)
              : {};
            resolve({
              status: response.statusCode ?? 0,
              reason: response.statusMessage ?? "",
              data: body.data,
              errors: body.errors,
              message: body.message,
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end(inQuery ? undefined : form);
    });
  }

  async ticketOf(vmid: number, as = this.#target().provisioningToken): Promise<ConsoleTicket> {
    const { data } = await this.call("POST", `/nodes/pve1/qemu/${vmid}/vncproxy`, { websocket: 1 }, as);
    return data as ConsoleTicket;
  }

  /** Waits for a task and returns its exit status. */
  async finished(started: Answer, as = this.#target().provisioningToken): Promise<string> {
    if (started.status !== 200) throw new Error(`no task: ${started.status} ${started.reason}`);
    const upid = String(started.data);
    const path = `/nodes/${upid.split(":")[1]}/tasks/${encodeURIComponent(upid)}/status`;
    for (;;) {
      const status = await this.call("GET", path, {}, as);
      if (at(status, "status") === "stopped") return String(at(status, "exitstatus"));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Opens the WebSocket of a console; status 0 where the connection is cut with no answer. */
  openConsole(
    vmid: number,
    ticket: { port: string; ticket: string },
    as = this.#target().provisioningToken,
    kind: "qemu" | "lxc" = "qemu",
  ): Promise<Console> {
    return new Promise((resolve) => {
      const query = new URLSearchParams({ port: ticket.port, vncticket: ticket.ticket }).toString();
      const sent = request(`${this.#target().pveUrl}/api2/json/nodes/pve1/${kind}/${vmid}/vncwebsocket?${query}`, {
        ca: readFileSync(this.#target().caFile),
        agent: false,
        headers: {
          Authorization: `PVEAPIToken=${as}`,
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
          "Sec-WebSocket-Protocol": "binary",
        },
      });
      const none = (status: number): void =>
        resolve({ status, socket: null, received: () => Buffer.alloc(0), closed: Promise.resolve() });
      sent.on("error", () => none(0));
      sent.on("response", (response) => none(response.statusCode ?? 0));
      sent.on("upgrade", (response, socket, head) => {
        let bytes = head;
        socket.on("data", (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
        socket.on("error", () => {});
        resolve({
          status: response.headers["sec-websocket-accept"] === "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ? 101 : -1,
          socket,
          received: () => bytes,
          closed: new Promise((done) => socket.on("close", () => done())),
        });
      });
      sent.end();
    });
  }
}

/** A member deep in an answer's data. */
export function at(answer: Answer, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], answer.data);
}

/** A masked binary frame. */
export function masked(payload: Buffer): Buffer {
  const header = frameHeader(2, payload.length);
  header[1] = 0x80 | (header[1] ?? 0);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

/** Waits up to five seconds for something to come true. */
export async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!check()) throw new Error("it never came true");
}
