// The connection of one console: asks for its one-use address, runs noVNC on it, and tells how it stands.
import RFB from "@novnc/novnc";
import { createSignal, onCleanup } from "solid-js";
import type { Problem } from "../../../worker/rules/views.ts";
import { api, problemOf, socketUrl } from "../../api.ts";

export type ScreenState = "connecting" | "connected" | "closed";

/** A console on an element. `connect` may be called again after it was closed. */
export function createScreen(target: () => HTMLElement, tenant: string, service: string) {
  const [state, setState] = createSignal<ScreenState>("connecting");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [scaled, setScaled] = createSignal(true);
  const [rfb, setRfb] = createSignal<RFB | null>(null);
  let generation = 0;

  async function connect() {
    const mine = ++generation;
    rfb()?.disconnect();
    setRfb(null);
    setProblem(null);
    setState("connecting");
    try {
      const { path, password } = await api.console(tenant, service, "screen");
      if (mine !== generation) return;
      open(mine, socketUrl(path), password);
    } catch (thrown) {
      if (mine !== generation) return;
      setProblem(problemOf(thrown));
      setState("closed");
    }
  }

  function open(mine: number, url: string, password: string) {
    const screen = new RFB(target(), url, { credentials: { password }, wsProtocols: ["binary"] });
    screen.background = "transparent";
    screen.scaleViewport = scaled();
    screen.clipViewport = !scaled();
    screen.dragViewport = false;
    screen.addEventListener("connect", () => {
      if (mine !== generation) return;
      setState("connected");
      screen.focus({ preventScroll: true });
    });
    screen.addEventListener("disconnect", () => {
      if (mine !== generation) return;
      setRfb(null);
      setState("closed");
      void explain(mine);
    });
    setRfb(screen);
  }

  /** A connection that was cut on purpose says why: the organisation may have been suspended meanwhile. */
  async function explain(mine: number) {
    const me = await api.me().catch(() => null);
    if (mine !== generation || state() !== "closed" || !me) return;
    const here = me.tenants.find((candidate) => candidate.id === tenant);
    if (here?.open !== false) return;
    setProblem({ type: "about:blank", title: "", status: 403, code: "tenant_suspended", requestId: "" });
  }

  function scale(wanted: boolean) {
    setScaled(wanted);
    const screen = rfb();
    if (!screen) return;
    screen.scaleViewport = wanted;
    screen.clipViewport = !wanted;
  }

  onCleanup(() => {
    generation += 1;
    rfb()?.disconnect();
  });

  return { state, problem, scaled, scale, connect, rfb };
}
