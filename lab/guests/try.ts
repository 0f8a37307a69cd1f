// Boots one guest by hand, logs in over the serial line and on the screen's keyboard, prints timings and sizes.
// Usage: node lab/guests/try.ts [painted] [--memory 128] [--cores 1] [--screen file.ppm]
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { parseArgs } from "node:util";
import { createRuntime } from "./start.ts";
import type { RunningGuest } from "./runtime.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { memory: { type: "string", default: "128" }, cores: { type: "string", default: "1" } },
});
const stateDir = await mkdtemp(path.join(tmpdir(), "nubemox-try-"));
const kind = positionals[0] === "painted" ? "painted" : "qemu";
const runtime = await createRuntime({ stateDir, kind, log: (line) => console.log(line) });
try {
  await tryGuest();
} finally {
  await runtime.close();
  await rm(stateDir, { recursive: true, force: true });
}

async function tryGuest(): Promise<void> {
  const disk = path.join(stateDir, "disk.qcow2");
  await runtime.createDisk(disk, 2 * 2 ** 30);
  const startedAtMs = performance.now();
  const say = (what: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(2).padStart(6)} s  ${what}`);
  const guest = await runtime.start({
    vmid: 123,
    node: "pve1",
    name: "try-me",
    cores: Number(values.cores),
    memoryMiB: Number(values.memory),
    disks: [{ slot: "scsi0", file: disk }],
    macs: ["bc:24:11:00:00:7b"],
    cloudInit: { hostname: "try-me", user: "alice", password: 'quo"te\\d 1', sshKeys: null, ipConfig: "ip=dhcp" },
    agent: true,
    flavour: "web",
  });
  say("process runs");
  const line = await guest.openSerial();
  await expectText(line, "try-me login: ", 30_000);
  say("login prompt on the serial line");
  line.write("alice\n");
  await expectText(line, "Password: ", 10_000);
  line.write('quo"te\\d 1\n');
  await expectText(line, "alice@try-me:~$ ", 10_000);
  say("logged in");
  for (const command of ["free -m", "df -h /home", "echo to-serial > /dev/ttyS0"]) {
    line.write(`${command}\n`);
    console.log(await expectText(line, "alice@try-me:~$ ", 10_000));
  }
  const address = await answering(guest);
  say(`agent answers: ${JSON.stringify(address)}`);
  console.log("counters", await guest.counters());
  line.write("poweroff\n");
  say(`off: ${JSON.stringify(await guest.exited)}`);
  console.log(`serial log: ${(await readFile(runtime.serialLog(123), "utf8")).length} characters`);
}

async function answering(guest: RunningGuest): Promise<unknown> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await guest.agentCommand("guest-network-get-interfaces");
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("the agent does not answer");
}

/** Reads until the text has come; returns what came. */
function expectText(stream: Duplex, text: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    const done = () => {
      clearTimeout(timer);
      stream.off("data", take);
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`waited for ${JSON.stringify(text)}, got ${JSON.stringify(seen.slice(-300))}`));
    }, timeoutMs);
    const take = (bytes: Buffer) => {
      seen += bytes.toString();
      if (!seen.includes(text)) return;
      done();
      resolve(seen);
    };
    stream.on("data", take);
  });
}
