// The head of every page (breadcrumb, title, primary action on one line) and the small furniture of its content.
import { A } from "@solidjs/router";
import { createEffect, For, Show, type JSX, type ParentProps } from "solid-js";
import { brand } from "../brand/front.ts";
import styles from "./page.module.css";

export interface Crumb {
  label: string;
  href: string;
}

/** A page: sets the window's title too. */
export function Page(
  props: ParentProps<{ title: string; crumbs?: Crumb[]; aside?: JSX.Element; actions?: JSX.Element; narrow?: boolean }>,
) {
  createEffect(() => {
    document.title = `${props.title} · ${brand().name}`;
  });
  return (
    <div class={`${styles.page} ${props.narrow ? styles.narrow : ""}`}>
      <header class={styles.head}>
        <div class={styles.where}>
          <Show when={props.crumbs?.length}>
            <nav class={styles.crumbs}>
              <For each={props.crumbs}>
                {(crumb) => (
                  <>
                    <A href={crumb.href} end>
                      {crumb.label}
                    </A>
                    <span aria-hidden="true">/</span>
                  </>
                )}
              </For>
            </nav>
          </Show>
          <h1 tabIndex={-1}>{props.title}</h1>
          {props.aside}
        </div>
        <Show when={props.actions}>
          <div class={styles.actions}>{props.actions}</div>
        </Show>
      </header>
      {props.children}
    </div>
  );
}

/** A titled block on a card. */
export function Section(props: ParentProps<{ title: string; aside?: JSX.Element; flush?: boolean }>) {
  return (
    <section class={`card ${styles.section}`}>
      <header class={styles.sectionHead}>
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      <div class={props.flush ? "" : styles.sectionBody}>{props.children}</div>
    </section>
  );
}

/** What to do next, where there is nothing to show yet. */
export function Empty(props: { title: string; text: string; action?: JSX.Element; icon?: JSX.Element }) {
  return (
    <div class={styles.empty}>
      <Show when={props.icon}>
        <div class={styles.emptyIcon}>{props.icon}</div>
      </Show>
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      <Show when={props.action}>
        <div class={styles.emptyAction}>{props.action}</div>
      </Show>
    </div>
  );
}

/** Grey bars in place of what is loading. */
export function Skeleton(props: { rows?: number; tall?: boolean }) {
  return (
    <div class={styles.skeleton} data-skeleton aria-hidden="true">
      <For each={Array.from({ length: props.rows ?? 3 })}>
        {() => <div class={`${styles.bone} ${props.tall ? styles.tallBone : ""}`} />}
      </For>
    </div>
  );
}
