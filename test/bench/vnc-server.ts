// The lab's synthetic VNC upstream on plain TCP, in a process of its own: what websockify is put in front of.
// `node vnc-server.ts <bytes>` prints its ports as one line of JSON and serves until it is ended.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { openSyntheticVnc } from "../../lab/synthetic-vnc.ts";
import type { SyntheticMode } from "../../lab/synthetic-vnc.ts";

export interface VncPorts {
  flood: number;
  echo: number;
}

const listen = (mode: SyntheticMode) => createServer({ noDelay: true }, (socket) => serve(mode, socket));
const ports: VncPorts = {
  flood: await portOf(listen({ kind: "flood", bytes: Number(process.argv[2]) })),
  echo: await portOf(listen({ kind: "echo" })),
};
process.stdout.write(`${JSON.stringify(ports)}\n`);

function serve(mode: SyntheticMode, socket: Socket): void {
  const upstream = openSyntheticVnc(mode);
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  socket.on("error", end).on("close", end);
  upstream.on("error", end);
  socket.pipe(upstream).pipe(socket);
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}
