// Power actions of virtual machines.
import { requirePrivileges } from "../access/checks.ts";
import { flag, integer, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { hibernate, isAsleep, wake } from "../machines/hibernation.ts";
import { refuseLocked } from "../machines/machines.ts";
import type { TaskContext } from "../tasks.ts";
import { refuseSkipLock } from "./guests.ts";
import { liveStatus } from "./status.ts";

const START_MS = 400;
const STOP_MS = 200;
const DEFAULT_SHUTDOWN_SECONDS = 60;
const INDEX = ["current", "start", "stop", "reset", "shutdown", "suspend", "reboot"];

export const powerEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/qemu/{vmid}/status", run: () => INDEX.map((subdir) => ({ subdir })) },
  {
    route: "GET /nodes/{node}/qemu/{vmid}/status/current",
    run: (call) => (call.lab.machines.require(call.node, vmidOf(call)), liveStatus(call.lab, vmidOf(call), "current")),
  },
  { route: "POST /nodes/{node}/qemu/{vmid}/status/start", run: start },
  { route: "POST /nodes/{node}/qemu/{vmid}/status/stop", run: stop },
  { route: "POST /nodes/{node}/qemu/{vmid}/status/shutdown", run: shutdown },
  { route: "POST /nodes/{node}/qemu/{vmid}/status/reboot", run: reboot },
  {
    route: "POST /nodes/{node}/qemu/{vmid}/status/reset",
    run: (call) =>
      action(requireOn(call), "qmreset", STOP_MS, async () => call.lab.machines.running(vmidOf(call))?.reset()),
  },
  { route: "POST /nodes/{node}/qemu/{vmid}/status/suspend", run: suspend },
  {
    route: "POST /nodes/{node}/qemu/{vmid}/status/resume",
    run: (call) => action(requireOn(call), "qmresume", STOP_MS, () => call.lab.machines.resume(vmidOf(call))),
  },
];

function start(call: Call): string {
  refuseSkipLock(call);
  return action(call, "qmstart", START_MS, async ({ log }) => {
    const guest = call.lab.machines.require(call.node, vmidOf(call));
    if (isAsleep(guest)) return wake(call.lab, vmidOf(call), guest, log);
    if (!flag(call, "skiplock")) refuseLocked(guest);
    await call.lab.machines.powerOn(call.node, vmidOf(call), log);
  });
}

function stop(call: Call): string {
  const { lab } = call;
  refuseSkipLock(call);
  return action(
    call,
    "qmstop",
    STOP_MS,
    async () => {
      const guest = requireForStop(call);
      if (lab.machines.running(vmidOf(call)) === undefined) return;
      if (!flag(call, "skiplock")) refuseLocked(guest);
      await lab.machines.kill(vmidOf(call));
    },
    flag(call, "overrule-shutdown") ? (context) => overruleShutdowns(call, context) : undefined,
  );
}

function shutdown(call: Call): string {
  refuseSkipLock(call);
  const isCut = flag(call, "forceStop") && call.lab.machines.isPaused(vmidOf(call));
  if (!isCut) refusePaused(call);
  return action(call, "qmshutdown", STOP_MS, async ({ signal }) => {
    const guest = requireForStop(call);
    if (call.lab.machines.running(vmidOf(call)) === undefined) return;
    if (!flag(call, "skiplock")) refuseLocked(guest);
    if (isCut) await call.lab.machines.kill(vmidOf(call));
    else await shutDown(call, signal, flag(call, "forceStop"));
  });
}

function reboot(call: Call): string {
  requireOn(call);
  refusePaused(call);
  return action(call, "qmreboot", STOP_MS, async ({ log, signal }) => {
    refuseLocked(call.lab.machines.require(call.node, vmidOf(call)));
    await call.lab.machines.restarting(vmidOf(call), async () => {
      await shutDown(call, signal, false);
      await call.lab.machines.powerOn(call.node, vmidOf(call), log);
    });
  });
}

function suspend(call: Call): string {
  requireOn(call);
  if (flag(call, "todisk")) {
    requirePrivileges(call.lab.state, call.identity.authId, `/vms/${vmidOf(call)}`, ["VM.Config.Disk"]);
    return action(call, "qmsuspend", STOP_MS, async ({ log }) => {
      const guest = call.lab.machines.require(call.node, vmidOf(call));
      refuseLocked(guest);
      await hibernate(call.lab, vmidOf(call), guest, log);
    });
  }
  return action(call, "qmpause", STOP_MS, () => call.lab.machines.pause(vmidOf(call)));
}

async function shutDown(call: Call, signal: AbortSignal, force: boolean): Promise<void> {
  const timeoutMs = (integer(call, "timeout") ?? DEFAULT_SHUTDOWN_SECONDS) * 1_000;
  const { faults, machines } = call.lab;
  if (await machines.shutDown(vmidOf(call), timeoutMs, signal, faults.isDeaf(vmidOf(call)))) return;
  if (!force) throw failed("VM quit/powerdown failed - got timeout");
  await call.lab.machines.kill(vmidOf(call));
}

/** Starts the action's task; its work holds the guest's lock. `before` runs without it. */
function action(
  call: Call,
  type: string,
  durationMs: number,
  work: (context: TaskContext) => Promise<unknown>,
  before?: (context: TaskContext) => Promise<void>,
): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  return lab.tasks.start({
    node,
    type,
    id: String(vmid),
    authId: identity.authId,
    durationMs,
    work: async (context) => {
      await before?.(context);
      await lab.machines.withLock(vmid, context.log, () => work(context));
    },
  });
}

async function overruleShutdowns(call: Call, { log }: TaskContext): Promise<void> {
  const { lab, identity } = call;
  const waiting = lab.state.tasks.filter(
    (task) =>
      task.type === "qmshutdown" &&
      task.id === String(vmidOf(call)) &&
      task.authId === identity.authId &&
      lab.tasks.isRunning(task.upid),
  );
  if (waiting.length === 0) return;
  log(`overruled qmshutdown tasks: ${waiting.map((task) => task.upid).join(", ")}`);
  for (const task of waiting) lab.tasks.stop(task.upid);
}

function requireOn(call: Call): Call {
  call.lab.machines.require(call.node, vmidOf(call));
  if (call.lab.machines.running(vmidOf(call)) === undefined) throw failed(`VM ${vmidOf(call)} not running`);
  return call;
}

/** A paused machine would hear its power button only when it goes on. */
function refusePaused(call: Call): void {
  if (call.lab.machines.isPaused(vmidOf(call))) throw failed("VM is paused - cannot shutdown");
}

function requireForStop(call: Call): ReturnType<Call["lab"]["machines"]["require"]> {
  const guest = call.lab.state.guests[vmidOf(call)];
  if (guest === undefined || guest.node !== call.node || guest.kind === "lxc")
    throw failed(`unable to find configuration file for VM ${vmidOf(call)} on node '${call.node}'`);
  return guest;
}
