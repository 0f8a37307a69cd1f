// What something would take of the quota: meters, and where it does not fit what is missing in figures, with the way on.
import { For, Show } from "solid-js";
import type { QuotaPreview, QuotaView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { QuotaMeters } from "../../ui/meter.tsx";
import styles from "./effect.module.css";
import AskRemedy from "./remedy.tsx";

export function QuotaEffect(props: { quota: QuotaView["resources"]; preview: QuotaPreview }) {
  const asked = () => Object.fromEntries(props.preview.resources.map((row) => [row.resource, row.asked]));
  return (
    <div class={styles.effect} data-allowed={props.preview.allowed}>
      <QuotaMeters rows={props.quota} asked={asked()} only={props.preview.resources.map((row) => row.resource)} />
      <QuotaRefusal preview={props.preview} />
    </div>
  );
}

/** Nothing where all of it fits. */
export function QuotaRefusal(props: { preview: QuotaPreview }) {
  return (
    <Show when={!props.preview.allowed}>
      <div class={styles.refusal} role="status">
        <b>{t("quota.doesNotFit")}</b>
        <ul>
          <For each={props.preview.resources.filter((row) => !row.fits)}>
            {(row) => (
              <li>
                {t(row.own ? "quota.refused" : "quota.refusedShared", {
                  resource: resourceName(row.resource),
                  asked: amount(row.resource, row.asked),
                  left: amount(row.resource, row.left),
                  limit: amount(row.resource, row.limit),
                })}
              </li>
            )}
          </For>
        </ul>
        <AskRemedy rows={props.preview.resources} />
      </div>
    </Show>
  );
}
