// What becomes of guests over time: snapshots, backups and restores, containers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFakeRuntime, type FakeRuntime } from "./fake-runtime.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at, until } from "./test-client.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-test-"));
const POOL = "nubemox/t1";
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
      speed: 50,
      caOnly: false,
    },
    () => {},
    runtime,
  );
  await call("POST", "/pools", { poolid: POOL });
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
    const taking = await call("POST", "/nodes/pve1/qemu/602/snapshot", { snapname: "mem", vmstate: 1 });
    await until(() => lab.lab.state.guests[602]?.config["lock"] === "snapshot");
    expect(await call("PUT", "/nodes/pve1/qemu/602/config", { name: "x" })).toMatchObject({
      reason: "VM is locked (snapshot)",
    });
    expect(await task("POST", "/qemu/602/snapshot", { snapname: "two" })).toBe("VM is locked (snapshot)");
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
    await task("POST", "/qemu/602/status/stop");
    expect(await task("DELETE", "/qemu/602", { purge: 1 })).toBe("OK");
    expect(lab.lab.machines.volumes.ofGuest(602)).toEqual([]);
  });
});
