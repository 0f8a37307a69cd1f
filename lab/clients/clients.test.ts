// Clients that were written for the real server work against the lab: each makes a scripted journey that asserts.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseOptions } from "../options.ts";
import { startLab, type RunningLab } from "../start.ts";

/** Debian's packages are seen by Debian's interpreter. */
const PYTHON = "/usr/bin/python3";
const JOURNEY_TIMEOUT_MS = 60_000;

const stateDir = mkdtempSync(join(tmpdir(), "lab-clients-"));
let lab: RunningLab;

beforeAll(async () => {
  const options = ["--pve-port", "0", "--control-port", "0", "--runtime", "painted", "--nodes", "1", "--speed", "20"];
  lab = await startLab(parseOptions(["--state", stateDir, ...options]), () => {});
});
afterAll(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const hasProxmoxer = spawnSync(PYTHON, ["-c", "import proxmoxer, requests"]).status === 0;
if (!hasProxmoxer) console.log("python3-proxmoxer is not installed: its journey is skipped");

test.skipIf(!hasProxmoxer)(
  "python3-proxmoxer",
  async () => expect(await journey(PYTHON, "journey.py")).toEqual({ status: 0, said: "journey done\n" }),
  JOURNEY_TIMEOUT_MS,
);

test(
  "proxmox-api of npm",
  async () => expect(await journey(process.execPath, "journey.ts")).toEqual({ status: 0, said: "journey done\n" }),
  JOURNEY_TIMEOUT_MS,
);

/** Runs a script that reads from its input where the lab is; what it said on both its lines, and its exit status. */
function journey(program: string, script: string): Promise<{ status: number | null; said: string }> {
  const { hostname, port } = new URL(lab.pveUrl);
  const place = {
    host: hostname,
    port: Number(port),
    ca: lab.caFile,
    password: readFileSync(lab.rootPasswordFile, "utf8").trim(),
    token: lab.provisioningToken,
  };
  const child = spawn(program, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: lab.caFile, NODE_NO_WARNINGS: "1" },
  });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, said }));
    child.stdin.end(JSON.stringify(place));
  });
}
