// The plain page around everything that is done before one is signed in.
import { createEffect, Show, type JSX, type ParentProps } from "solid-js";
import { chooseLanguage, locale, LOCALE_NAMES, LOCALES } from "../../i18n/language.ts";
import { brand } from "../../brand/front.ts";
import { BrandMark } from "../../ui/logo.tsx";
import styles from "./account.module.css";

export function AccountPage(props: ParentProps<{ title: string; lead?: string; foot?: JSX.Element }>) {
  createEffect(() => {
    document.title = `${props.title} · ${brand().name}`;
  });
  return (
    <div class={styles.page}>
      <main class={styles.box}>
        <div class={styles.brand}>
          <BrandMark size={32} />
          <span>{brand().name}</span>
        </div>
        <h1>{props.title}</h1>
        <Show when={props.lead}>
          <p class={styles.lead}>{props.lead}</p>
        </Show>
        {props.children}
        <Show when={props.foot}>
          <div class={styles.foot}>{props.foot}</div>
        </Show>
      </main>
      <nav class={styles.languages}>
        {LOCALES.map((choice) => (
          <button
            type="button"
            lang={choice}
            aria-pressed={locale() === choice}
            onClick={() => void chooseLanguage(choice)}
          >
            {LOCALE_NAMES[choice]}
          </button>
        ))}
      </nav>
    </div>
  );
}
