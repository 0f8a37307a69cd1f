// Power actions of containers, and what they tell of their networks.
import { flag, integer, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { refuseLocked } from "../machines/machines.ts";
import type { TaskContext } from "../tasks.ts";
import { requireContainer } from "./containers.ts";
import { refuseSkipLock } from "./guests.ts";
import { containerStatus } from "./status.ts";

const START_MS = 300;
const STOP_MS = 200;
const DEFAULT_SHUTDOWN_SECONDS = 60;
const BASE = "/nodes/{node}/lxc/{vmid}";
const INDEX = ["current", "start", "stop", "shutdown", "suspend", "resume", "reboot"];

export const containerPowerEndpoints: Endpoint[] = [
  { route: `GET ${BASE}/status`, run: () => INDEX.map((subdir) => ({ subdir })) },
  { route: `GET ${BASE}/status/current`, run: current },
  { route: `POST ${BASE}/status/start`, run: start },
  { route: `POST ${BASE}/status/stop`, run: (call) => switchOff(call, "vzstop") },
  { route: `POST ${BASE}/status/shutdown`, run: (call) => switchOff(call, "vzshutdown") },
  { route: `POST ${BASE}/status/reboot`, run: reboot },
  {
    route: `POST ${BASE}/status/suspend`,
    run: (call) => (requireOn(call), action(call, "vzsuspend", () => call.lab.machines.pause(vmidOf(call)))),
  },
  { route: `POST ${BASE}/status/resume`, run: resume },
  { route: `GET ${BASE}/interfaces`, run: interfaces },
];

async function current(call: Call): Promise<unknown> {
  requireContainer(call);
  return { ...(await containerStatus(call.lab, vmidOf(call))), ha: { managed: 0 } };
}

function start(call: Call): string {
  const { lab } = call;
  const vmid = vmidOf(call);
  refuseSkipLock(call);
  if (lab.machines.running(vmid) !== undefined) throw failed(`CT ${vmid} already running`);
  return action(call, "vzstart", async ({ log }) => {
    const guest = requireContainer(call);
    if (!flag(call, "skiplock")) refuseLocked(guest);
    await lab.machines.powerOn(call.node, vmid, log, { kind: "lxc" });
  });
}

function switchOff(call: Call, type: "vzstop" | "vzshutdown"): string {
  const { lab } = call;
  const vmid = vmidOf(call);
  refuseSkipLock(call);
  requireOn(call);
  return action(call, type, async (context) => {
    const guest = requireContainer(call);
    if (!flag(call, "skiplock")) refuseLocked(guest);
    if (type === "vzstop") await lab.machines.kill(vmid);
    else if (!(await shutDown(call, context))) {
      if (!flag(call, "forceStop")) throw failed(`command 'lxc-stop -n ${vmid}' failed: exit code 1`);
      await lab.machines.kill(vmid);
    }
  });
}

function reboot(call: Call): string {
  const vmid = vmidOf(call);
  if (call.lab.machines.running(vmid) === undefined) throw failed(`VM ${vmid} not running`);
  return action(call, "vzreboot", async (context) => {
    refuseLocked(requireContainer(call));
    if (!(await shutDown(call, context))) throw failed(`command 'lxc-stop -n ${vmid} -r' failed: exit code 1`);
    await call.lab.machines.powerOn(call.node, vmid, context.log, { kind: "lxc" });
  });
}

function resume(call: Call): string {
  return action(call, "vzresume", async () => {
    requireContainer(call);
    if (!call.lab.machines.isPaused(vmidOf(call))) throw failed(`CT ${vmidOf(call)} is not suspended`);
    await call.lab.machines.resume(vmidOf(call));
  });
}

function shutDown(call: Call, { signal }: TaskContext): Promise<boolean> {
  const seconds = integer(call, "timeout") ?? DEFAULT_SHUTDOWN_SECONDS;
  const { faults, machines } = call.lab;
  return machines.shutDown(vmidOf(call), seconds * 1_000, signal, faults.isDeaf(vmidOf(call)));
}

function requireOn(call: Call): void {
  const vmid = vmidOf(call);
  if (call.lab.machines.running(vmid) === undefined || call.lab.state.guests[vmid]?.kind !== "lxc")
    throw failed(`CT ${vmid} not running`);
}

function action(call: Call, type: string, work: (context: TaskContext) => Promise<void>): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  return lab.tasks.start({
    node,
    type,
    id: String(vmid),
    authId: identity.authId,
    durationMs: type === "vzstart" ? START_MS : STOP_MS,
    work: (context) => lab.machines.withLock(vmid, context.log, () => work(context)),
  });
}

interface AgentCard {
  name: string;
  "hardware-address"?: string;
  "ip-addresses"?: { "ip-address": string; "ip-address-type": string; prefix: number }[];
}

/** As seen from inside; nothing while the container is off or still starting. */
async function interfaces(call: Call): Promise<unknown> {
  const machine = call.lab.machines.running(vmidOf(call));
  if (machine === undefined) return null;
  const cards = await machine.agentCommand("guest-network-get-interfaces").catch(() => []);
  return (cards as AgentCard[]).map((card) => {
    const addresses = card["ip-addresses"] ?? [];
    const first = (type: string): string | undefined => {
      const found = addresses.find((address) => address["ip-address-type"] === type);
      return found === undefined ? undefined : `${found["ip-address"]}/${found.prefix}`;
    };
    const [inet, inet6] = [first("ipv4"), first("ipv6")];
    return {
      name: card.name,
      hwaddr: card["hardware-address"] ?? "",
      "hardware-address": card["hardware-address"] ?? "",
      ...(inet === undefined ? {} : { inet }),
      ...(inet6 === undefined ? {} : { inet6 }),
      "ip-addresses": addresses.map((address) => ({
        "ip-address": address["ip-address"],
        "ip-address-type": address["ip-address-type"] === "ipv6" ? "inet6" : "inet",
        prefix: address.prefix,
      })),
    };
  });
}
