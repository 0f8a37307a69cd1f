// The giver's own quota as it would be after a change below, drawn while one types, by the arithmetic of the Worker.
import { For, Show } from "solid-js";
import { previewCarve } from "../../../worker/rules/quota.ts";
import type { ChildQuotaRow, Limits, Modes } from "../../../worker/rules/views-tree.ts";
import type { QuotaView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { QuotaMeters } from "../../ui/meter.tsx";
import styles from "./limits.module.css";

interface Props {
  quota: QuotaView["resources"];
  carve: { limits: Limits; modes?: Modes };
  /** What the child has now; none for a new one. */
  before: readonly ChildQuotaRow[];
}

export function CarveEffect(props: Props) {
  const preview = () => previewCarve(props.quota, props.before, props.carve);
  /** What stays as it is says nothing. */
  const rows = () =>
    preview().resources.filter((row) => {
      const used = props.quota.find((candidate) => candidate.resource === row.resource)?.used ?? 0;
      return !row.fits || row.used + row.asked !== used;
    });
  const low = () => rows().filter((row) => row.mode === "carve" && row.asked < row.least);
  return (
    <Show when={rows().length > 0}>
      <section class={styles.effect} aria-label={t("limits.yours")} data-fits={preview().allowed}>
        <h3>{t("limits.yours")}</h3>
        <QuotaMeters
          rows={rows().map((row) => ({
            resource: row.resource,
            limit: row.limit,
            used: row.used,
            own: true,
            mode: "carve" as const,
          }))}
          asked={Object.fromEntries(rows().map((row) => [row.resource, row.asked]))}
          only={rows().map((row) => row.resource)}
        />
        <Show when={low().length > 0}>
          <div class={styles.low} role="status">
            <ul>
              <For each={low()}>
                {(row) => (
                  <li>
                    {t("limits.tooLow", {
                      resource: resourceName(row.resource),
                      used: amount(row.resource, row.least),
                    })}
                  </li>
                )}
              </For>
            </ul>
          </div>
        </Show>
      </section>
    </Show>
  );
}
