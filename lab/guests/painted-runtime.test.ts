// A painted guest from power-on to power-off: sign-in to its screen, log-in to its shell, effects on the serial log.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPaintedRuntime } from "./painted-runtime.ts";
import { glyph } from "./painted/font.ts";
import { RfbClient } from "./rfb-client.ts";
import { AgentNotRunning, type GuestRuntime, type GuestSpec } from "./runtime.ts";
import { Transcript } from "./transcript.ts";

let stateDir: string;
let runtime: GuestRuntime;
let spec: GuestSpec;

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), "nubemox-test-"));
  runtime = await createPaintedRuntime({ stateDir });
  const file = path.join(stateDir, "disk");
  await runtime.createDisk(file, 2 ** 30);
  spec = {
    vmid: 105,
    node: "pve1",
    name: "web-1",
    cores: 3,
    memoryMiB: 256,
    flavour: "base",
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
      password: "correct h0rse",
      sshKeys: null,
      ipConfig: "ip=dhcp",
    },
  };
});

afterEach(async () => {
  await runtime.close();
  await rm(stateDir, { recursive: true, force: true });
});

test("the screen asks for its one-use password and takes typed commands", async () => {
  const guest = await runtime.start(spec);
  const printed = new Transcript(await guest.openSerial());
  await printed.until("web-1 login: ", 5_000);
  await expect(RfbClient.open(await guest.openVnc("right123"), "wrong123")).rejects.toThrow("Authentication failed");
  const screen = await RfbClient.open(await guest.openVnc("right123"), "right123");
  await screen.type('ana\ncorrect h0rse\necho "typed; on the screen" > /dev/ttyS0\nnproc > /dev/ttyS0\n');
  await printed.until("typed; on the screen\r\n3\r\n", 5_000);
  const { pixels, width, height } = await screen.picture();
  expect([width, height]).toEqual([640, 400]);
  expect(pixels.includes(Buffer.from([170, 170, 170]))).toBe(true);
  await screen.type("poweroff\n");
  expect(await guest.exited).toEqual({ expected: true, detail: "shut down by the guest" });
  expect(await readFile(runtime.serialLog(105), "utf8")).toContain("typed; on the screen");
});

test("a wrong password does not log in, a right one does; files outlive the machine", async () => {
  const guest = await runtime.start(spec);
  const line = await guest.openSerial();
  const printed = new Transcript(line);
  await printed.until("login: ", 5_000);
  line.write("ana\nwrong\n");
  await printed.until("Login incorrect", 5_000);
  line.write("ana\ncorrect h0rse\necho kept > note\n");
  await printed.until("ana@web-1:~$ echo kept > note", 5_000);
  await guest.kill();
  const again = await runtime.start(spec);
  const secondLine = await again.openSerial();
  const second = new Transcript(secondLine);
  await second.until("login: ", 5_000);
  secondLine.write("ana\ncorrect h0rse\ncat note\n");
  expect(await second.until("kept\r\n", 5_000)).toContain("cat note");
});

test("the agent is silent during the boot, then reports an address of the guest's own", async () => {
  const guest = await runtime.start(spec);
  await expect(guest.agentCommand("guest-ping")).rejects.toBeInstanceOf(AgentNotRunning);
  await new Transcript(await guest.openSerial()).until("login: ", 5_000);
  expect(JSON.stringify(await guest.agentCommand("guest-network-get-interfaces"))).toContain('"10.64.1.105"');
  await guest.powerDown();
  await guest.exited;
  await expect(guest.agentCommand("guest-ping")).rejects.toBeInstanceOf(AgentNotRunning);
});

test("the font has every printable character, all different", () => {
  const drawn = Array.from({ length: 94 }, (_, index) =>
    Buffer.from(glyph(String.fromCharCode(33 + index))).toString("hex"),
  );
  expect(new Set(drawn).size).toBe(94);
});
