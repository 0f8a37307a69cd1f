// A modal dialog on the native element: it traps focus, closes with Escape and gives the focus back.
import X from "lucide-solid/icons/x";
import { createEffect, createUniqueId, Show, type JSX, type ParentProps } from "solid-js";
import { t } from "../i18n/language.ts";
import { IconButton } from "./button.tsx";
import styles from "./dialog.module.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  wide?: boolean;
}

export function Dialog(props: ParentProps<DialogProps>) {
  const id = createUniqueId();
  let element!: HTMLDialogElement;
  createEffect(() => {
    if (props.open && !element.open) element.showModal();
    if (!props.open && element.open) element.close();
  });
  return (
    <dialog
      ref={(node) => (element = node)}
      class={`${styles.dialog} ${props.wide ? styles.wide : ""}`}
      aria-labelledby={id}
      onClose={() => props.onClose()}
      onMouseDown={(event) => {
        if (event.target === element) props.onClose();
      }}
    >
      <Show when={props.open}>
        <header class={styles.head}>
          <h2 id={id}>{props.title}</h2>
          <IconButton icon={X} label={t("action.close")} onClick={() => props.onClose()} />
        </header>
        {props.children}
      </Show>
    </dialog>
  );
}

/** The dialog's content and buttons, the latter always in view. */
export function DialogBody(props: ParentProps<{ actions: JSX.Element }>) {
  return (
    <>
      <div class={styles.body}>{props.children}</div>
      <footer class={styles.foot}>{props.actions}</footer>
    </>
  );
}
