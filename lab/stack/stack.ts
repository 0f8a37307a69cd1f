// The whole product on one machine: the lab, the database, the Worker in workerd; for `npm start`, tests and benchmarks alike.
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { migrateDatabase } from "./database.ts";
import { endLeftovers, endProcess, freePort, rememberGroups, startProcess } from "./processes.ts";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export interface StackOptions {
  /** Folder that everything is kept in. */
  stateDir: string;
  /** Wished ports; another is taken where one is in use. 0 asks for any. */
  portalPort: number;
  pvePort: number;
  controlPort: number;
  runtime: "auto" | "qemu" | "painted";
  /** How many times faster than life the lab's tasks go. */
  labSpeed: number;
  operatorEmails: string;
  /** Variables of wrangler.toml to be set otherwise, and optional secrets. */
  vars?: Record<string, string>;
  /** Another configuration of the dev server than wrangler.toml. */
  workerConfig?: string;
  /** Gets what the processes print, for a person or a log. */
  onLine?: (source: "lab" | "worker", line: string) => void;
}

/** What the lab says of itself when it is ready. */
export interface LabReady {
  pveUrl: string;
  controlUrl: string;
  caFile: string;
  runtime: "qemu" | "painted";
  provisioningToken: string;
}

export interface Stack {
  origin: string;
  lab: LabReady;
  /** SQLite file of D1, for reading by tests. */
  databaseFile: () => string;
  /** File with the Worker's secrets, for tests that open what is sealed. */
  secretsFile: string;
  /** Process group of the dev server with its two workerds, the Worker's and the one in front; changes with every restart. */
  workerGroup: () => number;
  /** Ends the Worker as a power cut would, and starts it again on the same data. */
  restartWorker: () => Promise<void>;
  killWorker: () => Promise<void>;
  startWorker: () => Promise<void>;
  stopLab: () => Promise<void>;
  startLab: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Brings everything up; what it has started is ended again where something fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir } = options;
  mkdirSync(stateDir, { recursive: true });
  const groupsFile = join(stateDir, "processes.json");
  endLeftovers(groupsFile, ROOT);
  const ports = {
    portal: await freePort(options.portalPort),
    pve: await freePort(options.pvePort),
    control: await freePort(options.controlPort),
  };
  const origin = `http://localhost:${ports.portal}`;
  let lab: ChildProcess | undefined;
  let worker: ChildProcess | undefined;
  let ready: LabReady | undefined;

  const remember = () => rememberGroups(groupsFile, [lab?.pid, worker?.pid]);

  async function startLab(): Promise<void> {
    [lab, ready] = await runLab(options, ports);
    remember();
  }

  async function startWorker(): Promise<void> {
    if (!ready) throw new Error("the lab must run first");
    const envFile = writeEnvironment(options, origin, ready);
    worker = await runWorker(options, ports.portal, envFile, ready.caFile);
    remember();
  }

  async function stopLab(): Promise<void> {
    if (lab) await endProcess(lab, "SIGTERM", 5_000);
    lab = undefined;
  }

  async function killWorker(): Promise<void> {
    // workerd may hold its port for minutes after SIGTERM; D1 and the objects are as safe under SIGKILL.
    if (worker) await endProcess(worker, "SIGKILL", 1_000);
    worker = undefined;
  }

  async function stop(): Promise<void> {
    await Promise.all([stopLab(), killWorker()]);
    remember();
  }

  try {
    await Promise.all([startLab(), migrateDatabase(ROOT, stateDir)]);
    await startWorker();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    origin,
    get lab() {
      if (!ready) throw new Error("the lab is not ready");
      return ready;
    },
    databaseFile: () => databaseFile(stateDir),
    secretsFile: join(stateDir, "secrets.json"),
    workerGroup: () => {
      if (worker?.pid === undefined) throw new Error("the Worker does not run");
      return worker.pid;
    },
    restartWorker: async () => {
      await killWorker();
      await startWorker();
    },
    killWorker,
    startWorker,
    stopLab,
    startLab,
    stop,
  };
}

async function runLab(
  options: StackOptions,
  ports: { pve: number; control: number },
): Promise<[ChildProcess, LabReady]> {
  const args = [
    join(ROOT, "lab/main.ts"),
    `--state=${join(options.stateDir, "lab")}`,
    `--pve-port=${ports.pve}`,
    `--control-port=${ports.control}`,
    `--runtime=${options.runtime}`,
    `--speed=${options.labSpeed}`,
  ];
  let child: ChildProcess | undefined;
  const ready = await withTimeout<LabReady>(LAB_START_MS, "the lab", (done, failed) => {
    child = startProcess({
      command: process.execPath,
      args,
      cwd: ROOT,
      onLine: (line) => {
        if (line.startsWith('{"ready"')) done(JSON.parse(line) as LabReady);
        else options.onLine?.("lab", line);
      },
    });
    child.once("exit", (code) => failed(new Error(`the lab ended with code ${code}`)));
  });
  if (!child) throw new Error("the lab did not start");
  return [child, ready];
}

/** The first start builds the guest's kernel and file system. */
const LAB_START_MS = 180_000;
const WORKER_START_MS = 60_000;

async function runWorker(options: StackOptions, port: number, envFile: string, caFile: string): Promise<ChildProcess> {
  const inspector = await freePort(0);
  // Told where it does not start.
  const said: string[] = [];
  const args = [
    join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
    "dev",
    `--config=${options.workerConfig ?? join(ROOT, "wrangler.toml")}`,
    `--port=${port}`,
    `--inspector-port=${inspector}`,
    `--persist-to=${join(options.stateDir, "worker")}`,
    `--env-file=${envFile}`,
    "--show-interactive-dev-session=false",
    ...optionalSecrets(envFile),
  ];
  const child = startProcess({
    command: process.execPath,
    args,
    cwd: ROOT,
    env: {
      NODE_EXTRA_CA_CERTS: caFile,
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_LOG_PATH: join(options.stateDir, "wrangler-logs"),
      NO_COLOR: "1",
    },
    onLine: (line) => {
      said.push(line);
      if (said.length > 20) said.shift();
      options.onLine?.("worker", line);
    },
  });
  const deadline = Date.now() + WORKER_START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`http://localhost:${port}/api/health`).catch(() => null);
    if (answer?.ok) return child;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  await endProcess(child, "SIGKILL", 1_000);
  throw new Error(
    `${child.exitCode === null ? "the Worker did not start in time" : `the Worker ended with code ${child.exitCode}`}\n${said.join("\n")}`,
  );
}

function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** Secrets that a deployment may do without; from the file the dev server takes only what wrangler.toml names. */
const OPTIONAL_SECRETS = ["ENCRYPTION_KEYS_OLD", "OIDC_SECRETS"];

function optionalSecrets(envFile: string): string[] {
  const given = readFileSync(envFile, "utf8").matchAll(/^(\w+)=(["'])(.*)\2$/gm);
  return [...given].flatMap(([, name = "", , value]) =>
    OPTIONAL_SECRETS.includes(name) ? ["--var", `${name}:${value}`] : [],
  );
}

/** Secrets are made once per state folder and kept where only its owner reads; variables are written anew each time. */
function writeEnvironment(options: StackOptions, origin: string, lab: LabReady): string {
  const secretsFile = join(options.stateDir, "secrets.json");
  if (!existsSync(secretsFile)) {
    const secrets = {
      AUTH_SECRET: randomBytes(32).toString("hex"),
      ENCRYPTION_KEY: randomBytes(32).toString("base64"),
      MAIL_TOKEN: randomBytes(16).toString("hex"),
    };
    writeFileSync(secretsFile, JSON.stringify(secrets), { mode: 0o600 });
  }
  const values = {
    ...(JSON.parse(readFileSync(secretsFile, "utf8")) as Record<string, string>),
    PUBLIC_ORIGIN: origin,
    OPERATOR_EMAILS: options.operatorEmails,
    MAIL_ENDPOINT: `${lab.controlUrl}/mail/send`,
    ...options.vars,
  };
  const envFile = join(options.stateDir, "worker.env");
  const text = Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}\n`);
  writeFileSync(envFile, text.join(""), { mode: 0o600 });
  return envFile;
}

/** D1 keeps its file under a name of its own; the largest one that is not its bookkeeping is ours. */
function databaseFile(stateDir: string): string {
  const folder = join(stateDir, "worker/v3/d1/miniflare-D1DatabaseObject");
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  if (!file) throw new Error("no database yet");
  return join(folder, file);
}

function withTimeout<T>(
  timeoutMs: number,
  what: string,
  body: (done: (value: T) => void, failed: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${what} did not start in time`)), timeoutMs);
    body(
      (value) => {
        clearTimeout(timer);
        done(value);
      },
      (error) => {
        clearTimeout(timer);
        failed(error);
      },
    );
  });
}
