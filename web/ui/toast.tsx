// Short messages in the corner: the end of an operation, a copied address, a refused action.
import { A } from "@solidjs/router";
import X from "lucide-solid/icons/x";
import { createSignal, For, Show } from "solid-js";
import { t } from "../i18n/language.ts";
import { Button, IconButton } from "./button.tsx";
import { Mark } from "./status.tsx";
import styles from "./toast.module.css";

export interface Toast {
  tone: "good" | "bad" | "plain";
  text: string;
  detail?: string;
  /** Where a click on the text leads. */
  href?: string | undefined;
  /** What can be done about it there and then. */
  action?: { label: string; onSelect: () => void } | undefined;
}

const [toasts, setToasts] = createSignal<(Toast & { id: number })[]>([]);
let lastId = 0;

// Long enough to read two lines; failures stay longer, because they ask for something.
const SHOWN_MS = { good: 6_000, plain: 4_000, bad: 12_000 };

export function showToast(toast: Toast): void {
  const id = ++lastId;
  setToasts((all) => [...all.slice(-3), { ...toast, id }]);
  setTimeout(() => dismiss(id), SHOWN_MS[toast.tone]);
}

function dismiss(id: number): void {
  setToasts((all) => all.filter((toast) => toast.id !== id));
}

export function Toasts() {
  return (
    <div class={styles.region} role="status" aria-live="polite">
      <For each={toasts()}>
        {(toast) => (
          <div class={`${styles.toast} ${styles[toast.tone]}`} data-toast={toast.tone}>
            <span class={styles.mark}>
              <Mark shape={toast.tone === "bad" ? "triangle" : "tick"} />
            </span>
            <div class={styles.text}>
              <Show when={toast.href} fallback={<strong>{toast.text}</strong>}>
                {(href) => (
                  <A href={href()} onClick={() => dismiss(toast.id)}>
                    {toast.text}
                  </A>
                )}
              </Show>
              <Show when={toast.detail}>
                <p>{toast.detail}</p>
              </Show>
              <Show when={toast.action}>
                {(action) => (
                  <div class={styles.action}>
                    <Button
                      small
                      onClick={() => {
                        dismiss(toast.id);
                        action().onSelect();
                      }}
                    >
                      {action().label}
                    </Button>
                  </div>
                )}
              </Show>
            </div>
            <IconButton icon={X} label={t("action.dismiss")} onClick={() => dismiss(toast.id)} />
          </div>
        )}
      </For>
    </div>
  );
}
