// Meters of a quota: what is used, what is about to be added, and what is left, as a bar and in figures.
import { For, Show } from "solid-js";
import type { QuotaView, Resource } from "../../worker/rules/views.ts";
import { t } from "../i18n/language.ts";
import { amount, resourceName } from "../i18n/words.ts";
import styles from "./meter.module.css";

interface MeterProps {
  resource: Resource;
  used: number;
  limit: number;
  /** What a change would add to `used`. */
  asked?: number;
  /** False where the limit is shared with others. */
  own?: boolean;
}

export function QuotaMeter(props: MeterProps) {
  const asked = () => props.asked ?? 0;
  const left = () => props.limit - props.used - asked();
  const share = (value: number) =>
    `${props.limit > 0 ? Math.min(100, (100 * value) / props.limit) : value > 0 ? 100 : 0}%`;
  const level = () => (left() < 0 ? "over" : props.limit > 0 && left() / props.limit < 0.1 ? "tight" : "fine");
  const words = () =>
    left() < 0
      ? t("quota.over", { amount: amount(props.resource, -left()) })
      : t("quota.left", { amount: amount(props.resource, left()) });
  return (
    <div
      class={styles.meter}
      data-resource={props.resource}
      data-used={props.used}
      data-limit={props.limit}
      data-asked={props.asked}
      data-level={level()}
    >
      <div class={styles.line}>
        <span class={styles.name}>
          {resourceName(props.resource)}
          <Show when={props.own === false}>
            <span class={styles.shared}>{t("quota.shared")}</span>
          </Show>
        </span>
        <span class="figures">
          <b>{amount(props.resource, props.used)}</b>
          <Show when={asked() > 0}>
            <b class={styles.plus}> + {amount(props.resource, asked())}</b>
          </Show>
          <span class={styles.limit}> / {amount(props.resource, props.limit)}</span>
        </span>
      </div>
      <div
        class={styles.track}
        role="meter"
        aria-label={resourceName(props.resource)}
        aria-valuemin={0}
        aria-valuemax={props.limit}
        aria-valuenow={Math.min(props.limit, props.used + asked())}
        aria-valuetext={words()}
      >
        <div class={styles.used} style={{ width: share(props.used) }} />
        <div class={styles.asked} style={{ width: share(asked()) }} />
      </div>
      <div class={styles.left}>{words()}</div>
    </div>
  );
}

/** The resources that are worth a meter now, in a fixed order; those without a limit and without use are left out. */
export function QuotaMeters(props: {
  rows: QuotaView["resources"];
  asked?: Partial<Record<Resource, number>>;
  only?: readonly Resource[];
}) {
  const shown = () =>
    props.rows.filter((row) =>
      props.only ? props.only.includes(row.resource) : MAIN.includes(row.resource) || row.used > 0,
    );
  return (
    <div class={`${styles.meters} ${props.asked ? "" : shown().length > MAIN.length ? styles.whole : styles.compact}`}>
      <For each={shown()}>
        {(row) => (
          <QuotaMeter
            resource={row.resource}
            used={row.used}
            limit={row.limit}
            own={row.own}
            asked={props.asked?.[row.resource] ?? 0}
          />
        )}
      </For>
    </div>
  );
}

/** Resources that a launch takes. */
export const MAIN: readonly Resource[] = ["vcpu", "memoryMiB", "diskGiB", "services"];
