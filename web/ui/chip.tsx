// Small marks beside a name: tags, and words that ask for attention.
import { For, Show, type ParentProps } from "solid-js";
import styles from "./chip.module.css";

export function Chip(props: ParentProps<{ tone?: "warn" | "bad" }>) {
  return <span class={`${styles.chip} ${props.tone ? styles[props.tone] : ""}`}>{props.children}</span>;
}

/** Nothing where there are none. */
export function Tags(props: { tags: readonly string[] }) {
  return (
    <Show when={props.tags.length > 0}>
      <span class={styles.tags}>
        <For each={props.tags}>{(tag) => <Chip>{tag}</Chip>}</For>
      </span>
    </Show>
  );
}
