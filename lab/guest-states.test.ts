// What becomes of guests over time: snapshots, backups and restores, containers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretHash } from "./access/authenticate.ts";
import { createFakeRuntime, type FakeRuntime } from "./fake-runtime.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at, until, type Answer } from "./test-client.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-test-"));
const POOL = "nubemox/t1";
const SPEED = 50;
/** For what must be seen while it goes on. */
const SLOWLY = 2;
const ROOT = "root@pam!test=secret";
let lab: RunningLab;
let runtime: FakeRuntime;

beforeAll(async () => {
  runtime = createFakeRuntime(stateDir);
  lab = await startLab(
    {
      stateDir,
      pvePort: 0,
      controlPort: 0,
      runtime: "painted",
      nodes: 1,
      speed: SPEED,
      caOnly: false,
    },
    () => {},
    runtime,
  );
  await call("POST", "/pools", { poolid: POOL });
  const token = { secretHash: secretHash("secret"), expire: 0, privsep: 0 as const };
  Object.assign(lab.lab.state.users["root@pam"]?.tokens ?? {}, { test: token });
});
afterAll(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true });
});

const client = new LabClient(() => lab);
const call: LabClient["call"] = (...args) => client.call(...args);

/** Makes a call that starts a task, and returns the task's exit status. */
async function task(method: string, path: string, params: Record<string, string | number> = {}): Promise<string> {
  return client.finished(await call(method, `/nodes/pve1${path}`, params));
}

/** What an act answers while no role has a privilege. */
async function without<T>(privilege: string, act: () => Promise<T>): Promise<T> {
  const { roles } = lab.lab.state;
  const before = { ...roles };
  for (const [name, held] of Object.entries(before)) roles[name] = held.filter((one) => one !== privilege);
  try {
    return await act();
  } finally {
    Object.assign(roles, before);
  }
}

async function launch(vmid: number, name: string): Promise<void> {
  expect(await task("POST", "/qemu/9001/clone", { newid: vmid, name, pool: POOL })).toBe("OK");
}

async function snapshots(vmid: number): Promise<Record<string, unknown>[]> {
  return (await call("GET", `/nodes/pve1/qemu/${vmid}/snapshot`)).data as Record<string, unknown>[];
}

describe("snapshots", () => {
  test("form a chain that deletion closes again", async () => {
    await launch(601, "snap");
    expect(await snapshots(601)).toEqual([
      { name: "current", description: "You are here!", running: 0, digest: expect.any(String) },
    ]);
    expect(await task("POST", "/qemu/601/snapshot", { snapname: "s1", description: "first" })).toBe("OK");
    expect(await task("POST", "/qemu/601/snapshot", { snapname: "s1" })).toBe("snapshot name 's1' already used");
    expect(await task("POST", "/qemu/601/snapshot", { snapname: "s2", vmstate: 1 })).toBe("OK");
    expect(await snapshots(601)).toMatchObject([
      { name: "s1", description: "first", vmstate: 0 },
      { name: "s2", description: "", parent: "s1", vmstate: 0 },
      { name: "current", parent: "s2" },
    ]);
    expect(await call("GET", "/nodes/pve1/qemu/601/snapshot/s1/config")).toMatchObject({
      data: { name: "snap", cores: 1, description: "first", snaptime: expect.any(Number) },
    });
    await call("PUT", "/nodes/pve1/qemu/601/snapshot/s1/config", { description: "changed" });
    expect(await task("DELETE", "/qemu/601/snapshot/s1")).toBe("OK");
    expect(await task("DELETE", "/qemu/601/snapshot/s1")).toBe("snapshot 's1' does not exist");
    expect(await snapshots(601)).toMatchObject([{ name: "s2" }, { name: "current", parent: "s2" }]);
    expect((await snapshots(601))[0]).not.toHaveProperty("parent");
  });

  test("are refused as the server refuses them", async () => {
    expect(await call("POST", "/nodes/pve1/qemu/601/snapshot", { snapname: "x" })).toMatchObject({
      status: 400,
      errors: { snapname: "invalid format - invalid configuration ID 'x'\n" },
    });
    expect(await call("POST", "/nodes/pve1/qemu/601/snapshot", { snapname: "current" })).toMatchObject({
      status: 500,
      reason: "unable to use snapshot name 'current' (reserved name)",
    });
    expect(await call("GET", "/nodes/pve1/qemu/601/snapshot/none/config")).toMatchObject({
      reason: "snapshot 'none' does not exist",
    });
    expect(await task("POST", "/qemu/601/snapshot/none/rollback")).toBe("snapshot 'none' does not exist");
  });

  test("take options and power state back; the guest is locked meanwhile", async () => {
    await launch(602, "before");
    await task("POST", "/qemu/602/status/start");
    lab.lab.clock.setSpeed(SLOWLY);
    const taking = await call("POST", "/nodes/pve1/qemu/602/snapshot", { snapname: "mem", vmstate: 1 });
    await until(() => lab.lab.state.guests[602]?.config["lock"] === "snapshot");
    expect(await call("PUT", "/nodes/pve1/qemu/602/config", { name: "x" })).toMatchObject({
      reason: "VM is locked (snapshot)",
    });
    expect(await task("POST", "/qemu/602/snapshot", { snapname: "two" })).toBe("VM is locked (snapshot)");
    lab.lab.clock.setSpeed(SPEED);
    expect(await client.finished(taking)).toBe("OK");
    expect(lab.lab.state.volumes["local-lvm:602/vm-602-state-mem.raw"]).toMatchObject({ format: "raw", vmid: 602 });
    expect(await task("POST", "/qemu/602/snapshot", { snapname: "disk" })).toBe("OK");
    await call("PUT", "/nodes/pve1/qemu/602/config", { name: "after" });
    expect(await task("POST", "/qemu/602/snapshot/disk/rollback")).toBe("OK");
    expect(runtime.started.has(602)).toBe(false);
    expect(at(await call("GET", "/nodes/pve1/qemu/602/config"), "name")).toBe("before");
    expect(await task("POST", "/qemu/602/snapshot/mem/rollback")).toBe("OK");
    expect(runtime.started.get(602)).toMatchObject({ resumeFrom: "mem" });
    expect(await task("DELETE", "/qemu/602/snapshot/mem")).toBe("OK");
    expect(await task("POST", "/qemu/602/snapshot/disk/rollback", { start: 1 })).toBe("OK");
    expect(runtime.started.get(602)?.resumeFrom).toBeUndefined();
    // A guest that was started anew within one task stays locked by the node's clean-up for half a minute.
    await lab.lab.clock.pause(32_000);
    await task("POST", "/qemu/602/status/stop");
    expect(await task("DELETE", "/qemu/602", { purge: 1 })).toBe("OK");
    expect(lab.lab.machines.volumes.ofGuest(602)).toEqual([]);
  });
});

const archives = async (vmid: number): Promise<Record<string, unknown>[]> =>
  (await call("GET", "/nodes/pve1/storage/local/content", { content: "backup", vmid })).data as Record<
    string,
    unknown
  >[];
const log = async (upid: unknown): Promise<string> =>
  JSON.stringify((await call("GET", `/nodes/pve1/tasks/${encodeURIComponent(String(upid))}/log`)).data);

describe("backups", () => {
  test("are made one at a time, listed, described, protected, deleted", async () => {
    await launch(711, "bak");
    await task("POST", "/qemu/711/status/start");
    lab.lab.clock.setSpeed(SLOWLY);
    const first = await call("POST", "/nodes/pve1/vzdump", {
      vmid: "711",
      storage: "local",
      compress: "zstd",
      "notes-template": "{{guestname}} {{vmid}} {{node}}",
    });
    const second = await call("POST", "/nodes/pve1/vzdump", { vmid: "711", storage: "local", protected: 1 });
    await until(() => lab.lab.state.guests[711]?.config["lock"] === "backup");
    lab.lab.clock.setSpeed(SPEED);
    expect(await client.finished(first)).toBe("OK");
    expect(await client.finished(second)).toBe("OK");
    expect(await log(second.data)).toMatch(/trying to get global lock - waiting\.\.\..*got global lock/);
    const [zst, plain] = await archives(711);
    expect(zst).toMatchObject({ format: "vma.zst", subtype: "qemu", notes: "bak 711 pve1", vmid: 711 });
    expect(plain).toMatchObject({ format: "vma", protected: 1 });
    expect(zst?.["volid"]).toMatch(/^local:backup\/vzdump-qemu-711-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d\.vma\.zst$/);
    const path = `/storage/local/content/${encodeURIComponent(String(plain?.["volid"]))}`;
    expect(await task("DELETE", path)).toMatch(
      /^cannot remove protected volume 'backup\/vzdump-qemu-711-.*' on 'local'$/,
    );
    await call("PUT", `/nodes/pve1${path}`, { protected: 0, notes: "later" });
    expect((await call("GET", `/nodes/pve1${path}`)).data).toMatchObject({
      notes: "later",
      protected: 0,
      format: "raw",
    });
    expect(await task("DELETE", path)).toBe("OK");
    expect(await task("DELETE", path)).toBe("OK");
    expect(await archives(711)).toHaveLength(1);
    expect(await archives(712)).toEqual([]);
    expect(await task("POST", "/vzdump", { vmid: "798" })).toBe("job errors");
  });

  test("restore over the guest and to a new number, as the caller may", async () => {
    const archive = String((await archives(711))[0]?.["volid"]);
    expect(await call("POST", "/nodes/pve1/qemu", { vmid: 711, archive })).toMatchObject({
      reason: "unable to restore VM 711 - VM 711 already exists on node 'pve1'",
    });
    expect(await task("POST", "/qemu", { vmid: 711, archive, force: 1 })).toBe(
      "unable to restore VM 711 - vm is running",
    );
    await task("POST", "/qemu/711/status/stop");
    await call("PUT", "/nodes/pve1/qemu/711/config", { name: "changed" });
    expect(await task("POST", "/qemu/711/snapshot", { snapname: "s1" })).toBe("OK");
    expect(await task("POST", "/qemu", { vmid: 711, archive, force: 1 })).toBe("OK");
    expect(await call("GET", "/nodes/pve1/qemu/711/config")).toMatchObject({
      data: { name: "bak", scsi0: "local-lvm:711/vm-711-disk-0.qcow2,size=1G" },
    });
    expect(await snapshots(711)).toHaveLength(1);
    const before = await call("GET", "/nodes/pve1/qemu/711/config");
    expect((await call("POST", "/nodes/pve1/qemu", { vmid: 713, archive })).status).toBe(403);
    const copy = { vmid: 713, archive, pool: POOL, unique: 1, start: 1, name: "copy", memory: 192 };
    expect(await task("POST", "/qemu", copy)).toBe("OK");
    expect(runtime.started.get(713)).toMatchObject({ name: "copy", memoryMiB: 192 });
    const after = await call("GET", "/nodes/pve1/qemu/713/config");
    expect(at(after, "net0")).not.toBe(at(before, "net0"));
    expect(
      await call("POST", "/nodes/pve1/qemu", { vmid: 714, archive, pool: POOL, scsi0: "local-lvm:1" }),
    ).toMatchObject({
      errors: { scsi0: "option conflicts with option 'archive'" },
    });
    expect(await call("POST", "/nodes/pve1/qemu", { vmid: 714, archive: `${archive}x`, pool: POOL })).toMatchObject({
      status: 500,
    });
  });

  test("are pruned by rule", async () => {
    for (let count = 0; count < 2; count += 1) await task("POST", "/vzdump", { vmid: "711", storage: "local" });
    const rule = { vmid: 711, "prune-backups": "keep-last=1" };
    const plan = (await call("GET", "/nodes/pve1/storage/local/prunebackups", rule)).data as { mark: string }[];
    expect(plan.map(({ mark }) => mark).sort()).toEqual(["keep", "remove", "remove"]);
    expect(await task("DELETE", "/storage/local/prunebackups", rule)).toBe("OK");
    expect(await archives(711)).toHaveLength(1);
    const pruning = () => call("POST", "/nodes/pve1/vzdump", { storage: "local", ...rule });
    expect((await without("Datastore.Allocate", pruning)).status).toBe(403);
  });
});

describe("containers", () => {
  const template = "local:vztmpl/debian-13-tiny_1_amd64.tar.gz";
  const order = {
    vmid: 1302,
    ostemplate: template,
    rootfs: "local-lvm:1",
    hostname: "ct1",
    memory: 64,
    password: "s3cretpw",
    pool: POOL,
    net0: "name=eth0,bridge=vmbr0,ip=dhcp",
  };

  test("are made, changed, switched, and deleted", async () => {
    expect((await call("POST", "/nodes/pve1/lxc", { ...order, unprivileged: 0 })).reason).toBe(
      "Permission check failed (/, Sys.Modify)",
    );
    expect(await task("POST", "/lxc", { ...order, ostemplate: "local:vztmpl/none.tar.gz" })).toMatch(
      /^unable to create CT 1302 - /,
    );
    expect(await task("POST", "/lxc", order)).toBe("OK");
    expect(await call("GET", "/nodes/pve1/lxc/1302/config")).toMatchObject({
      data: {
        hostname: "ct1",
        memory: 64,
        swap: 512,
        unprivileged: 1,
        arch: "amd64",
        rootfs: "local-lvm:1302/vm-1302-disk-0.raw,size=1G",
        net0: expect.stringMatching(/^name=eth0,bridge=vmbr0,hwaddr=BC:24:11:.*,ip=dhcp,type=veth$/),
      },
    });
    expect(JSON.stringify((await call("GET", "/nodes/pve1/lxc/1302/config")).data)).not.toContain("s3cretpw");
    expect((await call("GET", "/nodes/pve1/qemu/1302/config")).reason).toBe(
      "Configuration file 'nodes/pve1/qemu-server/1302.conf' does not exist",
    );
    expect((await call("POST", "/nodes/pve1/lxc/1302/status/stop")).reason).toBe("CT 1302 not running");
    expect(await task("POST", "/lxc/1302/status/start")).toBe("OK");
    expect(runtime.started.get(1302)).toMatchObject({ container: true, name: "ct1", memoryMiB: 64 });
    await call("PUT", "/nodes/pve1/lxc/1302/config", { memory: 96, ostype: "alpine" });
    const pending = (await call("GET", "/nodes/pve1/lxc/1302/pending")).data as unknown[];
    expect(pending).toContainEqual({ key: "memory", value: 96 });
    expect(pending).toContainEqual({ key: "ostype", value: "debian", pending: "alpine" });
    expect((await call("GET", "/nodes/pve1/lxc/1302/status/current")).data).toMatchObject({
      status: "running",
      type: "lxc",
      name: "ct1",
      maxmem: 96 * 1_024 ** 2,
    });
    expect((await call("GET", "/nodes/pve1/lxc/1302/interfaces")).data).toMatchObject([
      { name: "eth0", inet: "10.0.0.5/24" },
    ]);
    expect(await task("PUT", "/lxc/1302/resize", { disk: "rootfs", size: "+1G" })).toBe("OK");
    expect(await task("POST", "/lxc/1302/snapshot", { snapname: "one" })).toBe("OK");
    expect(await task("POST", "/vzdump", { vmid: "1302", storage: "local", compress: "zstd" })).toBe("OK");
    expect((await call("DELETE", "/nodes/pve1/lxc/1302")).reason).toBe(
      "unable to destroy CT 1302 - container is running",
    );
    expect(await task("POST", "/lxc/1302/status/shutdown")).toBe("OK");
    expect(await task("POST", "/lxc/1302/snapshot/one/rollback")).toBe("OK");
    const resources = (await call("GET", "/cluster/resources", { type: "vm" })).data;
    expect(resources).toContainEqual(expect.objectContaining({ id: "lxc/1302", type: "lxc" }));
  });

  test("are cloned and restored", async () => {
    const clone = { newid: 1303, hostname: "ct2", pool: POOL };
    const cloning = () => call("POST", "/nodes/pve1/lxc/1302/clone", clone);
    expect((await without("VM.Clone", cloning)).status).toBe(403);
    const backups = (await call("GET", "/nodes/pve1/storage/local/content", { content: "backup", vmid: 1302 }))
      .data as { volid: string; format: string; subtype: string }[];
    expect(backups).toMatchObject([{ subtype: "lxc", format: "tar.zst" }]);
    const archive = { ostemplate: backups[0]?.volid ?? "", restore: 1, pool: POOL, storage: "local-lvm" };
    expect(await task("POST", "/lxc", { ...archive, vmid: 1304, unique: 1, start: 1 })).toBe("OK");
    expect(runtime.started.get(1304)).toMatchObject({ name: "ct1", container: true });
    expect((await call("POST", "/nodes/pve1/lxc", { ...archive, vmid: 1304 })).status).toBe(500);
    for (const vmid of [1302, 1304]) expect(await task("DELETE", `/lxc/${vmid}`, { force: 1, purge: 1 })).toBe("OK");
    expect(lab.lab.machines.volumes.ofGuest(1302)).toEqual([]);
  });

  test("become templates, and are cloned from these and from snapshots", async () => {
    const asRoot = async (
      method: string,
      path: string,
      params: Record<string, string | number> = {},
    ): Promise<string> => client.finished(await call(method, `/nodes/pve1/lxc${path}`, params, ROOT), ROOT);
    expect(await task("POST", "/lxc", { ...order, vmid: 1310 })).toBe("OK");
    expect(await asRoot("POST", "/1310/snapshot", { snapname: "one" })).toBe("OK");
    await call("PUT", "/nodes/pve1/lxc/1310/config", { hostname: "later" });
    expect(await asRoot("POST", "/1310/clone", { newid: 1311, snapname: "one", hostname: "copy" })).toBe("OK");
    const turn = (): Promise<Answer> => call("POST", "/nodes/pve1/lxc/1310/template", {}, ROOT);
    expect((await turn()).reason).toBe("unable to create template, because CT contains snapshots");
    expect(await asRoot("DELETE", "/1310/snapshot/one")).toBe("OK");
    expect((await turn()).status).toBe(200);
    expect(await asRoot("POST", "/1310/clone", { newid: 1312 })).toBe("OK");
    expect(lab.lab.state.guests[1312]?.config).toMatchObject({
      hostname: "CT1312",
      rootfs: "local-lvm:1310/base-1310-disk-0.raw/1312/vm-1312-disk-0.raw,size=1G",
    });
    expect(await asRoot("DELETE", "/1310")).toMatch(/^base volume '.*' is still in use by linked cloned$/);
    for (const vmid of [1311, 1312, 1310]) expect(await asRoot("DELETE", `/${vmid}`)).toBe("OK");
  });

  test("whose root is a plain directory cannot be snapshot or grown", async () => {
    expect(await task("POST", "/lxc", { ...order, rootfs: "local-lvm:0" })).toBe("OK");
    expect(await task("POST", "/lxc/1302/snapshot", { snapname: "abc" })).toBe("snapshot feature is not available");
    expect(await task("PUT", "/lxc/1302/resize", { disk: "rootfs", size: "+1G" })).toBe(
      "can't resize this image format",
    );
  });
});

test("a guest sleeps on disk and wakes from there", async () => {
  await launch(604, "sleeper");
  await task("POST", "/qemu/604/status/start");
  const { guests } = lab.lab.state;
  expect(await task("POST", "/qemu/604/status/suspend", { todisk: 1 })).toBe("OK");
  expect(guests[604]?.config).toMatchObject({ lock: "suspended" });
  expect((await call("GET", "/nodes/pve1/qemu/604/status/current")).data).toMatchObject({
    status: "stopped",
    lock: "suspended",
  });
  expect(await task("POST", "/qemu/604/status/start")).toBe("OK");
  expect(runtime.started.get(604)).toMatchObject({ resumeFrom: expect.any(String) });
  expect(guests[604]?.config["lock"]).toBeUndefined();
});

test("cloud-init's files and the disks' features are told", async () => {
  await launch(605, "web1.example.com");
  await call("PUT", "/nodes/pve1/qemu/605/config", {
    ciuser: "ana",
    cipassword: "s3cretpw",
    ipconfig0: "ip=192.0.2.10/24,gw=192.0.2.1",
    nameserver: "192.0.2.53",
  });
  const dump = async (type: string): Promise<unknown> =>
    (await call("GET", "/nodes/pve1/qemu/605/cloudinit/dump", { type })).data;
  expect(await dump("user")).toMatch(
    /^#cloud-config\nhostname: web1\nmanage_etc_hosts: true\nfqdn: web1\.example\.com\nuser: ana\npassword: \$5\$/,
  );
  expect(await dump("network")).toContain(
    "      subnets:\n      - type: static\n        address: '192.0.2.10'\n        netmask: '255.255.255.0'\n",
  );
  expect(await dump("meta")).toMatch(/^instance-id: [0-9a-f]{40}\n$/);
  expect((await call("GET", "/nodes/pve1/qemu/605/feature", { feature: "snapshot" })).data).toEqual({
    hasFeature: 1,
    nodes: ["pve1"],
  });
});

test("a disc is put into a drive", async () => {
  expect((await call("PUT", "/nodes/pve1/qemu/605/config", { ide0: "local:iso/none.iso,media=cdrom" })).reason).toBe(
    "volume 'local:iso/none.iso' does not exist",
  );
  expect((await call("PUT", "/nodes/pve1/qemu/605/config", { ide0: "local:iso/tiny.iso,media=cdrom" })).status).toBe(
    200,
  );
  await task("POST", "/qemu/605/status/start");
  expect(runtime.started.get(605)?.disks).toEqual([
    { slot: "scsi0", file: expect.any(String) },
    { slot: "ide0", file: expect.stringMatching(/tiny\.iso$/), readOnly: true },
  ]);
});
