// The console of a service in a window of its own: the screen, a thin toolbar, and a clear way back when it is lost.
import { useParams } from "@solidjs/router";
import ClipboardType from "lucide-solid/icons/clipboard-type";
import Keyboard from "lucide-solid/icons/keyboard";
import Maximize from "lucide-solid/icons/maximize";
import Minimize from "lucide-solid/icons/minimize";
import RotateCw from "lucide-solid/icons/rotate-cw";
import Scaling from "lucide-solid/icons/scaling";
import { createEffect, createSignal, Match, onCleanup, onMount, Show, Switch } from "solid-js";
import { t } from "../../i18n/language.ts";
import { useService } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { ConsoleState, ConsoleTabs, Tool } from "./parts.tsx";
import { PasteDialog } from "./paste-dialog.tsx";
import { createScreen } from "./screen.ts";
import { SoftKeyboard } from "./soft-keyboard.tsx";
import styles from "./console.module.css";

export default function Console() {
  const params = useParams<{ tenant: string; service: string }>();
  const service = useService(
    () => params.tenant,
    () => params.service,
  );
  const [pasting, setPasting] = createSignal(false);
  const [typing, setTyping] = createSignal(false);
  const [full, setFull] = createSignal(false);
  let target!: HTMLDivElement;
  const screen = createScreen(() => target, params.tenant, params.service);
  const name = () => service.data?.service.name ?? t("console.title");

  createEffect(() => {
    document.title = name();
  });
  const onFull = () => setFull(document.fullscreenElement !== null);
  onMount(() => {
    void screen.connect();
    document.addEventListener("fullscreenchange", onFull);
    onCleanup(() => document.removeEventListener("fullscreenchange", onFull));
  });

  const connected = () => screen.state() === "connected";
  const toggleFull = () =>
    (full() ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);

  return (
    <main class={styles.console} data-console-state={screen.state()}>
      <header class={styles.bar}>
        <h1>{name()}</h1>
        <ConsoleState state={screen.state()} />
        <ConsoleTabs kind={service.data?.service.kind} tenant={params.tenant} service={params.service} />
        <div class={styles.tools}>
          <Tool label={t("console.ctrlAltDel")} disabled={!connected()} onClick={() => screen.rfb()?.sendCtrlAltDel()}>
            <span class={styles.keys}>Ctrl+Alt+Del</span>
          </Tool>
          <Tool label={t("console.paste")} disabled={!connected()} onClick={() => setPasting(true)}>
            <ClipboardType size={18} aria-hidden="true" />
          </Tool>
          <span class={styles.touch}>
            <Tool
              label={t("console.keyboard")}
              disabled={!connected()}
              pressed={typing()}
              onClick={() => setTyping(!typing())}
            >
              <Keyboard size={18} aria-hidden="true" />
            </Tool>
          </span>
          <Tool label={t("console.scale")} pressed={screen.scaled()} onClick={() => screen.scale(!screen.scaled())}>
            <Scaling size={18} aria-hidden="true" />
          </Tool>
          <Tool label={t("console.fullScreen")} pressed={full()} onClick={toggleFull}>
            {full() ? <Minimize size={18} aria-hidden="true" /> : <Maximize size={18} aria-hidden="true" />}
          </Tool>
          <Tool label={t("console.reconnect")} onClick={() => void screen.connect()}>
            <RotateCw size={18} aria-hidden="true" />
          </Tool>
        </div>
      </header>
      <div class={styles.stage}>
        <div ref={(node) => (target = node)} class={styles.screen} data-scaled={screen.scaled()} />
        <Switch>
          <Match when={screen.state() === "connecting"}>
            <div class={styles.cover} role="status">
              <p>{t("console.connecting")}</p>
            </div>
          </Match>
          <Match when={screen.state() === "closed"}>
            <div class={styles.cover}>
              <div class={styles.lost} role="alert">
                <h2>{t("console.lost")}</h2>
                <Show when={screen.problem()} fallback={<p>{t("console.lostText")}</p>}>
                  <ProblemNote problem={screen.problem()} />
                </Show>
                <Button variant="primary" icon={RotateCw} onClick={() => void screen.connect()}>
                  {t("console.reconnect")}
                </Button>
              </div>
            </div>
          </Match>
        </Switch>
      </div>
      <Show when={typing() && screen.rfb()}>
        {(sink) => <SoftKeyboard sink={sink()} onClose={() => setTyping(false)} />}
      </Show>
      <PasteDialog
        open={pasting()}
        sink={screen.rfb()}
        onClose={() => setPasting(false)}
        onDone={() => screen.rfb()?.focus()}
      />
    </main>
  );
}
