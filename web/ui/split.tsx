// Two columns: what is chosen or filled in, and beside it what comes of it, in view all the while; beneath where it is narrow.
import type { JSX, ParentProps } from "solid-js";
import styles from "./split.module.css";

/** Around a {@link Main} and an {@link Aside}. */
export function Split(props: ParentProps) {
  return <div class={styles.split}>{props.children}</div>;
}

/** The wide column; `loose` where it is one of sections. */
export function Main(props: ParentProps<{ loose?: boolean }>) {
  return <div class={`${styles.main} ${props.loose ? styles.loose : ""}`}>{props.children}</div>;
}

/** The card beside. */
export function Aside(props: ParentProps<JSX.HTMLAttributes<HTMLElement>>) {
  return <aside {...props} class={`card ${styles.aside}`} />;
}
