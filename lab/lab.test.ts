// The lab as a client sees it: a launch from clone to delete, refusals, faults, the mailbox, and a restart.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFakeRuntime, type FakeRuntime } from "./fake-runtime.ts";
import type { LabOptions } from "./options.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at, masked, until } from "./test-client.ts";

const stateDir = mkdtempSync(join(tmpdir(), "lab-test-"));
const options: LabOptions = {
  stateDir,
  pvePort: 0,
  controlPort: 0,
  runtime: "painted",
  nodes: 1,
  speed: 50,
  caOnly: false,
};
let lab: RunningLab;
let runtime: FakeRuntime;
let token = "";

beforeAll(async () => {
  runtime = createFakeRuntime(stateDir);
  lab = await startLab(options, () => {}, runtime);
  token = lab.provisioningToken;
});
afterAll(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true });
});

const client = new LabClient(() => lab);
const call: LabClient["call"] = (...args) => client.call(...args);
const finished: LabClient["finished"] = (...args) => client.finished(...args);

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${lab.controlUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function launch(vmid: number, name: string, pool = "nubemox/t1"): Promise<void> {
  if ((await call("GET", "/pools", { poolid: pool })).status !== 200) await call("POST", "/pools", { poolid: pool });
  expect(
    await finished(
      await call("POST", "/nodes/pve1/qemu/9001/clone", { newid: vmid, name, pool, description: "of the portal" }),
    ),
  ).toBe("OK");
}

describe("a launch", () => {
  test("from clone to delete leaves nothing", async () => {
    // Slowly enough for the call in between.
    lab.lab.clock.setSpeed(2);
    const clone = await call("POST", "/pools", { poolid: "nubemox/t1" }).then(() =>
      call("POST", "/nodes/pve1/qemu/9001/clone", {
        newid: 301,
        name: "web1",
        pool: "nubemox/t1",
        description: "of the portal",
      }),
    );
    // Until the clone has joined its pool, its very maker has no right on it.
    expect(await call("GET", "/nodes/pve1/qemu/301/config")).toMatchObject({
      status: 403,
      reason: "Permission check failed (/vms/301, VM.Audit)",
    });
    lab.lab.clock.setSpeed(options.speed);
    expect(await finished(clone)).toBe("OK");
    expect(
      await finished(
        await call("POST", "/nodes/pve1/qemu/301/config", {
          cores: 2,
          memory: 256,
          ciuser: "ana",
          cipassword: "s3cretpw",
        }),
      ),
    ).toBe("OK");
    expect(await finished(await call("PUT", "/nodes/pve1/qemu/301/resize", { disk: "scsi0", size: "2G" }))).toBe("OK");
    expect(await finished(await call("PUT", "/nodes/pve1/qemu/301/resize", { disk: "scsi0", size: "1G" }))).toBe(
      "shrinking disks is not supported",
    );
    const config = await call("GET", "/nodes/pve1/qemu/301/config");
    expect(config.data).toMatchObject({
      name: "web1",
      cores: 2,
      memory: "256",
      cipassword: "**********",
      description: "of the portal",
    });
    expect(at(config, "scsi0")).toBe("local-lvm:9001/base-9001-disk-0.qcow2/301/vm-301-disk-0.qcow2,size=2G");
    expect(await finished(await call("POST", "/nodes/pve1/qemu/301/status/start"))).toBe("OK");
    expect(runtime.started.get(301)).toMatchObject({
      name: "web1",
      cores: 2,
      memoryMiB: 256,
      flavour: "web",
      agent: true,
    });
    expect(runtime.started.get(301)?.cloudInit).toMatchObject({ hostname: "web1", user: "ana" });
    expect(runtime.started.get(301)?.cloudInit?.password).toMatch(/^\$5\$/);
    const interfaces = await call("GET", "/nodes/pve1/qemu/301/agent/network-get-interfaces");
    expect(at(interfaces, "result", 0, "ip-addresses", 0, "ip-address")).toBe("10.0.0.5");
    expect(await finished(await call("DELETE", "/nodes/pve1/qemu/301"))).toBe("VM 301 is running - destroy failed");
    expect(await finished(await call("POST", "/nodes/pve1/qemu/301/status/shutdown", { timeout: 5 }))).toBe("OK");
    expect(
      await finished(await call("DELETE", "/nodes/pve1/qemu/301", { purge: 1, "destroy-unreferenced-disks": 1 })),
    ).toBe("OK");
    expect(await call("GET", "/nodes/pve1/qemu/301/status/current")).toMatchObject({ status: 403 });
    const files = (await (await fetch(`${lab.controlUrl}/storage-files`)).json()) as {
      vmid: number;
      volid: string | null;
    }[];
    expect(files.filter((file) => file.vmid === 301 || file.volid === null)).toEqual([]);
    expect(await call("DELETE", "/pools", { poolid: "nubemox/t1" })).toMatchObject({ status: 200 });
  });

  test("of the same id twice: one wins, one task fails, nothing is left of it", async () => {
    await call("POST", "/pools", { poolid: "nubemox/t2" });
    const clones = await Promise.all(
      [1, 2].map(() => call("POST", "/nodes/pve1/qemu/9000/clone", { newid: 310, pool: "nubemox/t2" })),
    );
    const ends = await Promise.all(
      clones.map((clone) => (clone.status === 200 ? finished(clone) : Promise.resolve(clone.reason))),
    );
    expect(ends.sort()).toEqual(["OK", "unable to create VM 310: config file already exists"]);
  });
});

describe("refusals", () => {
  test("a tenant sees and touches its own guests only", async () => {
    await launch(320, "mine", "nubemox/a");
    await launch(321, "other", "nubemox/b");
    await call("POST", "/access/users", { userid: "a@pve", groups: "nubemox-tenants" });
    const made = await call("POST", "/access/users/a@pve/token/portal", { privsep: 0 });
    expect(
      await call("PUT", "/access/acl", { path: "/pool/nubemox/a", users: "a@pve", roles: "NubemoxTenant" }),
    ).toMatchObject({ status: 200 });
    const tenant = `a@pve!portal=${String(at(made, "value"))}`;
    const { data } = await call("GET", "/cluster/resources", { type: "vm" }, tenant);
    expect((data as { vmid: number }[]).map((row) => row.vmid)).toEqual([320]);
    expect(await call("POST", "/nodes/pve1/qemu/321/status/start", {}, tenant)).toMatchObject({
      status: 403,
      reason: "Permission check failed (/vms/321, VM.PowerMgmt)",
    });
    expect(await call("POST", "/nodes/pve1/qemu/9000/clone", { newid: 322, pool: "nubemox/a" }, tenant)).toMatchObject({
      status: 403,
    });
    expect(await call("PUT", "/nodes/pve1/qemu/320/config", { memory: 512 }, tenant)).toMatchObject({
      reason: "Permission check failed (/vms/320, VM.Config.Memory)",
    });
    expect((await client.openConsole(320, await client.ticketOf(320, tenant))).status).toBe(401);
  });

  test("bad credentials have no body, unknown things the real texts", async () => {
    expect(await call("GET", "/version", {}, "")).toMatchObject({
      status: 401,
      reason: "No ticket",
      message: undefined,
    });
    expect(await call("GET", "/version", {}, "nubemox@pve!portal=wrong")).toMatchObject({
      status: 401,
      reason: "Authentication failed!",
    });
    expect(await call("GET", "/nope")).toMatchObject({ status: 501, message: "Method 'GET /nope' not implemented" });
    expect(await call("GET", "/nodes/nope/qemu")).toMatchObject({ status: 500 });
    expect((await call("GET", "/cluster/nextid", { vmid: 9000 })).errors).toEqual({ vmid: "VM 9000 already exists" });
    expect(
      await call("PUT", "/access/acl", { path: "/pool/nubemox", users: "nubemox@pve", roles: "PVEVMAdmin" }),
    ).toMatchObject({
      status: 500,
      reason: "ACL update failed: 400 Parameter verification failed.",
    });
  });

  test("a guest that ignores its power button", async () => {
    await launch(330, "deaf");
    runtime.deaf.add(330);
    await finished(await call("POST", "/nodes/pve1/qemu/330/status/start"));
    expect(await finished(await call("POST", "/nodes/pve1/qemu/330/status/shutdown", { timeout: 0 }))).toBe(
      "VM quit/powerdown failed - got timeout",
    );
    const waiting = await call("POST", "/nodes/pve1/qemu/330/status/shutdown", { timeout: 60 });
    expect(await finished(await call("POST", "/nodes/pve1/qemu/330/status/stop"))).toMatch(/^can't lock file/);
    expect(await finished(await call("POST", "/nodes/pve1/qemu/330/status/stop", { "overrule-shutdown": 1 }))).toBe(
      "OK",
    );
    expect(await finished(waiting)).toBe("received interrupt");
  });
});

describe("the console", () => {
  test("speaks RFB, echoes, works once, and ends on an oversized frame", async () => {
    await launch(340, "con");
    await finished(await call("POST", "/nodes/pve1/qemu/340/status/start"));
    const data = await client.ticketOf(340);
    expect(data.ticket.slice(0, 8)).toBe(data.password);
    const opened = await client.openConsole(340, data);
    const { socket } = opened;
    expect(opened.status).toBe(101);
    await until(() => opened.received().subarray(2).toString("latin1").startsWith("RFB 003.008\n"));
    for (const bytes of [Buffer.from("RFB 003.008\n"), Buffer.from([2]), Buffer.alloc(16), Buffer.from([1])])
      socket?.write(masked(bytes));
    await until(() => opened.received().includes("lab"));
    socket?.write(masked(Buffer.from("typed by hand")));
    await until(() => opened.received().includes("typed by hand"));
    expect((await client.openConsole(340, data)).status).toBe(0);
    socket?.write(masked(Buffer.alloc(140_000)));
    await opened.closed;
  });

  test("of a stopped guest is upgraded and closed", async () => {
    await launch(341, "off");
    const data = await client.ticketOf(341);
    const opened = await client.openConsole(341, data);
    expect(opened.status).toBe(101);
    await opened.closed;
    expect(await finished({ status: 200, reason: "", data: data.upid, errors: undefined, message: undefined })).toBe(
      "Failed to run vncproxy.",
    );
  });

  test("floods as much as the description asks for", async () => {
    await launch(342, "flood");
    await call("PUT", "/nodes/pve1/qemu/342/config", { description: "lab:flood=3000000" });
    const data = await client.ticketOf(342);
    const opened = await client.openConsole(342, data);
    for (const bytes of [Buffer.from("RFB 003.008\n"), Buffer.from([2]), Buffer.alloc(16), Buffer.from([1])])
      opened.socket?.write(masked(bytes));
    await until(() => opened.received().length > 3_000_000);
    expect(opened.received().length).toBeLessThan(3_100_000);
    opened.socket?.destroy();
  });
});

describe("the control server", () => {
  test("strikes with faults as told", async () => {
    await post("/faults", { kind: "status", method: "GET", path: "^/version$", status: 596, after: 1, times: 1 });
    expect((await call("GET", "/version")).status).toBe(200);
    expect(await call("GET", "/version")).toMatchObject({ status: 596, reason: "Broken pipe", message: undefined });
    expect((await call("GET", "/version")).status).toBe(200);
    await post("/faults", { kind: "drop-after", path: "^/pools$", method: "POST", times: 1 });
    await expect(call("POST", "/pools", { poolid: "nubemox/dropped" })).rejects.toThrow("socket hang up");
    expect((await call("GET", "/pools", { poolid: "nubemox/dropped" })).status).toBe(200);
    await post("/faults", { kind: "task-fail", taskType: "qmclone", taskError: "no space left", times: 1 });
    expect(
      await finished(await call("POST", "/nodes/pve1/qemu/9000/clone", { newid: 350, pool: "nubemox/dropped" })),
    ).toBe("no space left");
    expect(lab.lab.state.guests[350]).toBeUndefined();
    // What a task had begun to make is gone with it.
    const made = { vmid: 352, memory: 128, pool: "nubemox/dropped" };
    await post("/faults", { kind: "task-fail", taskType: "qmcreate", vmid: 352, taskError: "no space left", times: 1 });
    expect(await finished(await call("POST", "/nodes/pve1/qemu", made))).toBe("no space left");
    expect(lab.lab.state.guests[352]).toBeUndefined();
    // A fault that is about one guest alone, one that looks into the body, and an answer that comes late.
    await post("/faults", { kind: "task-fail", taskType: "qmclone", taskError: "never", vmid: 9001 });
    await post("/faults", {
      kind: "status",
      status: 500,
      method: "POST",
      path: "/clone$",
      body: "(^|&)newid=351(&|$)",
    });
    await post("/faults", { kind: "latency", ms: 300, done: true, method: "POST", path: "/clone$", times: 1 });
    const startedAt = Date.now();
    const clone = call("POST", "/nodes/pve1/qemu/9000/clone", { newid: 350, pool: "nubemox/dropped" });
    await until(() => lab.lab.state.guests[350] !== undefined);
    expect(await finished(await clone)).toBe("OK");
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
    const params = { newid: 351, pool: "nubemox/dropped" };
    expect((await call("POST", "/nodes/pve1/qemu/9000/clone", params)).status).toBe(500);
    expect((await post("/faults", { kind: "nonsense" })).status).toBe(400);
    await fetch(`${lab.controlUrl}/faults`, { method: "DELETE" });
  });

  test("catches mail and shows it escaped", async () => {
    const mail = {
      from: "portal@example.com",
      to: "ana@example.com",
      subject: "<b>Hello</b>",
      text: "Go to http://127.0.0.1:1/verify?a=1&b=2.",
    };
    expect((await post("/mail/send", mail)).status).toBe(401);
    const sent = (await (await post("/mail/send", mail, { Authorization: "Bearer x" })).json()) as { id: string };
    const [newest] = (await (await fetch(`${lab.controlUrl}/mail.json?to=ana@example.com`)).json()) as { id: string }[];
    expect(newest?.id).toBe(sent.id);
    const page = await (await fetch(`${lab.controlUrl}/mail?id=${sent.id}`)).text();
    expect(page).toContain("&lt;b&gt;Hello&lt;/b&gt;");
    expect(page).toContain('<a href="http://127.0.0.1:1/verify?a=1&amp;b=2">');
  });
});

test("a restart finds everything again, and guests that were on are started", async () => {
  await launch(360, "survivor");
  await finished(await call("POST", "/nodes/pve1/qemu/360/status/start"));
  await lab.close();
  runtime = createFakeRuntime(stateDir);
  lab = await startLab(options, () => {}, runtime);
  expect(lab.provisioningToken).toBe(token);
  await until(() => runtime.started.has(360));
  expect(at(await call("GET", "/nodes/pve1/qemu/360/config"), "name")).toBe("survivor");
});
