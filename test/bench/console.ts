// `npm run bench:console`: what the console's relay costs, beside a direct connection and websockify, all in one run.
import type { LabReady } from "../../lab/stack/stack.ts";
import type { ServiceView } from "../../worker/rules/views.ts";
import { launched, newTenant, pause } from "../harness/portal.ts";
import type { LabGuest, Site, Tenant } from "../harness/portal.ts";
import { median, percentile, residentBytes, round, runBench, table, watchMemory, workerdGroup } from "./measure.ts";
import type { Bench } from "./measure.ts";
import { setScreen, startWebsockify, straight, throughPortal } from "./routes-to-screen.ts";
import type { VncStream } from "./vnc-stream.ts";
import { ownOrigin } from "./worker-port.ts";

const FLOOD_BYTES = 200_000_000;
const FLOOD_ROUNDS = 3;
const ECHOES = 2_000;
const ECHO_WARMUP = 200;
/** About what a pointer event and a small update are. */
const ECHO_BYTES = 64;
const STALLED_FLOOD_BYTES = 500_000_000;
const STALL_MS = 10_000;
const MIB = 1_024 * 1_024;
const STALL_LIMIT_MIB = 32;
const SIGN_OUTS = 10;
const CLOSE_TIMEOUT_MS = 5_000;
/**
 * The least that the relay may carry of what websockify does. The relay's upstream speaks TLS, as Proxmox VE does, which
 * websockify is spared here, and client, relay and upstream share this machine's cores: 0.4 to 0.65 were measured on two.
 */
const LEAST_SHARE_OF_WEBSOCKIFY = 1 / 3;

/** `relay` is the Worker itself, `dev server` the same with the front that only a developer's machine has. */
const WAYS = ["relay", "dev server", "direct", "websockify"] as const;
type Way = (typeof WAYS)[number];
type Ways = Record<Way, () => Promise<VncStream>>;

interface Setting {
  bench: Bench;
  lab: LabReady;
  tenant: Tenant;
  services: [ServiceView, ServiceView];
  workerd: number[];
}

await runBench("console", { labSpeed: 20 }, async (bench, { stack }) => {
  const site: Site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  const tenant = await newTenant(site, "console");
  const services: Setting["services"] = [await launched(tenant), await launched(tenant)];
  const setting = { bench, lab: stack.lab, tenant, services, workerd: workerdGroup(stack.workerGroup()) };
  const websockify = await startWebsockify(bench, FLOOD_BYTES);
  await stall(setting);
  const [{ id }] = services;
  const worker = await ownOrigin(setting.workerd, stack.origin);
  if (worker === null) throw new Error("the Worker's own port was not found");
  const waysTo = (guest: LabGuest, mode: "flood" | "echo"): Ways => ({
    relay: () => throughPortal(tenant, id, worker),
    "dev server": () => throughPortal(tenant, id),
    direct: () => straight(stack.lab, guest),
    websockify: websockify[mode],
  });
  await throughput(bench, waysTo(await setScreen(stack.lab, id, `lab:flood=${FLOOD_BYTES}`), "flood"));
  await roundTrip(bench, waysTo(await setScreen(stack.lab, id, "lab:echo"), "echo"));
  await signOut(setting);
});

/** Memory of workerd while a client stops reading: done first, before any other console has made its heap grow. */
async function stall({ bench, lab, tenant, services, workerd }: Setting): Promise<void> {
  const [service] = services;
  bench.say(`a client that stops reading a flood of ${STALLED_FLOOD_BYTES / 1e6} MB for ${STALL_MS / 1_000} s …`);
  await setScreen(lab, service.id, `lab:flood=${STALLED_FLOOD_BYTES}`);
  await pause(2_000);
  const idleBytes = residentBytes(workerd);
  const memory = watchMemory(workerd);
  const stream = await throughPortal(tenant, service.id);
  await stream.until(MIB);
  stream.socket.pause();
  const before = stream.received();
  await pause(STALL_MS);
  const grownMiB = round((memory.stop() - idleBytes) / MIB, 1);
  stream.socket.resume();
  await stream.until(STALLED_FLOOD_BYTES);
  stream.socket.terminate();
  bench.say(
    `idle ${round(idleBytes / MIB, 0)} MiB, grown by at most ${grownMiB} MiB with ${round(before / 1e6, 1)} MB read`,
  );
  bench.claim(`workerd grows by at most ${STALL_LIMIT_MIB} MiB (${grownMiB})`, grownMiB <= STALL_LIMIT_MIB);
  bench.claim("every byte arrives once it reads again", stream.received() === STALLED_FLOOD_BYTES);
  Object.assign(bench.figures, { idleMiB: round(idleBytes / MIB, 1), stalledGrowthMiB: grownMiB });
}

async function throughput(bench: Bench, ways: Ways): Promise<void> {
  bench.say(`${FLOOD_ROUNDS} floods of ${FLOOD_BYTES / 1e6} MB each way …`);
  const rounds = WAYS.map((way) => ({ way, rates: [] as number[] }));
  for (let turn = 0; turn < FLOOD_ROUNDS; turn += 1) {
    for (const { way, rates } of rounds) {
      const stream = await ways[way]();
      const [startedAt, startedWith] = [performance.now(), stream.received()];
      await stream.until(FLOOD_BYTES);
      rates.push((FLOOD_BYTES - startedWith) / 1e6 / ((performance.now() - startedAt) / 1_000));
      stream.socket.terminate();
    }
  }
  const rows = rounds.map(({ way, rates }) => [
    way,
    median(rates).toFixed(0),
    rates.map((rate) => rate.toFixed(0)).join(", "),
  ]);
  bench.say(table(["way", "MB/s", "each round"], rows));
  const megabytesPerSecond = Object.fromEntries(
    rounds.map(({ way, rates }) => [way, round(median(rates), 1)]),
  ) as Record<Way, number>;
  const shareOf = (way: Way) => round(megabytesPerSecond.relay / megabytesPerSecond[way], 2);
  const share = shareOf("websockify");
  bench.claim(
    `the relay carries at least a third of what websockify does (${share})`,
    share >= LEAST_SHARE_OF_WEBSOCKIFY,
  );
  const shares = Object.fromEntries(WAYS.slice(1).map((way) => [way, shareOf(way)]));
  Object.assign(bench.figures, { megabytesPerSecond, relayShareOf: shares });
}

async function roundTrip(bench: Bench, ways: Ways): Promise<void> {
  bench.say(`${ECHOES} round trips of ${ECHO_BYTES} bytes each way …`);
  const figures: Record<string, { p50Ms: number; p99Ms: number }> = {};
  for (const way of WAYS) {
    const stream = await ways[way]();
    const times: number[] = [];
    for (let turn = 1; turn <= ECHO_WARMUP + ECHOES; turn += 1) {
      const startedAt = performance.now();
      stream.socket.send(Buffer.alloc(ECHO_BYTES, turn));
      await stream.until(turn * ECHO_BYTES);
      if (turn > ECHO_WARMUP) times.push(performance.now() - startedAt);
    }
    stream.socket.terminate();
    figures[way] = { p50Ms: round(percentile(times, 0.5), 2), p99Ms: round(percentile(times, 0.99), 2) };
  }
  const rows = Object.entries(figures).map(([way, { p50Ms, p99Ms }]) => [way, p50Ms.toFixed(2), p99Ms.toFixed(2)]);
  bench.say(table(["way", "p50 ms", "p99 ms"], rows));
  bench.figures["roundTrip"] = figures;
}

/** Two consoles of one session, one quiet and one in the middle of a flood: signing out closes both. */
async function signOut({ bench, lab, tenant, services }: Setting): Promise<void> {
  bench.say(`${SIGN_OUTS} times signing out with two consoles open …`);
  const [quiet, busy] = services;
  await setScreen(lab, quiet.id, "lab:echo");
  await setScreen(lab, busy.id, "lab:flood=50000000000");
  const times: number[] = [];
  let stillOpen = 0;
  for (let turn = 0; turn < SIGN_OUTS; turn += 1) {
    const streams = [await throughPortal(tenant, quiet.id), await throughPortal(tenant, busy.id)];
    const startedAt = performance.now();
    await tenant.person.ok("POST", "/api/auth/sign-out", {});
    for (const stream of streams) {
      const closedAt = await Promise.race([stream.closed, pause(CLOSE_TIMEOUT_MS)]);
      if (typeof closedAt === "number") times.push(closedAt - startedAt);
      else stillOpen += 1;
      stream.socket.terminate();
    }
    const status = await tenant.person.signIn(tenant.email, tenant.password);
    if (status !== 200) throw new Error(`signing in answered ${status}`);
  }
  const [p50Ms, maxMs] = [round(percentile(times, 0.5), 0), round(percentile(times, 1), 0)];
  bench.say(`from asking to sign out to the closed socket: p50 ${p50Ms} ms, max ${maxMs} ms`);
  bench.claim(`signing out closes every console (${times.length} of ${2 * SIGN_OUTS})`, stillOpen === 0);
  bench.figures["signOutToClosed"] = { p50Ms, maxMs, sockets: times.length };
}
