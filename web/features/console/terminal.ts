// The connection of one terminal: asks for its one-use address, runs xterm.js on it, and tells how it stands.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { createSignal, onCleanup } from "solid-js";
import type { Problem } from "../../../worker/rules/views.ts";
import { api, problemOf, socketUrl } from "../../api.ts";
import { inputFrames } from "./frames.ts";
import type { ScreenState } from "./screen.ts";
import { quietDocument } from "./xterm-document.ts";

/** The listener on the other side gives up on those that say nothing for long. */
const PING_MS = 30_000;
/** How much may be drawn before it is acknowledged, in bytes. */
const ACKNOWLEDGE_AT = 16 * 1_024;
/** A paste goes in parts, which the Worker and a serial line keep up with. */
const PART_MS = 50;

/** A terminal in an element. `connect` may be called again after it was closed; what was printed stays. */
export function createTerminal(target: () => HTMLElement, tenant: string, service: string) {
  const [state, setState] = createSignal<ScreenState>("connecting");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const quiet = quietDocument();
  const terminal = new Terminal({
    documentOverride: quiet.document,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
    fontSize: 14,
    scrollback: 5_000,
    screenReaderMode: true,
    theme: { background: "#0d0f14", foreground: "#e3e5ea" },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  let socket: WebSocket | null = null;
  let generation = 0;
  const waiting: string[] = [];
  let sending: ReturnType<typeof setTimeout> | undefined;

  const send = (frame: string) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(frame);
  };
  const drain = () => {
    const frame = waiting.shift();
    if (frame !== undefined) send(frame);
    sending = waiting.length > 0 ? setTimeout(drain, PART_MS) : undefined;
  };
  const type = (text: string) => {
    waiting.push(...inputFrames(text));
    if (sending === undefined) drain();
  };
  terminal.onData(type);
  terminal.onResize(({ cols, rows }) => send(`1:${cols}:${rows}:`));
  const ping = setInterval(() => send("2"), PING_MS);
  const resized = new ResizeObserver(() => fit.fit());

  function show() {
    quiet.while(() => terminal.open(target()));
    resized.observe(target());
    fit.fit();
  }

  async function connect() {
    const mine = ++generation;
    socket?.close();
    waiting.length = 0;
    setProblem(null);
    setState("connecting");
    try {
      const { path } = await api.console(tenant, service, "terminal");
      if (mine === generation) listen(mine, new WebSocket(socketUrl(path)));
    } catch (thrown) {
      if (mine !== generation) return;
      setProblem(problemOf(thrown));
      setState("closed");
    }
  }

  function listen(mine: number, opened: WebSocket) {
    socket = opened;
    opened.binaryType = "arraybuffer";
    let drawn = 0;
    opened.addEventListener("open", () => {
      if (mine !== generation) return opened.close();
      setState("connected");
      fit.fit();
      send(`1:${terminal.cols}:${terminal.rows}:`);
      terminal.focus();
    });
    opened.addEventListener("message", ({ data }) => {
      if (mine !== generation) return;
      const bytes = new Uint8Array(data as ArrayBuffer);
      terminal.write(bytes, () => {
        drawn += bytes.length;
        if (drawn < ACKNOWLEDGE_AT || mine !== generation) return;
        send(`3:${drawn}:`);
        drawn = 0;
      });
    });
    opened.addEventListener("close", () => {
      if (mine === generation) setState("closed");
    });
  }

  onCleanup(() => {
    generation += 1;
    clearInterval(ping);
    clearTimeout(sending);
    resized.disconnect();
    socket?.close();
    terminal.dispose();
    quiet.end();
  });

  return {
    state,
    problem,
    show,
    connect,
    type,
    paste: (text: string) => terminal.paste(text),
    focus: () => terminal.focus(),
  };
}
