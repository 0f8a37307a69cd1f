// Real guests through the API: what they show of themselves, snapshots, backups, containers; skipped only without QEMU.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretHash } from "./access/authenticate.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at, type Answer } from "./test-client.ts";
import { openTestTerminal, type TestTerminal } from "./test-terminal.ts";

const present = installed("qemu-system-x86_64") && installed("qemu-img");
if (!present) console.log("skipped: QEMU (qemu-system-x86_64, qemu-img) is not installed");
/** Patience for a loaded machine without KVM. */
const SLOW_MS = 300_000;
const BOOT_MS = 90_000;
const COMMAND_MS = 30_000;
const POOL = "nubemox/show";
const ROOT = "root@pam!test=secret";
const PASSWORD = "c0rrect horse";

describe.skipIf(!present)("real guests", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "lab-test-"));
  const client = new LabClient(() => lab);
  let lab: RunningLab;

  const call: LabClient["call"] = (...args) => client.call(...args);
  /** Runs a task to its good end; retries while the node still cleans up after a guest that was stopped and started. */
  const done = async (method: string, path: string, params: Record<string, string | number> = {}): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      const status = await client.finished(await call(method, `/nodes/pve1${path}`, params));
      if (tries < 5 && status.endsWith("got timeout")) continue;
      expect(status, `${method} ${path}`).toBe("OK");
      return;
    }
  };
  const asRoot = (method: string, path: string, params: Record<string, string | number> = {}): Promise<Answer> =>
    call(method, `/nodes/pve1${path}`, params, ROOT);

  /** A terminal of the guest with its user logged in, and what runs commands there. */
  const logIn = async (
    vmid: number,
    name: string,
  ): Promise<{ run: (line: string) => Promise<string>; close: () => void }> => {
    const terminal = await openTestTerminal(client, vmid);
    const { printed } = terminal;
    await printed.until(`${name} login: `, BOOT_MS);
    // What is typed while getty flushes its line would be lost.
    await sleep(500);
    terminal.type("ana\n");
    await printed.until("Password: ", COMMAND_MS);
    await sleep(500);
    terminal.type(`${PASSWORD}\n`);
    const prompt = `ana@${name}:~$ `;
    await printed.until(prompt, COMMAND_MS);
    return { run: (line) => output(terminal, line, prompt), close: terminal.close };
  };

  beforeAll(async () => {
    const options = { pvePort: 0, controlPort: 0, runtime: "qemu" as const, nodes: 1, speed: 20, caOnly: false };
    lab = await startLab({ ...options, stateDir }, () => {});
    const token = { secretHash: secretHash("secret"), expire: 0, privsep: 0 as const };
    Object.assign(lab.lab.state.users["root@pam"]?.tokens ?? {}, { test: token });
    await call("POST", "/pools", { poolid: POOL });
  }, SLOW_MS);

  afterAll(async () => {
    await lab.close();
    rmSync(stateDir, { recursive: true });
  });

  test(
    "show what they were given, go back to snapshots, and come back from backups",
    async () => {
      await done("POST", "/qemu/9000/clone", { newid: 801, name: "show", pool: POOL });
      await done("POST", "/qemu/801/config", { cores: 2, memory: 512, ciuser: "ana", cipassword: PASSWORD });
      await done("POST", "/qemu/801/status/start");
      const first = await logIn(801, "show");
      expect(await first.run("hostname")).toContain("show");
      expect(await first.run("nproc")).toMatch(/^2\r$/m);
      expect(Number(/Mem:\s+(\d+)/.exec(await first.run("free -m"))?.[1])).toBeGreaterThan(430);

      await first.run("echo before > note");
      await done("POST", "/qemu/801/snapshot", { snapname: "disk" });
      await first.run("echo meanwhile > note; kept=in-memory");
      await done("POST", "/qemu/801/snapshot", { snapname: "memory", vmstate: 1 });
      await first.run("echo after > note; kept=lost");
      first.close();

      await done("POST", "/qemu/801/snapshot/memory/rollback");
      const same = await openTestTerminal(client, 801);
      // The very session goes on, with no login.
      const resumed = await output(same, "cat note; echo $kept", "ana@show:~$ ");
      expect(resumed).toMatch(/^meanwhile\r\nin-memory\r$/m);
      same.close();

      await agentWorks(801);

      await done("POST", "/qemu/801/snapshot/disk/rollback", { start: 1 });
      let back = await logIn(801, "show");
      expect(await back.run("cat note")).toMatch(/^before\r$/m);
      const disks = async (): Promise<number> =>
        Number(/^(\d+)\r$/m.exec(await back.run("ls -d /sys/block/vd* | wc -l"))?.[1]);
      const before = await disks();
      await done("POST", "/qemu/801/config", { scsi1: "local-lvm:1", scsi2: "local:iso/tiny.iso,media=cdrom" });
      await expect.poll(disks, { timeout: COMMAND_MS }).toBe(before + 2);
      await back.run("kept=with-disks");
      await done("POST", "/qemu/801/snapshot", { snapname: "disks", vmstate: 1 });
      await back.run("kept=lost");
      back.close();
      await done("POST", "/qemu/801/snapshot/disks/rollback");
      const resumedToo = await openTestTerminal(client, 801);
      expect(await output(resumedToo, "echo $kept", "ana@show:~$ ")).toMatch(/^with-disks\r$/m);
      back = { run: (line) => output(resumedToo, line, "ana@show:~$ "), close: resumedToo.close };
      await done("POST", "/qemu/801/config", { delete: "scsi1,scsi2" });
      await expect.poll(disks, { timeout: COMMAND_MS }).toBe(before);
      await done("POST", "/qemu/801/config", { delete: "unused0" });
      await back.run("echo backed-up > note");
      await done("POST", "/vzdump", { vmid: "801", storage: "local", compress: "zstd" });
      await done("POST", "/qemu/801/status/stop");
      const backups = await call("GET", "/nodes/pve1/storage/local/content", { content: "backup", vmid: 801 });
      expect(at(backups, 0, "size")).toBeGreaterThan(100_000);

      const restored = { vmid: 802, archive: String(at(backups, 0, "volid")), pool: POOL, unique: 1, name: "again" };
      await done("POST", "/qemu", { ...restored, start: 1 });
      const again = await logIn(802, "again");
      expect(await again.run("cat note")).toMatch(/^backed-up\r$/m);
      again.close();
      await done("POST", "/qemu/802/status/stop");
    },
    SLOW_MS,
  );

  test(
    "that are containers give a shell of root, and go back, too",
    async () => {
      await done("POST", "/lxc", {
        vmid: 803,
        ostemplate: "local:vztmpl/debian-13-tiny_1_amd64.tar.gz",
        rootfs: "local-lvm:1",
        hostname: "box",
        memory: 128,
        pool: POOL,
        net0: "name=eth0,bridge=vmbr0,ip=10.9.8.7/24,gw=10.9.8.1",
        start: 1,
      });
      const terminal = await openTestTerminal(client, 803, "lxc");
      const prompt = "root@box:~# ";
      await terminal.printed.until(prompt, BOOT_MS);
      expect(await output(terminal, "id -u; hostname; echo $container", prompt)).toMatch(/^0\r\nbox\r\nlxc\r$/m);
      await expect
        .poll(async () => JSON.stringify((await call("GET", "/nodes/pve1/lxc/803/interfaces")).data), {
          timeout: COMMAND_MS,
        })
        .toContain('"inet":"10.9.8.7/24"');
      await output(terminal, "echo one > note; sync", prompt);
      await done("POST", "/lxc/803/snapshot", { snapname: "one" });
      await output(terminal, "echo two > note; sync", prompt);
      await done("POST", "/lxc/803/snapshot/one/rollback", { start: 1 });
      const later = await openTestTerminal(client, 803, "lxc");
      await later.printed.until(prompt, BOOT_MS);
      expect(await output(later, "cat note", prompt)).toMatch(/^one\r$/m);
      await done("POST", "/lxc/803/status/stop");
    },
    SLOW_MS,
  );

  async function agentWorks(vmid: number): Promise<void> {
    const agent = `/qemu/${vmid}/agent`;
    await expect.poll(async () => (await asRoot("POST", `${agent}/ping`)).status, { timeout: COMMAND_MS }).toBe(200);
    const started = await asRoot("POST", `${agent}/exec`, { command: "hostname" });
    await expect
      .poll(async () => (await asRoot("GET", `${agent}/exec-status`, { pid: Number(at(started, "pid")) })).data, {
        timeout: COMMAND_MS,
      })
      .toMatchObject({ exited: 1, exitcode: 0, "out-data": "show\n" });
    expect((await asRoot("POST", `${agent}/file-write`, { file: "/tmp/x", content: "written" })).status).toBe(200);
    expect((await asRoot("GET", `${agent}/file-read`, { file: "/tmp/x" })).data).toMatchObject({ content: "written" });
    const password = { username: "ana", password: "an0ther one" };
    expect((await asRoot("POST", `${agent}/set-user-password`, password)).status).toBe(200);
  }
});

async function output(terminal: TestTerminal, line: string, prompt: string): Promise<string> {
  terminal.type(`${line}\n`);
  return terminal.printed.until(prompt, COMMAND_MS);
}

function installed(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
