// The terminal of a service in a window of its own: a container's shell, or the serial line of a virtual machine.
import { useParams } from "@solidjs/router";
import ClipboardType from "lucide-solid/icons/clipboard-type";
import RotateCw from "lucide-solid/icons/rotate-cw";
import { createEffect, For, Match, onMount, Show, Switch } from "solid-js";
import { t } from "../../i18n/language.ts";
import { useService } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { ConsoleState, ConsoleTabs, Tool } from "./parts.tsx";
import { createTerminal } from "./terminal.ts";
import styles from "./console.module.css";

/** Keys that a soft keyboard has not. */
const KEYS = [
  ["Esc", "\u001b"],
  ["Tab", "\t"],
  ["Ctrl+C", "\u0003"],
  ["Ctrl+D", "\u0004"],
  ["↑", "\u001b[A"],
  ["↓", "\u001b[B"],
] as const;

export default function TerminalPage() {
  const params = useParams<{ tenant: string; service: string }>();
  const service = useService(
    () => params.tenant,
    () => params.service,
  );
  let target!: HTMLDivElement;
  const terminal = createTerminal(() => target, params.tenant, params.service);
  const name = () => service.data?.service.name ?? t("console.title");

  createEffect(() => {
    document.title = name();
  });
  onMount(() => {
    terminal.show();
    void terminal.connect();
  });

  const connected = () => terminal.state() === "connected";
  const paste = async () => {
    const text = await navigator.clipboard.readText().catch(() => "");
    if (text !== "") terminal.paste(text);
    terminal.focus();
  };

  return (
    <main class={`${styles.console} ${styles.terminal}`} data-console-state={terminal.state()}>
      <header class={styles.bar}>
        <h1>{name()}</h1>
        <ConsoleState state={terminal.state()} />
        <ConsoleTabs kind={service.data?.service.kind} tenant={params.tenant} service={params.service} />
        <div class={styles.tools}>
          <Tool label={t("console.paste")} disabled={!connected()} onClick={() => void paste()}>
            <ClipboardType size={18} aria-hidden="true" />
          </Tool>
          <Tool label={t("console.reconnect")} onClick={() => void terminal.connect()}>
            <RotateCw size={18} aria-hidden="true" />
          </Tool>
        </div>
      </header>
      <div class={styles.stage}>
        <div ref={(node) => (target = node)} class={styles.text} />
        <Switch>
          <Match when={terminal.state() === "connecting"}>
            <div class={styles.cover} role="status">
              <p>{t("console.connecting")}</p>
            </div>
          </Match>
          <Match when={terminal.state() === "closed"}>
            <div class={styles.cover}>
              <div class={styles.lost} role="alert">
                <h2>{t("console.lost")}</h2>
                <Show when={terminal.problem()} fallback={<p>{t("console.lostText")}</p>}>
                  <ProblemNote problem={terminal.problem()} />
                </Show>
                <Button variant="primary" icon={RotateCw} onClick={() => void terminal.connect()}>
                  {t("console.reconnect")}
                </Button>
              </div>
            </div>
          </Match>
        </Switch>
      </div>
      <footer class={styles.foot}>
        <div class={styles.softKeys}>
          <For each={KEYS}>
            {([label, text]) => (
              <Tool
                label={label}
                disabled={!connected()}
                onClick={() => {
                  terminal.type(text);
                  terminal.focus();
                }}
              >
                <span class={styles.keys}>{label}</span>
              </Tool>
            )}
          </For>
        </div>
        <p class={styles.hint}>{t("console.sharedHint")}</p>
      </footer>
    </main>
  );
}
