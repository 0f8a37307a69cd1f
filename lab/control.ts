// The lab's own side door for tests and people: mailbox, guests, disks, faults, counters. Plain HTTP, loopback only.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { CallCounter } from "./http/server.ts";
import type { Lab } from "./lab.ts";
import type { Mailbox } from "./mail.ts";
import { NODE_HEALTH } from "./nodes.ts";
import { MAX_SPEED, MIN_SPEED } from "./options.ts";
import { mailListPage, mailPage } from "./mailbox-page.ts";

const MAX_BODY_BYTES = 1_024 * 1_024;

interface Reply {
  status: number;
  type: "application/json" | "text/html" | "text/plain";
  body: string;
}

export function createControlServer(lab: Lab, mailbox: Mailbox, calls: CallCounter): Server {
  return createServer((request, response) => {
    void reply(lab, mailbox, calls, request)
      .catch((error: unknown) => json(400, { error: error instanceof Error ? error.message : "bad request" }))
      .then((answer) => send(response, answer));
  });
}

async function reply(lab: Lab, mailbox: Mailbox, calls: CallCounter, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  // `/lab/faults` and `/faults` are the same.
  const [area = "", id, part] = url.pathname
    .replace(/^\/lab(?=\/)/, "")
    .split("/")
    .slice(1);
  const method = request.method ?? "GET";
  switch (`${method} ${area}`) {
    case "GET ":
      return html(mailListPage(mailbox.list(null)));
    case "GET mail": {
      const mail = mailbox.list(null).find((one) => one.id === url.searchParams.get("id"));
      return html(mail === undefined ? mailListPage(mailbox.list(null)) : mailPage(mail));
    }
    case "GET mail.json":
      return json(200, mailbox.list(url.searchParams.get("to")));
    case "DELETE mail.json":
      mailbox.clear();
      return json(200, {});
    case "POST mail":
      return id === "send" ? takeMail(mailbox, request) : notFound();
    case "GET guests":
      return id === undefined ? json(200, guests(lab)) : part === "serial" ? serial(lab, Number(id)) : notFound();
    case "GET storage-files":
      return json(200, storageFiles(lab));
    case "GET faults":
      return json(200, lab.faults.list());
    case "POST faults":
      return json(200, { id: lab.faults.add(await body(request)).id });
    case "DELETE faults":
      return lab.faults.remove(id) ? json(200, {}) : notFound();
    case "GET calls":
      return json(200, Object.fromEntries([...calls].sort()));
    case "DELETE calls":
      calls.clear();
      return json(200, {});
    case "GET tasks":
      return json(200, lab.tasks.spans());
    case "GET clock":
      return json(200, { speed: lab.clock.speed });
    case "PUT clock":
      return setSpeed(lab, await body(request));
    case "GET nodes":
      return json(200, Object.fromEntries(lab.state.nodes.map((node) => [node, lab.nodes.health(node)])));
    case "PUT nodes":
      return setHealth(lab, id ?? "", await body(request));
    case "GET health":
      return json(200, { ok: true, runtime: lab.runtime.kind });
    default:
      return notFound();
  }
}

async function takeMail(mailbox: Mailbox, request: IncomingMessage): Promise<Reply> {
  if (!/^Bearer \S+$/.test(request.headers.authorization ?? "")) return json(401, { error: "no bearer token" });
  return json(200, { id: mailbox.take(await body(request)).id });
}

function setSpeed(lab: Lab, { speed }: Record<string, unknown>): Reply {
  if (typeof speed !== "number" || !(speed >= MIN_SPEED && speed <= MAX_SPEED))
    throw new Error(`speed is a number from ${MIN_SPEED} to ${MAX_SPEED}`);
  lab.clock.setSpeed(speed);
  return json(200, { speed });
}

async function setHealth(lab: Lab, node: string, { health }: Record<string, unknown>): Promise<Reply> {
  const known = NODE_HEALTH.find((one) => one === health);
  if (known === undefined) throw new Error(`health is one of ${NODE_HEALTH.join(", ")}`);
  await lab.nodes.set(node, known);
  await lab.status.run();
  return json(200, { health: known });
}

function guests(lab: Lab): unknown[] {
  return Object.entries(lab.state.guests).map(([id, guest]) => {
    const vmid = Number(id);
    return {
      vmid,
      name: guest.config["name"] ?? guest.config["hostname"] ?? null,
      node: guest.node,
      pool: Object.entries(lab.state.pools).find(([, pool]) => pool.vms.includes(vmid))?.[0] ?? null,
      status: lab.machines.running(vmid) === undefined ? "stopped" : "running",
      running: lab.machines.running(vmid) !== undefined,
      paused: lab.machines.isPaused(vmid),
      template: guest.config["template"] === "1",
      lock: guest.config["lock"] ?? null,
      description: guest.config["description"] ?? "",
    };
  });
}

function serial(lab: Lab, vmid: number): Reply {
  const file = lab.runtime.serialLog(vmid);
  return { status: 200, type: "text/plain", body: existsSync(file) ? readFileSync(file, "utf8") : "" };
}

/** Volumes that the API knows, and image files that it has forgotten (`volid` is null): the latter must never be there. */
function storageFiles(lab: Lab): unknown[] {
  const known = new Set(
    Object.values(lab.state.volumes).flatMap((volume) => (volume.file === undefined ? [] : [volume.file])),
  );
  const images = join(lab.stateDir, "images");
  const files = existsSync(images)
    ? readdirSync(images, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  const strays = files
    .map((entry) => join(entry.parentPath, entry.name).slice(images.length + 1))
    .filter((file) => !known.has(file));
  return [
    ...Object.entries(lab.state.volumes).map(([volid, volume]) => ({
      volid,
      vmid: volume.vmid,
      size: volume.sizeBytes,
    })),
    ...strays.map((file) => ({ volid: null, vmid: Number(file.split("/")[0]), size: 0, file })),
  ];
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error("body is too large");
    chunks.push(chunk);
  }
  const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("body is no JSON object");
  return parsed as Record<string, unknown>;
}

function send(response: ServerResponse, answer: Reply): void {
  response.writeHead(answer.status, { "Content-Type": `${answer.type}; charset=utf-8`, "Cache-Control": "no-store" });
  response.end(answer.body);
}

function json(status: number, value: unknown): Reply {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

function html(body: string): Reply {
  return { status: 200, type: "text/html", body };
}

function notFound(): Reply {
  return json(404, { error: "not found" });
}
