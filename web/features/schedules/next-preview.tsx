// The next runs of a rule as it is being chosen, by the same code that the schedules run by.
import { createMemo, For, Show } from "solid-js";
import { calendarProblem, nextRuns } from "../../../worker/rules/calendar.ts";
import { t } from "../../i18n/language.ts";
import styles from "./schedules.module.css";
import { inOwnZone, inZone } from "./times.ts";

const SHOWN = 5;

export function NextPreview(props: { rule: string; timeZone: string }) {
  const runs = createMemo(() => {
    const now = Date.now();
    const { rule, timeZone } = props;
    return calendarProblem(rule, timeZone, now) === null ? nextRuns(rule, timeZone, now, SHOWN) : [];
  });
  return (
    <section class={styles.preview} aria-live="polite" data-testid="next-runs">
      <h3>{t("schedules.preview")}</h3>
      <Show when={runs().length > 0} fallback={<p class="quiet">{t("schedules.previewNone")}</p>}>
        <ol>
          <For each={runs()}>
            {(moment) => (
              <li class="figures">
                {inZone(moment, props.timeZone)}
                <Show when={inOwnZone(moment, props.timeZone)}>
                  {(time) => <span class="small quiet"> · {t("schedules.yourTime", { time: time() })}</span>}
                </Show>
              </li>
            )}
          </For>
        </ol>
      </Show>
    </section>
  );
}
