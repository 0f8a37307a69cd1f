// A scripted journey of npm's proxmox-api through the lab: it asserts what a real server would answer.
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import proxmoxApi from "proxmox-api";

interface Place {
  host: string;
  port: number;
  password: string;
  /** `user@realm!token=secret`. */
  token: string;
}

const POOL = "nubemox/node";
const VMID = 7_201;
const TASK_TIMEOUT_MS = 60_000;

type Api = ReturnType<typeof proxmoxApi>;

async function main(): Promise<void> {
  const place = JSON.parse(await text(process.stdin)) as Place;
  const { host, port } = place;
  const root = proxmoxApi({ host, port, username: "root@pam", password: place.password });
  const [tokenID = "", tokenSecret = ""] = place.token.split("=");
  const portal = proxmoxApi({ host, port, tokenID, tokenSecret });
  await byTicket(root);
  await byToken(portal);
  await root.pools.$(encodeURIComponent("nubemox")).$get();
  console.log("journey done");
}

/** Root by ticket: what is there, and a pool to work in. */
async function byTicket(api: Api): Promise<void> {
  const version = await api.version.$get();
  assert.equal(version.release, "9.2");
  const nodes = await api.nodes.$get();
  assert.deepEqual(
    nodes.map(({ node, status }) => ({ node, status })),
    [{ node: "pve1", status: "online" }],
  );
  const resources = await api.cluster.resources.$get();
  assert.ok(resources.some(({ type }) => type === "storage"));
  await api.pools.$post({ poolid: POOL });
  await assert.rejects(api.pools.$post({ poolid: POOL }), /create pool failed: pool 'nubemox\/node' already exists/);
}

/** The portal's token launches a guest, keeps a snapshot of it, and removes it. */
async function byToken(api: Api): Promise<void> {
  const node = api.nodes.$("pve1");
  const templates = (await node.qemu.$get()).filter(({ template }) => Boolean(template));
  const source = templates[0]?.vmid;
  assert.ok(source !== undefined, "there is a template");
  await well(api, await node.qemu.$(source).clone.$post({ newid: VMID, name: "from-node", pool: POOL }));
  const guest = node.qemu.$(VMID);
  const config = await guest.config.$get();
  assert.equal(config.name, "from-node");
  await guest.config.$put({ cores: 2, description: "line 1\nline 2" });
  assert.equal((await guest.config.$get()).description?.trim(), "line 1\nline 2");
  await assert.rejects(guest.config.$put({ cores: 0 }), /value must have a minimum value of 1/);
  await well(api, await guest.status.start.$post());
  assert.equal((await guest.status.current.$get()).status, "running");
  await well(api, await guest.snapshot.$post({ snapname: "one" }));
  const snapshots = await guest.snapshot.$get();
  assert.deepEqual(snapshots.map(({ name }) => name).sort(), ["current", "one"]);
  await well(api, await guest.status.stop.$post());
  await well(api, await guest.snapshot.$("one").$delete());
  await well(api, await guest.$delete({ purge: true }));
  await assert.rejects(guest.config.$get(), /403 Permission check failed/);
}

async function well(api: Api, upid: string): Promise<void> {
  const endAtMs = Date.now() + TASK_TIMEOUT_MS;
  while (Date.now() < endAtMs) {
    const task = await api.nodes.$("pve1").tasks.$(encodeURIComponent(upid)).status.$get();
    if (task.status === "stopped") {
      assert.equal(task.exitstatus, "OK");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("a task did not end");
}

await main();
