// A cluster of three: nodes that go and come back, guests that move, measurements, firewalls, the log.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFakeRuntime, type FakeRuntime } from "./fake-runtime.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at } from "./test-client.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-cluster-"));
let lab: RunningLab;
let runtime: FakeRuntime;
let root = "";

beforeAll(async () => {
  runtime = createFakeRuntime(stateDir);
  lab = await startLab(
    { stateDir, pvePort: 0, controlPort: 0, runtime: "painted", nodes: 3, speed: 50, caOnly: false },
    () => {},
    runtime,
  );
  const { users } = lab.lab.state;
  users["root@pam"]!.tokens["ci"] = { ...users["nubemox@pve"]!.tokens["portal"]!, privsep: 0 };
  root = `root@pam!ci=${lab.provisioningToken.split("=")[1]}`;
});
afterAll(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true });
});

const client = new LabClient(() => lab);
type Parameters_ = Record<string, string | number>;
const call = (method: string, path: string, params: Parameters_ = {}) => client.call(method, path, params, root);
const done = async (method: string, path: string, params: Parameters_ = {}): Promise<string> =>
  client.finished(await call(method, path, params), root);

async function control(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${lab.controlUrl}${path}`, { method: "PUT", body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

const fault = async (body: unknown): Promise<string> => {
  const answer = await fetch(`${lab.controlUrl}/faults`, { method: "POST", body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { id: string }).id;
};
const heal = (id: string): Promise<Response> => fetch(`${lab.controlUrl}/faults/${id}`, { method: "DELETE" });

/** A guest on the storage that all nodes share. */
async function make(vmid: number): Promise<void> {
  expect(
    await done("POST", "/nodes/pve1/qemu", { vmid, name: `g${vmid}`, scsi0: "shared:1", memory: 128, onboot: 1 }),
  ).toBe("OK");
}

describe("migration", () => {
  test("of a running guest on a shared storage", async () => {
    await make(501);
    expect(await done("POST", "/nodes/pve1/qemu/501/status/start")).toBe("OK");
    expect(at(await call("GET", "/nodes/pve1/qemu/501/migrate"), "allowed_nodes")).toEqual(["pve2", "pve3"]);
    expect(await call("POST", "/nodes/pve1/qemu/501/migrate", { target: "pve1" })).toMatchObject({
      errors: { target: "target is local node." },
    });
    expect(await call("POST", "/nodes/pve1/qemu/501/migrate", { target: "pve2" })).toMatchObject({
      status: 500,
      reason: "can't migrate running VM without --online",
    });
    expect(await done("POST", "/nodes/pve1/qemu/501/migrate", { target: "pve2", online: 1 })).toBe("OK");
    expect(runtime.started.has(501)).toBe(true);
    expect(await call("GET", "/nodes/pve1/qemu/501/status/current")).toMatchObject({
      reason: "Configuration file 'nodes/pve1/qemu-server/501.conf' does not exist",
    });
    expect(at(await call("GET", "/nodes/pve2/qemu/501/status/current"), "status")).toBe("running");
  });

  test("is spared by cloning to another node where the storage is shared", async () => {
    await make(505);
    expect(await done("POST", "/nodes/pve1/qemu/505/clone", { newid: 506, target: "pve3", full: 1 })).toBe("OK");
    expect(at(await call("GET", "/nodes/pve3/qemu/506/config"), "scsi0")).toMatch(/^shared:506\//);
    expect(await call("POST", "/nodes/pve1/qemu/9000/clone", { newid: 507, target: "pve3" })).toMatchObject({
      reason: "can't clone VM to node 'pve3' (VM uses local storage)",
    });
  });

  test("of a linked clone on a local storage fails in its task", async () => {
    expect(await done("POST", "/nodes/pve1/qemu/9000/clone", { newid: 502 })).toBe("OK");
    const started = await call("POST", "/nodes/pve1/qemu/502/migrate", { target: "pve3" });
    expect(await client.finished(started, root)).toBe("migration aborted");
    const log = await call("GET", `/nodes/pve1/tasks/${encodeURIComponent(String(started.data))}/log`);
    expect(JSON.stringify(log.data)).toContain("as it's a clone of 'base-9000-disk-0.qcow2'");
    expect(at(await call("GET", "/nodes/pve1/qemu/502/config"), "lock")).toBeUndefined();
  });
});

describe("a node without power", () => {
  test("answers 595, its guests are off and unknown, and come back with it", async () => {
    await control("/nodes/pve2", { health: "down" });
    expect(runtime.started.has(501)).toBe(false);
    expect(await call("GET", "/nodes/pve2/qemu/501/status/current")).toMatchObject({
      status: 595,
      reason: "No route to host",
      message: undefined,
    });
    const rows = (await call("GET", "/cluster/resources")).data as Record<string, unknown>[];
    expect(rows.find((row) => row["id"] === "qemu/501")).toMatchObject({ status: "unknown" });
    expect(rows.find((row) => row["id"] === "node/pve2")).toMatchObject({ status: "offline" });
    expect(at(await call("GET", "/cluster/status"), 0)).toMatchObject({ quorate: 1, nodes: 3 });
    expect(await call("POST", "/pools", { poolid: "still" })).toMatchObject({ status: 200 });
    await control("/nodes/pve3", { health: "down" });
    expect(await call("POST", "/pools", { poolid: "no" })).toMatchObject({
      status: 500,
      reason: "cluster not ready - no quorum?",
    });
    await control("/nodes/pve3", { health: "up" });
    await control("/nodes/pve2", { health: "up" });
    expect(runtime.started.has(501)).toBe(true);
  });

  test("or one that hangs answers 596", async () => {
    await control("/nodes/pve3", { health: "hung" });
    expect(await call("GET", "/nodes/pve3/qemu")).toMatchObject({ status: 596, reason: "Connection timed out" });
    await control("/nodes/pve3", { health: "up" });
  });
});

test("measurements of a running guest have values, others only their time", async () => {
  await lab.lab.status.run();
  const answer = await call("GET", "/nodes/pve2/qemu/501/rrddata", { timeframe: "hour" });
  expect(answer.data).toHaveLength(60);
  const measured = (answer.data as Record<string, number>[]).findLast((point) => point["maxmem"] !== undefined);
  expect(measured).toMatchObject({ maxmem: 128 * 1_024 ** 2, mem: 1_048_576, netin: 0 });
  expect(await call("GET", "/nodes/pve1/qemu/99999/rrddata", { timeframe: "hour" })).toMatchObject({ status: 500 });
  const exported = at(await call("GET", "/cluster/metrics/export"), "data") as { id: string; metric: string }[];
  expect(exported).toContainEqual(expect.objectContaining({ id: "qemu/501", metric: "mem_used", value: 1_048_576 }));
  expect(await client.call("GET", "/cluster/metrics/export")).toMatchObject({ status: 403 });
});

test("the log tells everything to root, and to others what they did", async () => {
  const own = await client.call("GET", "/cluster/log", { max: 5 });
  expect((own.data as { user: string }[]).every((entry) => entry.user === "nubemox@pve!portal")).toBe(true);
  expect(JSON.stringify((await call("GET", "/cluster/log")).data)).toContain(":qmigrate:501:root@pam!ci: OK");
});

describe("the firewall of a guest", () => {
  const path = "/nodes/pve2/qemu/501/firewall";
  const positions = async (): Promise<unknown[]> =>
    ((await call("GET", `${path}/rules`)).data as Record<string, unknown>[]).map((rule) => rule["comment"]);

  test("keeps rules in order", async () => {
    for (const comment of ["c", "b", "a"])
      expect(
        await call("POST", `${path}/rules`, { type: "in", action: "ACCEPT", proto: "tcp", dport: 22, comment }),
      ).toMatchObject({ status: 200 });
    expect(await positions()).toEqual(["a", "b", "c"]);
    await call("PUT", `${path}/rules/0`, { moveto: 2 });
    expect(await positions()).toEqual(["b", "a", "c"]);
    const digest = String(at(await call("GET", `${path}/rules/0`), "digest"));
    expect(await call("DELETE", `${path}/rules/0`, { digest })).toMatchObject({ status: 200 });
    expect(await call("DELETE", `${path}/rules/0`, { digest })).toMatchObject({
      reason: "detected modified configuration - file changed by other user? Try again.",
    });
    expect(await call("GET", `${path}/rules/9`)).toMatchObject({ reason: "no rule at position 9" });
  });

  test("refuses what it does not know", async () => {
    const rule = { type: "in", action: "ACCEPT" };
    const errors = async (more: Parameters_): Promise<unknown> =>
      (await call("POST", `${path}/rules`, { ...rule, ...more })).errors;
    expect(await errors({ macro: "NOPE" })).toEqual({ macro: "unknown macro 'NOPE'" });
    expect(await errors({ dport: "22" })).toEqual({ proto: "missing property - 'dport' requires this property" });
    expect(await errors({ source: "+noset" })).toEqual({ source: "no such ipset 'noset'" });
    expect(await errors({ source: "300.1.1.1" })).toEqual({
      source: "invalid format - invalid IP address: Invalid quad in IP address 300.1.1.1 - 300\n",
    });
  });

  test("has sets whose entries may hold slashes, and options with a digest", async () => {
    expect(await call("POST", `${path}/ipset`, { name: "own" })).toMatchObject({ status: 200 });
    expect(await call("POST", `${path}/ipset/own`, { cidr: "2001:db8::/64" })).toMatchObject({ status: 200 });
    expect(await call("DELETE", `${path}/ipset/own`)).toMatchObject({ reason: "IPSet 'own' is not empty" });
    expect(await call("DELETE", `${path}/ipset/own/2001%3Adb8%3A%3A%2F64`)).toMatchObject({ status: 200 });
    expect(await call("DELETE", `${path}/ipset/own`)).toMatchObject({ status: 200 });
    await call("PUT", `${path}/options`, { enable: 1, policy_in: "DROP" });
    expect((await call("GET", `${path}/options`)).data).toMatchObject({ enable: 1, policy_in: "DROP" });
    expect(at(await call("GET", "/nodes/pve1/qemu/1299/firewall/options"), "digest")).toBe(
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    );
  });
});

describe("the connection", () => {
  test("of plain HTTP is sent to TLS", async () => {
    const plain = lab.pveUrl.replace("https", "http");
    const answer = await fetch(`${plain}/api2/json/version?x=1`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([301, `${lab.pveUrl}/api2/json/version?x=1`]);
  });

  test("with too many or too long headers ends without a word", async () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`x-${index}`, "1"]));
    for (const headers of [many, { "x-long": "x".repeat(9_000) }])
      await expect(client.call("GET", "/version", {}, root, headers)).rejects.toThrow("socket hang up");
  });

  test("takes no body of more than 512 KiB, and the query before the body", async () => {
    expect(await call("POST", "/pools", { poolid: "big", comment: "x".repeat(600_000) })).toMatchObject({
      status: 501,
      reason: "for data too large",
    });
    await call("POST", "/pools", { poolid: "q1" });
    await call("PUT", "/pools?comment=query", { poolid: "q1", comment: "body" });
    expect(at(await call("GET", "/pools", { poolid: "q1" }), 0, "comment")).toBe("query");
  });
});

test("a guest that is started at once after a stop stays locked for a while", async () => {
  await make(503);
  expect(await done("POST", "/nodes/pve1/qemu/503/status/start")).toBe("OK");
  lab.lab.clock.setSpeed(10);
  const { machines } = lab.lab;
  await machines.kill(503);
  await machines.powerOn("pve1", 503, () => {});
  await lab.lab.clock.pause(1_000);
  expect(await done("POST", "/nodes/pve1/qemu/503/status/stop")).toBe(
    "can't lock file '/var/lock/qemu-server/lock-503.conf' - got timeout",
  );
  await lab.lab.clock.pause(20_000);
  expect(await done("POST", "/nodes/pve1/qemu/503/status/stop")).toBe("OK");
  lab.lab.clock.setSpeed(50);
});

describe("faults that last", () => {
  test("lock a guest, fill a storage, and end when they are taken back", async () => {
    await make(504);
    const locked = await fault({ kind: "guest-locked", vmid: 504, lock: "snapshot" });
    expect(await done("POST", "/nodes/pve1/qemu/504/status/start")).toBe("VM is locked (snapshot)");
    await heal(locked);
    expect(await done("POST", "/nodes/pve1/qemu/504/status/start")).toBe("OK");
    const full = await fault({ kind: "storage-full", storage: "shared" });
    expect(await done("PUT", "/nodes/pve1/qemu/504/resize", { disk: "scsi0", size: "+1G" })).toBe(
      "unable to create image: No space left on device",
    );
    expect(at(await call("GET", "/nodes/pve1/storage/shared/status"), "avail")).toBe(0);
    await heal(full);
    expect(await done("PUT", "/nodes/pve1/qemu/504/resize", { disk: "scsi0", size: "+1G" })).toBe("OK");
  });

  test("answer wrongly", async () => {
    const id = await fault({ kind: "wrong-answer", path: "^/version$", data: ["not", "a version"] });
    expect((await call("GET", "/version")).data).toEqual(["not", "a version"]);
    await heal(id);
    await fault({ kind: "wrong-answer", path: "^/version$", times: 1 });
    expect(await call("GET", "/version")).toMatchObject({ status: 200, data: undefined });
    expect(at(await call("GET", "/version"), "release")).toBe("9.2");
  });
});
