// The next runs of a rule as it is being chosen, by the same code that the schedules run by.
import { createMemo, For, Show } from "solid-js";
import { LEAST_GAP_MINUTES, nextRuns, type CalendarProblem } from "../../../worker/rules/calendar.ts";
import { t } from "../../i18n/language.ts";
import { fieldWords } from "../../i18n/words.ts";
import type { Fault } from "../../ui/form.ts";
import styles from "./schedules.module.css";
import { inOwnZone, inZone } from "./times.ts";

const SHOWN = 5;

/** What is wrong with a rule or its time zone, for people. */
export function faultOf(problem: CalendarProblem): Fault {
  if (problem === "required" || problem === "zone") return { code: problem };
  return { code: `rule_${problem}`, params: { minutes: LEAST_GAP_MINUTES } };
}

export function NextPreview(props: { rule: string; timeZone: string; problem: CalendarProblem | null }) {
  const runs = createMemo(() =>
    props.problem === null ? nextRuns(props.rule, props.timeZone, Date.now(), SHOWN) : [],
  );
  const nothing = () => {
    if (props.problem === null || props.problem === "required") return t("schedules.previewNone");
    const { code, params } = faultOf(props.problem);
    return fieldWords(code, params);
  };
  return (
    <section class={styles.preview} aria-live="polite" data-testid="next-runs">
      <h3>{t("schedules.preview")}</h3>
      <Show when={runs().length > 0} fallback={<p class="quiet">{nothing()}</p>}>
        <ol>
          <For each={runs()}>
            {(moment) => (
              <li class="figures">
                <span>{inZone(moment, props.timeZone)}</span>
                <Show when={inOwnZone(moment, props.timeZone)}>
                  {(time) => <span class="small quiet">{t("schedules.yourTime", { time: time() })}</span>}
                </Show>
              </li>
            )}
          </For>
        </ol>
      </Show>
    </section>
  );
}
