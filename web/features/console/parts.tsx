// What the windows of screens and terminals share: how the connection stands, tools, and the way from one to the other.
import { A } from "@solidjs/router";
import { Match, Show, Switch, type JSX } from "solid-js";
import { t } from "../../i18n/language.ts";
import { Status } from "../../ui/status.tsx";
import { consolePath } from "./open.ts";
import styles from "./console.module.css";

/** A virtual machine has a screen and a serial line; a container has a terminal alone. */
export function ConsoleTabs(props: { kind: "vm" | "container" | undefined; tenant: string; service: string }) {
  return (
    <Show when={props.kind === "vm"}>
      <nav class={styles.tabs} aria-label={t("console.title")}>
        <A href={consolePath(props.tenant, props.service, "screen")} activeClass={styles.here} replace>
          {t("console.screen")}
        </A>
        <A href={consolePath(props.tenant, props.service, "terminal")} activeClass={styles.here} replace>
          {t("console.serial")}
        </A>
      </nav>
    </Show>
  );
}

export function ConsoleState(props: { state: "connecting" | "connected" | "closed" }) {
  return (
    <Switch>
      <Match when={props.state === "connecting"}>
        <Status shape="turn" tone="busy" word={t("console.state.connecting")} />
      </Match>
      <Match when={props.state === "connected"}>
        <Status shape="disc" tone="good" word={t("console.state.connected")} />
      </Match>
      <Match when={props.state === "closed"}>
        <Status shape="triangle" tone="bad" word={t("console.state.closed")} />
      </Match>
    </Switch>
  );
}

export function Tool(props: {
  label: string;
  disabled?: boolean;
  pressed?: boolean;
  onClick: () => void;
  children: JSX.Element;
}) {
  return (
    <button
      type="button"
      class={styles.tool}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={() => props.onClick()}
    >
      {props.children}
    </button>
  );
}
