// A terminal's two WebSockets joined in JavaScript, because the Worker has the first word; bounded both ways.

/** Output that the page has not yet said it has drawn; what comes beyond it is left out. In bytes. */
export const MOST_UNSEEN = 256 * 1_024;
/** Longest message of a page, and the most that it may send in a second; in bytes. */
const LONGEST_INPUT = 64 * 1_024;
const MOST_INPUT_PER_SECOND = 512 * 1_024;
/** How long the server may take to answer the ticket. */
const WELCOME_MS = 10_000;
const WELCOME = "OK";

/**
 * Sends the line that opens the terminal and answers the page's end of it. The page speaks the terminal's own protocol
 * (`0:<bytes>:<text>`, `1:<columns>:<rows>:`, `2`) and, of ours, `3:<bytes>:` for what it has drawn.
 */
export function pumpTerminal(far: WebSocket, line: string, signal: AbortSignal): WebSocket {
  const { 0: page, 1: near } = new WebSocketPair();
  const encoder = new TextEncoder();
  let isOpen = true;
  let isWelcome = false;
  let unseen = 0;
  let omitted = 0;
  const input = { since: Date.now(), bytes: 0 };

  const end = (code: number, reason: string) => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(patience);
    for (const socket of [far, near]) {
      try {
        socket.close(code, reason);
      } catch {
        // It is closed already.
      }
    }
  };
  const patience = setTimeout(() => end(1011, "no welcome"), WELCOME_MS);

  const show = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    if (unseen + bytes.length > MOST_UNSEEN) {
      omitted += bytes.length;
      return;
    }
    if (omitted > 0) {
      const note = encoder.encode(`\r\n[… ${omitted} bytes …]\r\n`);
      omitted = 0;
      unseen += note.length;
      near.send(note);
    }
    unseen += bytes.length;
    near.send(bytes);
  };

  far.binaryType = "arraybuffer";
  near.binaryType = "arraybuffer";
  far.addEventListener("message", ({ data }) => {
    if (!isOpen) return;
    const bytes = bytesOf(data);
    if (isWelcome) return show(bytes);
    if (new TextDecoder().decode(bytes.subarray(0, WELCOME.length)) !== WELCOME) return end(1011, "not welcome");
    isWelcome = true;
    clearTimeout(patience);
    show(bytes.subarray(WELCOME.length));
  });
  near.addEventListener("message", ({ data }) => {
    if (!isOpen) return;
    const bytes = bytesOf(data);
    const now = Date.now();
    if (now - input.since > 1_000) Object.assign(input, { since: now, bytes: 0 });
    input.bytes += bytes.length;
    if (bytes.length > LONGEST_INPUT || input.bytes > MOST_INPUT_PER_SECOND) return end(1009, "too much at once");
    const seen = bytes.length < 16 ? /^3:(\d{1,9}):$/.exec(new TextDecoder().decode(bytes)) : null;
    if (seen) unseen = Math.max(0, unseen - Number(seen[1]));
    else far.send(bytes);
  });
  far.addEventListener("close", () => end(1000, ""));
  far.addEventListener("error", () => end(1011, ""));
  near.addEventListener("close", () => end(1000, ""));
  near.addEventListener("error", () => end(1011, ""));
  signal.addEventListener("abort", () => end(1008, "cut"));

  far.accept();
  near.accept();
  far.send(encoder.encode(line));
  return page;
}

function bytesOf(data: unknown): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer);
}
