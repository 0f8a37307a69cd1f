// A real guest from power-on to power-off; skipped only where QEMU is not installed.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { png, RfbClient } from "./rfb-client.ts";
import type { GuestRuntime, GuestSpec, RunningGuest } from "./runtime.ts";
import { createRuntime } from "./start.ts";
import { Transcript } from "./transcript.ts";

const present = installed("qemu-system-x86_64") && installed("qemu-img");
if (!present) console.log("skipped: QEMU (qemu-system-x86_64, qemu-img) is not installed");
/** Patience for a loaded machine without KVM. */
const SLOW_MS = 120_000;

describe.skipIf(!present)("a real guest", () => {
  let stateDir: string;
  let runtime: GuestRuntime;
  let spec: GuestSpec;

  beforeAll(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "nubemox-test-"));
    runtime = await createRuntime({ stateDir, kind: "qemu", log: () => undefined });
    const template = path.join(stateDir, "template.qcow2");
    const file = path.join(stateDir, "disk.qcow2");
    await runtime.createDisk(template, 2 ** 30);
    await runtime.createDisk(file, 2 ** 30, template);
    spec = {
      vmid: 117,
      node: "pve1",
      name: "web-1",
      cores: 2,
      memoryMiB: 128,
      flavour: "web",
      agent: true,
      disks: [
        {
          slot: "scsi0",
          file,
        },
      ],
      macs: ["bc:24:11:00:00:01"],
      cloudInit: {
        hostname: "web-1",
        user: "ana",
        password: 'c0rrect "horse\\',
        ipConfig: "ip=10.9.8.7/24,gw=10.9.8.1",
        sshKeys: "ssh-ed25519 AAAA ana@home",
      },
    };
  }, SLOW_MS);

  afterAll(async () => {
    await runtime.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  test(
    "boots, logs its user in, serves, grows, and keeps files over a restart",
    async () => {
      const guest = await runtime.start(spec);
      await expect(runtime.start(spec)).rejects.toThrow("already running");
      const { command, printed } = await logIn(guest);
      expect(await command("nproc")).toContain("2");
      expect(await command("cat .ssh/authorized_keys")).toContain("ssh-ed25519 AAAA ana@home");
      expect(await command("wget -qO- http://127.0.0.1/")).toContain("web-1 is up");
      expect(JSON.stringify(await interfaces(guest))).toContain('"10.9.8.7"');
      await command("echo kept > note");
      await runtime.growDisk(spec.disks[0]!.file, 3 * 2 ** 30, guest, "scsi0");
      await expect
        .poll(() => command("df -m /home | tail -n 1"), { timeout: 20_000, interval: 300 })
        .toMatch(/ 2[89]\d\d |3\d\d\d /);
      await typeOnScreen(guest, printed);
      const counters = await guest.counters();
      expect(counters.cpuSeconds).toBeGreaterThan(0);
      expect(counters.diskWriteBytes).toBeGreaterThan(0);
      await guest.powerDown();
      expect(await guest.exited).toEqual({ expected: true, detail: "shut down by the guest" });

      const again = await runtime.start(spec);
      expect(await (await logIn(again)).command("cat note")).toContain("kept");
      await again.kill();
      expect(await again.exited).toMatchObject({ expected: true });
      expect(isAlive(again.pid)).toBe(false);
    },
    SLOW_MS,
  );

  test(
    "a disk that cannot be opened fails the start in QEMU's words",
    async () => {
      const missing = { ...spec, vmid: 118, disks: [{ slot: "scsi0", file: path.join(stateDir, "none.qcow2") }] };
      await expect(runtime.start(missing)).rejects.toThrow("No such file or directory");
    },
    SLOW_MS,
  );
});
async function logIn(guest: RunningGuest) {
  const line = await guest.openSerial();
  const printed = new Transcript(line);
  await printed.until("web-1 login: ", 60_000);
  await sleep(300);
  line.write("ana\n");
  await printed.until("Password: ", 20_000);
  await sleep(300);
  line.write('c0rrect "horse\\\n');
  await printed.until("ana@web-1:~$ ", 20_000);
  const command = (text: string) => {
    line.write(`${text}\n`);
    return printed.until("ana@web-1:~$ ", 20_000);
  };
  return { command, printed };
}

async function typeOnScreen(guest: RunningGuest, printed: Transcript) {
  await expect(RfbClient.open(await guest.openVnc("right123"), "wrong123")).rejects.toThrow("Authentication failed");
  const screen = await RfbClient.open(await guest.openVnc("right123"), "right123");
  await screen.type("ana\n");
  await sleep(1_500);
  await screen.type('c0rrect "horse\\\n');
  await sleep(1_500);
  await screen.type("echo from the screen > /dev/ttyS0\n");
  await printed.until("from the screen\r\n", 20_000);
  expect(png(await screen.picture()).length).toBeGreaterThan(1_000);
  screen.close();
}

async function interfaces(guest: RunningGuest): Promise<unknown> {
  await expect.poll(() => guest.agentCommand("guest-ping").catch(() => null), { timeout: 20_000 }).toEqual({});
  await expect
    .poll(async () => JSON.stringify(await guest.agentCommand("guest-network-get-interfaces")), { timeout: 20_000 })
    .toContain("10.9.");
  return guest.agentCommand("guest-network-get-interfaces");
}

function installed(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
