// The lab with 10,000 guests, alone: start-up, memory, the list of all resources, a guest's status. What a benchmark of the
// portal measures must not be the lab: `npm run bench:lab`.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../lab/stack/stack.ts";
import { percentile, residentBytes, round } from "./measure.ts";

const GUESTS = 10_000;
const MIB = 1_024 ** 2;
const LISTS = 20;
const STATUS_SECONDS = 5;
const CONNECTIONS = 16;
const START_TIMEOUT_MS = 60_000;
const TOKEN_NAME = "bench";

/** What has to hold, with the figure's unit in its name. */
const LIMITS = { startMs: 15_000, memoryMiB: 700, listP95Ms: 1_000, statusPerSecond: 400 };

interface Ready {
  pveUrl: string;
  caFile: string;
  rootPasswordFile: string;
}

interface Given {
  bytes: number;
  data: unknown;
}

class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #ready: Ready;
  readonly #ca: Buffer;
  #headers: Record<string, string> = {};

  constructor(ready: Ready) {
    this.#ready = ready;
    this.#ca = readFileSync(ready.caFile);
  }

  /** Logs root in and goes on by a token of his. */
  async login(): Promise<void> {
    const password = readFileSync(this.#ready.rootPasswordFile, "utf8").trim();
    const login = await this.call("POST", "/access/ticket", { username: "root@pam", password });
    const { ticket, CSRFPreventionToken } = login.data as { ticket: string; CSRFPreventionToken: string };
    this.#headers = { Cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, CSRFPreventionToken };
    const made = await this.call("POST", `/access/users/root@pam/token/${TOKEN_NAME}`, { privsep: "0" });
    this.#headers = { Authorization: `PVEAPIToken=root@pam!${TOKEN_NAME}=${(made.data as { value: string }).value}` };
  }

  call(method: string, path: string, params: Record<string, string> = {}): Promise<Given> {
    const body = new URLSearchParams(params).toString();
    const headers: Record<string, string> = { ...this.#headers };
    if (method === "POST") {
      headers["Content-Type"] = "application/x-www-form-urlencoded";
      headers["Content-Length"] = String(Buffer.byteLength(body));
    }
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#ready.pveUrl}/api2/json${path}`,
        { method, headers, ca: this.#ca, agent: this.#agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const bytes = Buffer.concat(chunks);
            if (response.statusCode !== 200) reject(new Error(`${method} ${path}: ${String(response.statusMessage)}`));
            else resolve({ bytes: bytes.length, data: (JSON.parse(bytes.toString()) as { data: unknown }).data });
          });
        },
      );
      sent.on("error", reject);
      sent.end(method === "POST" ? body : undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function main(): Promise<boolean> {
  const stateDir = mkdtempSync(join(tmpdir(), "lab-bench-"));
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [join(ROOT, "lab/main.ts"), "--state", stateDir, "--pve-port", "0", "--control-port", "0", "--runtime", "painted"],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, LAB_GUESTS: String(GUESTS) } },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const client = new Client(await readyLine(child));
    const startMs = performance.now() - startedAt;
    await client.login();
    const lists = await timeLists(client);
    const statusPerSecond = await countStatuses(client, lists.paths);
    const memoryMiB = round(residentBytes([child.pid ?? 0]) / MIB, 0);
    client.close();
    const figures = {
      startMs: Math.round(startMs),
      memoryMiB,
      guests: lists.guests,
      listBytes: lists.bytes,
      listP50Ms: round(percentile(lists.timesMs, 0.5), 0),
      listP95Ms: round(percentile(lists.timesMs, 0.95), 0),
      statusPerSecond,
    };
    const holds = [
      claim(`${GUESTS} guests are listed`, figures.guests >= GUESTS),
      claim(`it starts within ${LIMITS.startMs} ms`, figures.startMs <= LIMITS.startMs),
      claim(`it holds at most ${LIMITS.memoryMiB} MiB`, figures.memoryMiB <= LIMITS.memoryMiB),
      claim(`cluster/resources within ${LIMITS.listP95Ms} ms at p95`, figures.listP95Ms <= LIMITS.listP95Ms),
      claim(`${LIMITS.statusPerSecond} times status/current a second`, statusPerSecond >= LIMITS.statusPerSecond),
    ];
    console.log(JSON.stringify({ bench: "lab", ...figures }));
    return holds.every(Boolean);
  } finally {
    child.kill("SIGTERM");
    await ended;
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function timeLists(
  client: Client,
): Promise<{ timesMs: number[]; bytes: number; guests: number; paths: string[] }> {
  const timesMs: number[] = [];
  let last: Given = { bytes: 0, data: [] };
  for (let turn = 0; turn < LISTS; turn += 1) {
    const at = performance.now();
    last = await client.call("GET", "/cluster/resources");
    timesMs.push(performance.now() - at);
  }
  const rows = last.data as { type: string; template?: number; node?: string; vmid?: number }[];
  const guests = rows.filter(({ type }) => type === "qemu" || type === "lxc");
  const paths = guests
    .filter(({ type, template }) => type === "qemu" && template !== 1)
    .map(({ node, vmid }) => `/nodes/${String(node)}/qemu/${String(vmid)}/status/current`);
  return { timesMs, bytes: last.bytes, guests: guests.length, paths };
}

async function countStatuses(client: Client, paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const endAt = performance.now() + STATUS_SECONDS * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < endAt) {
        await client.call("GET", paths[count % paths.length] ?? "");
        count += 1;
      }
    }),
  );
  return Math.round(count / STATUS_SECONDS);
}

function readyLine(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error("the lab did not get ready")), START_TIMEOUT_MS);
    child.once("exit", () => reject(new Error("the lab ended before it was ready")));
    child.stdout?.on("data", (piece: Buffer) => {
      said += piece.toString();
      if (!said.includes("\n")) return;
      clearTimeout(timer);
      resolve(JSON.parse(said.slice(0, said.indexOf("\n"))) as Ready);
    });
  });
}

function claim(text: string, holds: boolean): boolean {
  console.log(`${holds ? "holds" : "FAILS"}  ${text}`);
  return holds;
}

process.exit((await main()) ? 0 : 1);
