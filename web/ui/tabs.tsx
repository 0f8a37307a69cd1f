// Parts of one page that each have an address of their own: links in a row, which scroll sideways where they do not fit.
import { A } from "@solidjs/router";
import { For } from "solid-js";
import styles from "./tabs.module.css";

export interface Tab {
  label: string;
  href: string;
}

export function Tabs(props: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav class={styles.tabs} aria-label={props.label}>
      <For each={props.tabs}>
        {(tab) => (
          <A href={tab.href} class={styles.tab} end noScroll>
            {tab.label}
          </A>
        )}
      </For>
    </nav>
  );
}
