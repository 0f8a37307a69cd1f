// A terminal on a guest's console for tests: termproxy's login line and messages inside WebSocket frames.
import { PassThrough } from "node:stream";
import { Transcript } from "./guests/transcript.ts";
import { masked, type LabClient } from "./test-client.ts";

export interface TestTerminal {
  printed: Transcript;
  type(text: string): void;
  close(): void;
}

/** Opens termproxy and its WebSocket, and logs in to the proxy, not to the guest. */
export async function openTestTerminal(
  client: LabClient,
  vmid: number,
  kind: "qemu" | "lxc" = "qemu",
): Promise<TestTerminal> {
  const { data } = await client.call("POST", `/nodes/pve1/${kind}/${vmid}/termproxy`);
  const ticket = data as { user: string; ticket: string; port: string };
  const { socket, status, received } = await client.openConsole(vmid, ticket, undefined, kind);
  if (socket === null) throw new Error(`no console: ${status}`);
  const output = new PassThrough();
  const printed = new Transcript(output);
  let used = 0;
  const take = (): void => {
    const { payload, length } = unframed(received().subarray(used));
    used += length;
    if (payload.length > 0) output.write(payload);
  };
  socket.on("data", take);
  const send = (text: string): void => {
    socket.write(masked(Buffer.from(text)));
  };
  send(`${ticket.user}:${ticket.ticket}\n`);
  take();
  await printed.until("OK", 5_000);
  return {
    printed,
    type: (text) => send(`0:${Buffer.byteLength(text)}:${text}`),
    close: () => socket.destroy(),
  };
}

/** Payload of the whole frames at the start of the bytes, and the length of these. */
function unframed(bytes: Buffer): { payload: Buffer; length: number } {
  const payloads: Buffer[] = [];
  let length = 0;
  for (;;) {
    const rest = bytes.subarray(length);
    const short = (rest[1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < header) break;
    const size = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < header + size) break;
    if (((rest[0] ?? 0) & 0x0f) < 8) payloads.push(rest.subarray(header, header + size));
    length += header + size;
  }
  return { payload: Buffer.concat(payloads), length };
}
