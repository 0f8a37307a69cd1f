// Consoles: tickets for one connection each, and the WebSocket that takes it.
import type { Duplex } from "node:stream";
import { consolePassword } from "../access/tickets.ts";
import { nowSeconds } from "../clock.ts";
import { frameHeader, OPCODE } from "../console/frames.ts";
import { relay } from "../console/relay.ts";
import { openTerminal } from "../console/terminal.ts";
import { Upgrade, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { Failure, REFUSAL_DELAY_MS, failed } from "../http/failure.ts";
import type { GuestKind } from "../machines/machines.ts";
import { openSyntheticVnc, syntheticMode } from "../synthetic-vnc.ts";

export const consoleEndpoints: Endpoint[] = [
  ...(["qemu", "lxc"] as const).flatMap((kind): Endpoint[] => [
    { route: `POST /nodes/{node}/${kind}/{vmid}/vncproxy`, run: (call) => vncProxy(call, kind) },
    { route: `POST /nodes/{node}/${kind}/{vmid}/termproxy`, run: (call) => termProxy(call, kind) },
    { route: `GET /nodes/{node}/${kind}/{vmid}/vncwebsocket`, run: vncWebSocket },
  ]),
  { route: "POST /nodes/{node}/qemu/{vmid}/spiceproxy", run: spiceProxy },
  {
    route: "POST /nodes/{node}/vncshell",
    run: () => {
      throw failed("the nodes of the lab have no shell");
    },
  },
];

function vncProxy(call: Call, kind: GuestKind): unknown {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid, kind);
  const password = consolePassword();
  const synthetic = syntheticMode(guest.config["description"] ?? "");
  const { port, upid } = lab.consoles.listen({
    node,
    vmid,
    authId: identity.authId,
    open: async () =>
      synthetic !== null
        ? openSyntheticVnc(synthetic)
        : ((await lab.machines.running(vmid)?.openVnc(password)) ?? null),
  });
  const ticket = lab.tickets.console(identity.authId, `/vms/${vmid}`, port, nowSeconds(), password);
  return { user: identity.authId, ticket, password, port: String(port), upid, cert: lab.certificates.caPem };
}

/** Guests have a VNC screen and no SPICE: the emulator does not know the command. */
function spiceProxy(call: Call): never {
  const vmid = vmidOf(call);
  call.lab.machines.require(call.node, vmid);
  if (call.lab.machines.running(vmid) === undefined) throw failed(`VM ${vmid} not running`);
  throw failed(`VM ${vmid} qmp command 'query-spice' failed - The command query-spice has not been found`);
}

function termProxy(call: Call, kind: GuestKind): unknown {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid, kind);
  const serial = text(call, "serial") ?? "serial0";
  let ticket = "";
  const { port, upid } = lab.consoles.listen({
    node,
    vmid,
    authId: identity.authId,
    open: async (): Promise<Duplex | null> => {
      const machine = lab.machines.running(vmid);
      if (machine === undefined || (kind === "qemu" && guest.config[serial] !== "socket")) return null;
      return openTerminal(await machine.openSerial(), (line) => line === `${identity.authId}:${ticket}`);
    },
  });
  ticket = lab.tickets.console(identity.authId, `/vms/${vmid}`, port, nowSeconds(), null);
  return { user: identity.authId, ticket, port: String(port), upid };
}

async function vncWebSocket(call: Call): Promise<unknown> {
  const { lab, identity } = call;
  const port = Number(required(call, "port"));
  const path = `/vms/${vmidOf(call)}`;
  if (!lab.tickets.isConsole(required(call, "vncticket"), identity.authId, path, port, nowSeconds()))
    throw new Failure(401, "permission denied - invalid PVEVNC ticket\n", { delayMs: REFUSAL_DELAY_MS });
  if (!call.upgrade) return { port: String(port) };
  const connection = await lab.consoles.connect(port);
  if (connection === null) return new Upgrade(null);
  const { upstream, done } = connection;
  return new Upgrade((socket, head) => {
    if (upstream !== null) relay(socket, head, upstream, done);
    else socket.end(frameHeader(OPCODE.close, 0));
  });
}
