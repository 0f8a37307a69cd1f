// Calls to the agent inside a guest.
import { AgentNotRunning } from "../guests/runtime.ts";
import { flag, integer, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { hasAgent } from "../machines/spec.ts";

/** A silent agent is given up after this long (simulated). */
const SILENCE_MS = 3_000;

const AGENT = "/nodes/{node}/qemu/{vmid}/agent";
/** As much of a file as one call reads, and as much as one exchange with the agent carries. */
const MAX_FILE_BYTES = 16 * 1_024 ** 2;
const MAX_CHUNK_BYTES = 1_024 ** 2;

const COMMANDS: [method: "GET" | "POST", name: string, command: string][] = [
  ["POST", "ping", "guest-ping"],
  ["GET", "info", "guest-info"],
  ["GET", "network-get-interfaces", "guest-network-get-interfaces"],
  ["GET", "get-osinfo", "guest-get-osinfo"],
  ["GET", "get-host-name", "guest-get-host-name"],
  ["GET", "get-fsinfo", "guest-get-fsinfo"],
  ["GET", "get-users", "guest-get-users"],
  ["GET", "get-time", "guest-get-time"],
  ["GET", "get-timezone", "guest-get-timezone"],
  ["GET", "get-vcpus", "guest-get-vcpus"],
  ["GET", "get-memory-blocks", "guest-get-memory-blocks"],
  ["GET", "get-memory-block-info", "guest-get-memory-block-info"],
  ["POST", "fsfreeze-status", "guest-fsfreeze-status"],
  ["POST", "fsfreeze-freeze", "guest-fsfreeze-freeze"],
  ["POST", "fsfreeze-thaw", "guest-fsfreeze-thaw"],
  ["POST", "fstrim", "guest-fstrim"],
  ["POST", "shutdown", "guest-shutdown"],
];

export const agentEndpoints: Endpoint[] = [
  ...COMMANDS.map(([method, name, command]): Endpoint => ({
    route: `${method} ${AGENT}/${name}`,
    run: async (call) => ({ result: await ask(call, command) }),
  })),
  { route: `POST ${AGENT}/exec`, run: execute },
  { route: `GET ${AGENT}/exec-status`, run: executed },
  { route: `POST ${AGENT}/set-user-password`, run: setPassword },
  { route: `GET ${AGENT}/file-read`, run: readFile },
  { route: `POST ${AGENT}/file-write`, run: writeFile },
];

async function execute(call: Call): Promise<unknown> {
  const command = call.params["command"];
  const [path = "", ...args] = Array.isArray(command) ? command : [];
  const input = text(call, "input-data");
  return ask(call, "guest-exec", {
    path,
    arg: args,
    "capture-output": true,
    ...(input === undefined ? {} : { "input-data": Buffer.from(input).toString("base64") }),
  });
}

/** Output comes decoded, and yes and no as numbers. */
async function executed(call: Call): Promise<unknown> {
  const answer = (await ask(call, "guest-exec-status", { pid: integer(call, "pid") })) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => {
      if (typeof value === "boolean") return [key, value ? 1 : 0];
      return [key, key.endsWith("-data") ? decoded(value).toString() : value];
    }),
  );
}

async function setPassword(call: Call): Promise<unknown> {
  const result = await ask(call, "guest-set-user-password", {
    username: required(call, "username"),
    password: Buffer.from(required(call, "password")).toString("base64"),
    crypted: flag(call, "crypted"),
  });
  return { result };
}

async function readFile(call: Call): Promise<unknown> {
  const handle = await ask(call, "guest-file-open", { path: required(call, "file"), mode: "r" });
  try {
    const offset = integer(call, "offset") ?? 0;
    if (offset > 0) await ask(call, "guest-file-seek", { handle, offset, whence: "set" });
    let left = integer(call, "count") ?? MAX_FILE_BYTES;
    const chunks: Buffer[] = [];
    for (let ended = false; !ended && left > 0;) {
      const count = Math.min(left, MAX_CHUNK_BYTES);
      const part = (await ask(call, "guest-file-read", { handle, count })) as { "buf-b64"?: string; eof?: boolean };
      const bytes = decoded(part["buf-b64"]);
      chunks.push(bytes);
      left -= bytes.length;
      ended = part.eof === true || bytes.length === 0;
    }
    const content = Buffer.concat(chunks);
    return {
      content: text(call, "decode") === "0" ? content.toString("base64") : content.toString("latin1"),
      ...(left === 0 ? { truncated: 1 } : {}),
    };
  } finally {
    await ask(call, "guest-file-close", { handle });
  }
}

async function writeFile(call: Call): Promise<null> {
  const content = required(call, "content");
  const handle = await ask(call, "guest-file-open", { path: required(call, "file"), mode: "wb" });
  try {
    const encoded = text(call, "encode") === "0" ? content : Buffer.from(content).toString("base64");
    await ask(call, "guest-file-write", { handle, "buf-b64": encoded });
  } finally {
    await ask(call, "guest-file-close", { handle });
  }
  return null;
}

function decoded(value: unknown): Buffer {
  return Buffer.from(typeof value === "string" ? value : "", "base64");
}

async function ask(call: Call, command: string, args?: Record<string, unknown>): Promise<unknown> {
  const { lab, node } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid);
  if (!hasAgent(guest.config)) throw failed("No QEMU guest agent configured");
  const machine = lab.machines.running(vmid);
  if (machine === undefined) throw failed(`VM ${vmid} is not running`);
  try {
    return await machine.agentCommand(command, args);
  } catch (error) {
    if (!(error instanceof AgentNotRunning))
      throw failed(`Agent error: ${error instanceof Error ? error.message : "unknown"}`);
    await lab.clock.pause(SILENCE_MS);
    throw failed("QEMU guest agent is not running");
  }
}
