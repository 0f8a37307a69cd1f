// The giver's own quota as it would be after a change below, drawn while one types.
import { Show } from "solid-js";
import type { QuotaView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { QuotaMeters } from "../../ui/meter.tsx";
import { previewCarve, type ChildRow, type TypedLimits, type TypedModes } from "./carve.ts";
import styles from "./limits.module.css";

interface Props {
  quota: QuotaView["resources"];
  typed: TypedLimits;
  modes: TypedModes;
  before: readonly ChildRow[];
  title?: string;
}

export function CarveEffect(props: Props) {
  const rows = () => previewCarve(props.quota, props.typed, props.modes, props.before);
  const title = () => props.title ?? t("limits.yours");
  return (
    <Show when={rows().length > 0}>
      <section class={styles.effect} aria-label={title()} data-fits={rows().every((row) => row.fits)}>
        <h3>{title()}</h3>
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
      </section>
    </Show>
  );
}
