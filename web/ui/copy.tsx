// Text that a click copies: addresses, keys, command lines.
import Check from "lucide-solid/icons/check";
import Copy from "lucide-solid/icons/copy";
import { createSignal, Show } from "solid-js";
import { t } from "../i18n/language.ts";
import { showToast } from "./toast.tsx";
import styles from "./copy.module.css";

export function CopyText(props: { text: string; block?: boolean }) {
  const [copied, setCopied] = createSignal(false);
  async function copy() {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      showToast({ tone: "bad", text: t("copy.refused") });
    }
  }
  return (
    <button
      type="button"
      class={`${styles.copy} ${props.block ? styles.block : ""}`}
      title={t("copy.copy")}
      aria-label={`${t("copy.copy")}: ${props.text}`}
      onClick={copy}
    >
      <span class="mono">{props.text}</span>
      <Show when={copied()} fallback={<Copy size={14} aria-hidden="true" />}>
        <Check size={14} aria-hidden="true" class={styles.done} />
      </Show>
      <span class="visually-hidden" aria-live="polite">
        {copied() ? t("copy.copied") : ""}
      </span>
    </button>
  );
}
