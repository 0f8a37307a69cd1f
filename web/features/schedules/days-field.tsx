// Days of the week, ticked one by one; weeks begin on Monday.
import { createUniqueId, For, Show } from "solid-js";
import { locale, t } from "../../i18n/language.ts";
import styles from "./schedules.module.css";

const WEEK = [1, 2, 3, 4, 5, 6, 0];
/** A Sunday. */
const SUNDAY = Date.UTC(2023, 0, 1);
const DAY_MS = 86_400_000;

export function DaysField(props: {
  days: readonly number[];
  onDays: (days: number[]) => void;
  error: string | undefined;
}) {
  const id = createUniqueId();
  return (
    <fieldset
      class={styles.days}
      tabIndex={-1}
      aria-invalid={props.error ? "true" : undefined}
      aria-describedby={props.error ? id : undefined}
    >
      <legend>{t("schedules.field.days")}</legend>
      <div class={styles.dayRow}>
        <For each={WEEK}>
          {(day) => (
            <label class={styles.day}>
              <input
                type="checkbox"
                name={`day-${day}`}
                aria-label={name(day, "long")}
                checked={props.days.includes(day)}
                onChange={(event) =>
                  props.onDays(
                    event.currentTarget.checked ? [...props.days, day] : props.days.filter((other) => other !== day),
                  )
                }
              />
              <span aria-hidden="true">{name(day, "short").replace(".", "")}</span>
            </label>
          )}
        </For>
      </div>
      <Show when={props.error}>
        <p id={id} class={styles.error}>
          {props.error}
        </p>
      </Show>
    </fieldset>
  );
}

function name(day: number, weekday: "short" | "long"): string {
  return new Intl.DateTimeFormat(locale(), { weekday, timeZone: "UTC" }).format(SUNDAY + day * DAY_MS);
}
