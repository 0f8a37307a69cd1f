// The front as it will look, in light and in dark.
import { createEffect, For } from "solid-js";
import { OWN_HUE } from "../../brand/accent.ts";
import { paintAccent } from "../../brand/front.ts";
import { t } from "../../i18n/language.ts";
import { LogoMark } from "../../ui/logo.tsx";
import styles from "./storefront.module.css";

export function FrontPreview(props: { name: string; logo: string | null; hue: number | null }) {
  return (
    <div class={styles.previews} role="img" aria-label={t("storefront.preview")}>
      <For each={["light", "dark"] as const}>
        {(scheme) => {
          let element!: HTMLDivElement;
          createEffect(() => paintAccent(element, props.hue ?? OWN_HUE));
          return (
            <div
              ref={(node) => (element = node)}
              class={styles.preview}
              data-accent
              data-scheme={scheme}
              aria-hidden="true"
            >
              <div class={styles.previewBrand}>
                <LogoMark logo={props.logo} size={28} />
                <b>{props.name}</b>
              </div>
              <span class={styles.previewPlace}>{t("nav.overview")}</span>
              <span class={styles.previewLink}>{t("signIn.noAccount")}</span>
              <span class={styles.previewButton}>{t("signIn.submit")}</span>
            </div>
          );
        }}
      </For>
    </div>
  );
}
