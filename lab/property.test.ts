// Any sequence of operations on guests by several users: the lab and a small model of it never disagree on what is allowed,
// what state guests are in, which guests there are, and what their disks take.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, integer, record, type Arbitrary } from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFakeRuntime } from "./fake-runtime.ts";
import { parseSize } from "./machines/drives.ts";
import { parseOptions } from "./options.ts";
import { startLab, type RunningLab } from "./start.ts";
import { LabClient, at, type Answer } from "./test-client.ts";

const GIB = 1_024 ** 3;
const TEMPLATE = 9_000;
const VMIDS = [501, 502, 503] as const;
const POOLS = ["alice", "bob"] as const;
const USERS = ["portal", ...POOLS] as const;
const SNAPSHOTS = ["one", "two"] as const;
const RUNS = 12;
/** Tries of a task that could not have the guest's lock, and the real time between them. */
const LOCK_TRIES = 40;
const LOCK_PAUSE_MS = 25;

type User = (typeof USERS)[number];

interface Kept {
  cores: number;
  diskGiB: number;
}

interface Guest extends Kept {
  owner: (typeof POOLS)[number];
  power: "stopped" | "running" | "paused";
  isProtected: boolean;
  snapshots: Map<string, Kept>;
}

interface Action {
  user: User;
  vmid: (typeof VMIDS)[number];
  verb: (typeof VERBS)[number];
  pool: (typeof POOLS)[number];
  snapshot: (typeof SNAPSHOTS)[number];
  count: number;
}

/** What has to come of an action: an answer's status and text, or how its task ends. */
interface Outcome {
  status: number;
  /** Part of the reason phrase, or of the task's exit status. */
  text: RegExp;
  /** What the model does where it went well. */
  effect?: () => void;
}

const VERBS = [
  "clone",
  "delete",
  "start",
  "stop",
  "suspend",
  "resume",
  "cores",
  "grow",
  "shrink",
  "protect",
  "keep",
  "rollback",
  "drop",
] as const;
const FINE = /^OK$/;

const stateDir = mkdtempSync(join(tmpdir(), "lab-property-"));
const tokens = new Map<User, string>();
let lab: RunningLab;
const client = new LabClient(() => lab);

beforeAll(async () => {
  const ports = ["--pve-port", "0", "--control-port", "0", "--nodes", "1", "--speed", "1000"];
  lab = await startLab(parseOptions(["--state", stateDir, ...ports]), () => {}, createFakeRuntime(stateDir));
  tokens.set("portal", lab.provisioningToken);
  for (const name of POOLS) {
    await well(client.call("POST", "/pools", { poolid: `nubemox/${name}` }));
    await well(client.call("POST", "/access/users", { userid: `${name}@pve` }));
    const token = await well(client.call("POST", `/access/users/${name}@pve/token/cli`, { privsep: 0 }));
    tokens.set(name, `${name}@pve!cli=${String(at(token, "value"))}`);
    const grant = { path: `/pool/nubemox/${name}`, users: `${name}@pve`, roles: "NubemoxTenant" };
    await well(client.call("PUT", "/access/acl", grant));
  }
});
afterAll(async () => {
  await lab.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const action: Arbitrary<Action> = record({
  // The portal twice: what it makes is what the others act on.
  user: constantFrom<User>("portal", "portal", ...POOLS),
  vmid: constantFrom(...VMIDS),
  verb: constantFrom(...VERBS, "clone", "clone", "start"),
  pool: constantFrom(...POOLS),
  snapshot: constantFrom(...SNAPSHOTS),
  count: integer({ min: 1, max: 4 }),
});

test("any sequence of operations by several users", { timeout: 120_000 }, async () => {
  const holds = asyncProperty(array(action, { minLength: 8, maxLength: 40 }), async (actions) => {
    const guests = new Map<number, Guest>();
    try {
      for (const one of actions) {
        await perform(guests, one);
        await compare(guests);
      }
    } finally {
      await clear();
    }
  });
  await expect(assert(holds, { numRuns: RUNS })).resolves.toBeUndefined();
});

async function perform(guests: Map<number, Guest>, one: Action): Promise<void> {
  const expected = outcomeOf(guests, one);
  const what = `${one.user} ${one.verb} ${one.vmid}`;
  for (let tries = 0; ; tries += 1) {
    const answer = await send(one);
    agree(`${what}: ${answer.reason}`, answer.status, expected.status);
    const upid = typeof answer.data === "string" && answer.data.startsWith("UPID:");
    const said = answer.status !== 200 ? answer.reason : upid ? await ended(String(answer.data)) : "OK";
    // After a stop and a start the clean-up of the former process holds the lock for a while: the real server says try again.
    if (/can't lock file/.test(said) && tries < LOCK_TRIES) {
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
      continue;
    }
    if (!expected.text.test(said)) throw new Error(`${what}: '${said}' in place of ${String(expected.text)}`);
    break;
  }
  expected.effect?.();
}

function send({ user, vmid, verb, pool, snapshot, count }: Action): Promise<Answer> {
  const as = tokens.get(user) ?? "";
  const vm = `/nodes/pve1/qemu/${vmid}`;
  switch (verb) {
    case "clone":
      return client.call(
        "POST",
        `/nodes/pve1/qemu/${TEMPLATE}/clone`,
        { newid: vmid, name: `vm${vmid}`, pool: `nubemox/${pool}` },
        as,
      );
    case "delete":
      return client.call("DELETE", vm, { purge: 1 }, as);
    case "cores":
      return client.call("POST", `${vm}/config`, { cores: count }, as);
    case "grow":
      return client.call("PUT", `${vm}/resize`, { disk: "scsi0", size: `+${count}G` }, as);
    case "shrink":
      return client.call("PUT", `${vm}/resize`, { disk: "scsi0", size: "512M" }, as);
    case "protect":
      return client.call("PUT", `${vm}/config`, { protection: count % 2 }, as);
    case "keep":
      return client.call("POST", `${vm}/snapshot`, { snapname: snapshot }, as);
    case "rollback":
      return client.call("POST", `${vm}/snapshot/${snapshot}/rollback`, {}, as);
    case "drop":
      return client.call("DELETE", `${vm}/snapshot/${snapshot}`, {}, as);
    default:
      return client.call("POST", `${vm}/status/${verb}`, {}, as);
  }
}

function fine(effect: () => void): Outcome {
  return { status: 200, text: FINE, effect };
}

function task(text: RegExp): Outcome {
  return { status: 200, text };
}

function refused(text: RegExp): Outcome {
  return { status: 500, text };
}

/** The model: what Proxmox VE would make of an action now. */
function outcomeOf(guests: Map<number, Guest>, one: Action): Outcome {
  const { user, vmid, verb, pool, snapshot, count } = one;
  const guest = guests.get(vmid);
  const forbidden: Outcome = { status: 403, text: /^Permission check failed/ };
  if (verb === "clone") {
    if (user !== "portal") return forbidden;
    if (guest !== undefined) return refused(/config file already exists/);
    const snapshots = new Map<string, Kept>();
    return fine(() =>
      guests.set(vmid, { owner: pool, power: "stopped", cores: 1, diskGiB: 1, isProtected: false, snapshots }),
    );
  }
  // Without rights on it a missing guest is a forbidden one.
  if (guest === undefined || (user !== "portal" && user !== guest.owner)) return forbidden;
  if (user !== "portal" && ["delete", "cores", "grow", "shrink"].includes(verb)) return forbidden;
  const isOn = guest.power !== "stopped";
  switch (verb) {
    case "delete":
      if (guest.isProtected) return refused(/protection mode enabled/);
      return isOn ? task(/is running - destroy failed/) : fine(() => guests.delete(vmid));
    case "start":
      return isOn ? task(/already running/) : fine(() => (guest.power = "running"));
    case "stop":
      return fine(() => (guest.power = "stopped"));
    case "suspend":
      return isOn ? fine(() => (guest.power = "paused")) : refused(/not running/);
    case "resume":
      return isOn ? fine(() => (guest.power = "running")) : refused(/not running/);
    case "cores":
      return fine(() => (guest.cores = count));
    case "grow":
      return fine(() => (guest.diskGiB += count));
    case "shrink":
      return task(/shrinking disks is not supported/);
    case "protect":
      return fine(() => (guest.isProtected = count % 2 === 1));
    case "keep":
      if (guest.snapshots.has(snapshot)) return task(/already used/);
      return fine(() => guest.snapshots.set(snapshot, { cores: guest.cores, diskGiB: guest.diskGiB }));
    case "drop":
      return guest.snapshots.has(snapshot) ? fine(() => guest.snapshots.delete(snapshot)) : task(/does not exist/);
    default: {
      const kept = guest.snapshots.get(snapshot);
      if (kept === undefined) return task(/does not exist/);
      // A snapshot without memory leaves the guest off.
      return fine(() => Object.assign(guest, kept, { power: "stopped" }));
    }
  }
}

/** Compares the lab with the model: guests, power, options, disks; and what each user may see. */
async function compare(guests: Map<number, Guest>): Promise<void> {
  const { state } = lab.lab;
  const own = Object.keys(state.guests)
    .map(Number)
    .filter((vmid) => vmid < TEMPLATE);
  agree("no guest is lost, none left over", own.sort(), [...guests.keys()].sort());
  for (const [vmid, guest] of guests) {
    const current = await client.call("GET", `/nodes/pve1/qemu/${vmid}/status/current`);
    agree(`power of ${vmid}`, at(current, "qmpstatus"), guest.power);
    agree(`lock of ${vmid}`, at(current, "lock"), undefined);
    const config = await client.call("GET", `/nodes/pve1/qemu/${vmid}/config`);
    agree(`cores of ${vmid}`, Number(at(config, "cores")), guest.cores);
    const names = ((await client.call("GET", `/nodes/pve1/qemu/${vmid}/snapshot`)).data as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== "current");
    agree(`snapshots of ${vmid}`, names.sort(), [...guest.snapshots.keys()].sort());
    const size = /size=(\w+)/.exec(String(at(config, "scsi0")))?.[1] ?? "0";
    agree(`disk of ${vmid} in its options`, parseSize(size), guest.diskGiB * GIB);
    const stored = Object.entries(state.volumes).filter(
      ([volid, volume]) => volume.vmid === vmid && /disk-0/.test(volid),
    );
    agree(
      `disk of ${vmid} in the storage`,
      stored.map(([, { sizeBytes }]) => sizeBytes),
      [guest.diskGiB * GIB],
    );
  }
  for (const [volid, volume] of Object.entries(state.volumes))
    if (volume.vmid < TEMPLATE && volume.vmid > 0) agree(`${volid} has a guest`, guests.has(volume.vmid), true);
  for (const name of POOLS) {
    const seen = (await client.call("GET", "/cluster/resources", { type: "vm" }, tokens.get(name))).data as {
      vmid: number;
    }[];
    const theirs = [...guests].filter(([, { owner }]) => owner === name).map(([vmid]) => vmid);
    agree(`what ${name} sees`, seen.map(({ vmid }) => vmid).sort(), theirs.sort());
  }
}

/** Takes away what a run left, whatever state it is in. */
async function clear(): Promise<void> {
  for (const vmid of VMIDS) {
    if (lab.lab.state.guests[vmid] === undefined) continue;
    for (const verb of ["protect", "stop", "delete"] as const) {
      const answer = await send({ user: "portal", vmid, verb, pool: "alice", snapshot: "one", count: 2 });
      if (answer.status === 200 && typeof answer.data === "string") await ended(answer.data);
    }
  }
}

/** A task's exit status, once it has one. */
async function ended(upid: string): Promise<string> {
  for (;;) {
    const exitStatus = lab.lab.tasks.find(upid)?.exitStatus;
    if (typeof exitStatus === "string") return exitStatus;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function agree(what: string, given: unknown, expected: unknown): void {
  if (JSON.stringify(given) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(given)} in place of ${JSON.stringify(expected)}`);
}

async function well(answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  if (given.status !== 200) throw new Error(given.reason);
  return given;
}
