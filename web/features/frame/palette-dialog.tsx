// The palette's window. It stands outside of what is loaded late: a modal dialog that is taken out of the page and put back is none.
import { createEffect, lazy, Show, Suspense } from "solid-js";
import { t } from "../../i18n/language.ts";
import styles from "./palette.module.css";

const Palette = lazy(() => import("./palette.tsx"));

export function PaletteDialog(props: { open: boolean; onClose: () => void }) {
  let dialog!: HTMLDialogElement;
  createEffect(() => {
    if (props.open && !dialog.open) dialog.showModal();
    else if (!props.open && dialog.open) dialog.close();
  });
  return (
    <dialog
      ref={dialog}
      class={styles.palette}
      aria-label={t("palette.title")}
      onClose={() => props.onClose()}
      onMouseDown={(event) => {
        if (event.target === dialog) props.onClose();
      }}
    >
      <Show when={props.open}>
        <Suspense>
          <Palette onClose={props.onClose} />
        </Suspense>
      </Show>
    </dialog>
  );
}
