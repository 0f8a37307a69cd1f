// Boots one guest by hand, logs in over the serial line and on the screen's keyboard, prints timings and sizes.
// Usage: node lab/guests/try.ts [painted] [--memory 128] [--cores 1] [--screen screen.png]
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { png, RfbClient } from "./rfb-client.ts";
import { createRuntime } from "./start.ts";
import type { RunningGuest } from "./runtime.ts";
import { Transcript } from "./transcript.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    memory: { type: "string", default: "128" },
    cores: { type: "string", default: "1" },
    screen: { type: "string" },
  },
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
  const say = (what: string) =>
    console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(2).padStart(6)} s  ${what}`);
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
  const printed = new Transcript(line);
  await printed.until("try-me login: ", 30_000);
  say("login prompt on the serial line");
  await sleep(200);
  line.write("alice\n");
  await printed.until("Password: ", 10_000);
  line.write('quo"te\\d 1\n');
  await printed.until("alice@try-me:~$ ", 10_000);
  say("logged in");
  for (const command of ["free -m", "df -h /home", "echo to-serial > /dev/ttyS0", "nproc"]) {
    line.write(`${command}\n`);
    console.log(await printed.until("alice@try-me:~$ ", 10_000));
  }
  const address = await answering(guest);
  say(`agent answers: ${JSON.stringify(address)}`);
  const screen = await RfbClient.open(await guest.openVnc("s3cret12"), "s3cret12");
  await screen.type("alice\n");
  await sleep(500);
  await screen.type('quo"te\\d 1\n');
  await sleep(1_000);
  await screen.type("hostname; echo 'hello (1|2) & ~A_z' > /dev/ttyS0\n");
  console.log(await printed.until("hello (1|2) & ~A_z", 10_000));
  say("typed on the screen, read on the serial line");
  if (values.screen) await writeFile(values.screen, png(await screen.picture()));
  screen.close();
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
      await sleep(100);
    }
  }
  throw new Error("the agent does not answer");
}
