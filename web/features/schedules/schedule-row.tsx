// One schedule of a service: what and when in words, the next runs, the latest ones, and what can be done with it.
import Archive from "lucide-solid/icons/archive";
import Camera from "lucide-solid/icons/camera";
import Ellipsis from "lucide-solid/icons/ellipsis";
import Pause from "lucide-solid/icons/pause";
import Pencil from "lucide-solid/icons/pencil";
import Play from "lucide-solid/icons/play";
import Power from "lucide-solid/icons/power";
import Trash from "lucide-solid/icons/trash";
import { For, Show } from "solid-js";
import { withRetention } from "../../../worker/rules/schedules.ts";
import type { ScheduleAction, ScheduleView } from "../../../worker/rules/views-automation.ts";
import type { OperationView } from "../../../worker/rules/views.ts";
import { ago, t, tCount } from "../../i18n/language.ts";
import { Button, type Icon } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Menu } from "../../ui/menu.tsx";
import { Status } from "../../ui/status.tsx";
import { isUsual } from "./rule.ts";
import { RunList } from "./runs.tsx";
import styles from "./schedules.module.css";
import { inOwnZone, inZone } from "./times.ts";
import { actionName, retentionText, ruleText, scheduleText } from "./words.ts";

export const scheduleIcons: Record<ScheduleAction, Icon> = {
  start: Play,
  shutdown: Power,
  snapshot: Camera,
  backup: Archive,
};

interface RowProps {
  schedule: ScheduleView;
  operations: readonly OperationView[];
  tenantId: string;
  /** Without it there is nothing to press. */
  mayChange: boolean;
  busy: boolean;
  onPause: (paused: boolean) => void;
  onChange: () => void;
  onDelete: () => void;
}

export function ScheduleRow(props: RowProps) {
  return (
    <li class={styles.schedule} data-schedule-id={props.schedule.id} data-paused={props.schedule.paused}>
      <div class={styles.head}>
        <span class={styles.glyph}>{scheduleIcons[props.schedule.action]({ size: 18, "aria-hidden": "true" })}</span>
        <div class={styles.what}>
          <h3>{actionName(props.schedule.action)}</h3>
          <RuleLine schedule={props.schedule} />
          <p class="small quiet">{props.schedule.timeZone.replaceAll("_", " ")}</p>
          <Show when={withRetention(props.schedule.action)}>
            <p class="small quiet">{retentionText(props.schedule.retention)}</p>
          </Show>
          <p class="small quiet">{t("schedules.madeBy", { name: props.schedule.madeBy })}</p>
        </div>
      </div>
      <section class={styles.part}>
        <h4>{t("schedules.next")}</h4>
        <NextRuns schedule={props.schedule} />
      </section>
      <section class={styles.part}>
        <h4>{t("schedules.history")}</h4>
        <RunList
          runs={props.schedule.history}
          timeZone={props.schedule.timeZone}
          tenantId={props.tenantId}
          operations={props.operations}
        />
      </section>
      <div class={styles.side}>
        <PausedMark schedule={props.schedule} />
        <Show when={props.mayChange}>
          <Buttons {...props} />
        </Show>
      </div>
    </li>
  );
}

function Buttons(props: RowProps) {
  const text = () => scheduleText(props.schedule);
  const toggleWords = () => t(props.schedule.paused ? "schedules.resume" : "schedules.pause");
  return (
    <div class={styles.buttons}>
      <Button
        small
        icon={props.schedule.paused ? Play : Pause}
        busy={props.busy}
        aria-label={`${toggleWords()}: ${text()}`}
        onClick={() => props.onPause(!props.schedule.paused)}
      >
        {toggleWords()}
      </Button>
      <Menu
        label={t("services.actionsOf", { name: text() })}
        groups={[
          {
            items: [
              { label: t("schedules.change"), icon: Pencil, onSelect: () => props.onChange() },
              { label: t("action.delete"), icon: Trash, danger: true, onSelect: () => props.onDelete() },
            ],
          },
        ]}
      >
        <Ellipsis size={16} aria-hidden="true" />
      </Menu>
    </div>
  );
}

/** The rule in words; one that has none as it is written. */
export function RuleLine(props: { schedule: Pick<ScheduleView, "rule"> }) {
  return (
    <Show
      when={isUsual(props.schedule.rule)}
      fallback={
        <p>
          {t("rule.own")} <code class={styles.rule}>{props.schedule.rule}</code>
        </p>
      }
    >
      <p>{ruleText(props.schedule.rule)}</p>
    </Show>
  );
}

export function PausedMark(props: { schedule: Pick<ScheduleView, "paused"> }) {
  return (
    <Status
      shape={props.schedule.paused ? "bars" : "disc"}
      tone={props.schedule.paused ? "rest" : "good"}
      word={t(props.schedule.paused ? "schedules.paused" : "schedules.active")}
    />
  );
}

/** The very next run, and behind a click the ones after it. */
function NextRuns(props: { schedule: ScheduleView }) {
  const first = () => props.schedule.next[0];
  const later = () => props.schedule.next.slice(1);
  return (
    <Show when={first()} fallback={<p class="quiet">{t("schedules.noNext")}</p>}>
      {(next) => (
        <>
          <NextRun at={next()} timeZone={props.schedule.timeZone} />
          <Show when={later().length > 0}>
            <details class={styles.later}>
              <summary>{tCount("schedules.later", later().length)}</summary>
              <ol>
                <For each={later()}>
                  {(moment) => <li class="figures">{inZone(moment, props.schedule.timeZone)}</li>}
                </For>
              </ol>
            </details>
          </Show>
        </>
      )}
    </Show>
  );
}

/** When, and how soon that is; also by the reader's clock where it shows another time. */
export function NextRun(props: { at: number; timeZone: string }) {
  const now = useNow();
  return (
    <div>
      <time class="figures" dateTime={new Date(props.at).toISOString()}>
        {inZone(props.at, props.timeZone)}
      </time>
      <p class="small quiet figures">
        {ago(props.at, now())}
        <Show when={inOwnZone(props.at, props.timeZone)}>
          {(time) => <> · {t("schedules.yourTime", { time: time() })}</>}
        </Show>
      </p>
    </div>
  );
}
