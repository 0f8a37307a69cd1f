// The three ways to one and the same upstream: through the portal, straight to Proxmox VE, through websockify.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import { endProcess, freePort, startProcess } from "../../lab/stack/processes.ts";
import { ROOT } from "../../lab/stack/stack.ts";
import type { LabReady } from "../../lab/stack/stack.ts";
import type { ConsoleView } from "../../worker/rules/views.ts";
import { labGuests, pause } from "../harness/portal.ts";
import type { LabGuest, Tenant } from "../harness/portal.ts";
import { labCall } from "../harness/lab-call.ts";
import type { Bench } from "./measure.ts";
import type { VncPorts } from "./vnc-server.ts";
import { vncStream } from "./vnc-stream.ts";
import type { VncStream } from "./vnc-stream.ts";

/**
 * The relay: asks the portal for a console and opens what it answers, as the browser does. `at` is where the Worker is
 * reached, the portal's own origin unless given.
 */
export async function throughPortal(tenant: Tenant, serviceId: string, at?: string): Promise<VncStream> {
  const { person } = tenant;
  const view = await person.ok<ConsoleView>("POST", tenant.at(`/services/${serviceId}/console`), {});
  const url = new URL(view.path, (at ?? person.origin).replace("http", "ws"));
  return vncStream(
    new WebSocket(url, ["binary"], {
      headers: { cookie: person.cookie },
      origin: person.origin,
      perMessageDeflate: false,
    }),
  );
}

/** The same screen without the portal: vncproxy and vncwebsocket with the provisioning token. */
export async function straight(lab: LabReady, guest: LabGuest): Promise<VncStream> {
  const path = `/nodes/${guest.node}/qemu/${guest.vmid}`;
  const ticket = await labCall<{ port: string; ticket: string }>(lab, "POST", `${path}/vncproxy`, { websocket: "1" });
  const url = new URL(`/api2/json${path}/vncwebsocket`, lab.pveUrl.replace("https", "wss"));
  url.search = new URLSearchParams({ port: String(ticket.port), vncticket: ticket.ticket }).toString();
  const headers = { authorization: `PVEAPIToken=${lab.provisioningToken}` };
  return vncStream(new WebSocket(url, ["binary"], { headers, ca: readFileSync(lab.caFile), perMessageDeflate: false }));
}

export type Websockify = Record<keyof VncPorts, () => Promise<VncStream>>;

/** Debian's websockify in front of the same synthetic upstream, on plain TCP: neither TLS nor tickets. */
export async function startWebsockify(bench: Bench, floodBytes: number): Promise<Websockify> {
  const ports = await startUpstream(bench, floodBytes);
  return { flood: await startOne(bench, ports.flood), echo: await startOne(bench, ports.echo) };
}

function startUpstream(bench: Bench, floodBytes: number): Promise<VncPorts> {
  return new Promise((resolve, reject) => {
    const args = [join(ROOT, "test/bench/vnc-server.ts"), String(floodBytes)];
    const server = startProcess({
      command: process.execPath,
      args,
      cwd: ROOT,
      onLine: (line) => line.startsWith("{") && resolve(JSON.parse(line) as VncPorts),
    });
    server.once("exit", () => reject(new Error("the synthetic upstream did not start")));
    bench.atEnd(() => endProcess(server, "SIGKILL", 1_000));
  });
}

async function startOne(bench: Bench, target: number): Promise<() => Promise<VncStream>> {
  const port = await freePort(0);
  const args = [`127.0.0.1:${port}`, `127.0.0.1:${target}`];
  const child = startProcess({ command: "websockify", args, cwd: ROOT, onLine: () => undefined });
  const absent = new Promise<never>((_, reject) =>
    child.once("error", () => reject(new Error("websockify is not installed"))),
  );
  bench.atEnd(() => endProcess(child, "SIGKILL", 1_000));
  const open = () => vncStream(new WebSocket(`ws://127.0.0.1:${port}/`, ["binary"], { perMessageDeflate: false }));
  for (let tries = 0; ; tries += 1) {
    const stream = await Promise.race([open(), absent]).catch((error: unknown) => {
      if (tries >= 50 || child.pid === undefined) throw error;
      return null;
    });
    stream?.socket.terminate();
    if (stream) return open;
    await pause(100);
  }
}

/** Makes the lab show something synthetic on a guest's screen; the portal's mark stays. */
export async function setScreen(lab: LabReady, serviceId: string, screen: string): Promise<LabGuest> {
  const mark = `nubemox:${serviceId}`;
  const guest = (await labGuests(lab.controlUrl)).find(({ description }) => description.split(/\s+/).includes(mark));
  if (!guest) throw new Error(`no guest of ${serviceId}`);
  await labCall(lab, "PUT", `/nodes/${guest.node}/qemu/${guest.vmid}/config`, { description: `${mark}\n${screen}\n` });
  return guest;
}
