// The lab's synthetic VNC upstream on plain TCP, in a process of its own: what websockify is put in front of.
// `node vnc-server.ts <bytes>` prints {"flood":port,"echo":port} and serves until it is ended.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { openSyntheticVnc } from "../../lab/synthetic-vnc.ts";
import type { SyntheticMode } from "../../lab/synthetic-vnc.ts";

const bytes = Number(process.argv[2]);
const [flood, echo] = await Promise.all([serve({ kind: "flood", bytes }), serve({ kind: "echo" })]);
process.stdout.write(`${JSON.stringify({ flood, echo })}\n`);

function serve(mode: SyntheticMode): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    const upstream = openSyntheticVnc(mode);
    const end = (): void => {
      socket.destroy();
      upstream.destroy();
    };
    socket.on("error", end).on("close", end);
    upstream.on("error", end);
    socket.pipe(upstream).pipe(socket);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}
