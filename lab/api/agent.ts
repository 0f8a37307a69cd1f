// Calls to the agent inside a guest.
import { AgentNotRunning } from "../guests/runtime.ts";
import { vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { hasAgent } from "../machines/spec.ts";

/** A silent agent is given up after this long (simulated). */
const SILENCE_MS = 3_000;

const COMMANDS: [method: "GET" | "POST", name: string, command: string][] = [
  ["POST", "ping", "guest-ping"],
  ["GET", "info", "guest-info"],
  ["GET", "network-get-interfaces", "guest-network-get-interfaces"],
  ["GET", "get-osinfo", "guest-get-osinfo"],
  ["GET", "get-host-name", "guest-get-host-name"],
  ["GET", "get-fsinfo", "guest-get-fsinfo"],
  ["GET", "get-users", "guest-get-users"],
  ["GET", "get-time", "guest-get-time"],
  ["GET", "get-timezone", "guest-get-timezone"],
  ["GET", "get-vcpus", "guest-get-vcpus"],
];

export const agentEndpoints: Endpoint[] = [
  ...COMMANDS.map(([method, name, command]): Endpoint => ({
    route: `${method} /nodes/{node}/qemu/{vmid}/agent/${name}`,
    run: async (call) => ({ result: await ask(call, command) }),
  })),
  { route: "POST /nodes/{node}/qemu/{vmid}/agent/exec", run: execute },
];

async function execute(call: Call): Promise<unknown> {
  const command = call.params["command"];
  const [path = "", ...args] = Array.isArray(command) ? command : [];
  return ask(call, "guest-exec", { path, arg: args, "capture-output": true });
}

async function ask(call: Call, command: string, args?: Record<string, unknown>): Promise<unknown> {
  const { lab, node } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid);
  if (!hasAgent(guest.config)) throw failed("No QEMU guest agent configured");
  const machine = lab.machines.running(vmid);
  if (machine === undefined) throw failed(`VM ${vmid} is not running`);
  try {
    return await machine.agentCommand(command, args);
  } catch (error) {
    if (!(error instanceof AgentNotRunning)) throw failed(`agent command '${command}' failed`);
    await lab.clock.pause(SILENCE_MS);
    throw failed("QEMU guest agent is not running");
  }
}
