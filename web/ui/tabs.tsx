// Parts of one page that each have an address of their own: links in a row, which scroll sideways where they do not fit.
import { A, useLocation } from "@solidjs/router";
import { createEffect, For, on } from "solid-js";
import styles from "./tabs.module.css";

export interface Tab {
  label: string;
  href: string;
}

export function Tabs(props: { label: string; tabs: readonly Tab[] }) {
  const location = useLocation();
  let list!: HTMLElement;
  // The part that is on show is in sight, also where one came to it by a link from elsewhere.
  createEffect(
    on(
      () => location.pathname,
      () => requestAnimationFrame(() => bringIntoSight(list)),
    ),
  );
  return (
    <nav ref={(node) => (list = node)} class={styles.tabs} aria-label={props.label}>
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

/** Moves the row alone, never the page. */
function bringIntoSight(list: HTMLElement) {
  const current = list.querySelector<HTMLElement>("[aria-current=page]");
  if (current) list.scrollLeft = current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
}
